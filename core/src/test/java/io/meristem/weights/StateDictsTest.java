package io.meristem.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.weights.TorchGlobals.TensorRef;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateDictsTest {

    private static Map<String, Object> weights(long tag, String... names) {
        Map<String, Object> weights = new LinkedHashMap<>();
        for (String name : names) {
            weights.put(name, new TensorRef(null, Dtype.F32, tag, List.of(1L), List.of(1L)));
        }
        return weights;
    }

    private static Map<String, Object> checkpoint(String key, Object averaged) {
        Map<String, Object> checkpoint = new LinkedHashMap<>();
        checkpoint.put("state_dict", weights(1, "a.weight", "a.bias"));
        checkpoint.put(key, averaged);
        return checkpoint;
    }

    @ParameterizedTest
    @ValueSource(strings = {"state_dict_ema", "model_ema", "ema", "ema_state_dict", "swa_model"})
    void averagedWeightsAreTakenBeforeRawOnes(String key) {
        StateDicts.Chosen found =
                StateDicts.find(checkpoint(key, weights(2, "module.a.weight", "module.a.bias", "module.n_averaged")));
        assertEquals(2, found.tensors().get("module.a.weight").offset());
        assertTrue(found.note().contains("averaged weights (" + key + ") beside others (state_dict)"), found.note());
    }

    @Test
    void averagedWeightsOfAPartAreNot() {
        StateDicts.Chosen found = StateDicts.find(checkpoint("model_ema", weights(2, "a.weight")));
        assertEquals(1, found.tensors().get("a.weight").offset());
        assertTrue(found.note().contains("that lack a part"), found.note());
    }

    @Test
    void thereIsNothingToSayWithoutAChoice() {
        assertNull(StateDicts.find(checkpoint("epoch", 3)).note());
        StateDicts.Chosen alone = StateDicts.find(Map.of("model_ema", weights(2, "a.weight")));
        assertEquals(2, alone.tensors().get("a.weight").offset());
        assertNull(alone.note());
    }
}
