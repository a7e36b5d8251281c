package io.meristem.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.execute.Network;
import io.meristem.zoo.ModelSpec;
import io.meristem.zoo.Models;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Over the whole registry, from definitions alone. */
class ModelGuessTest {

    static List<String> names() {
        return Models.all().stream().map(ModelSpec::name).toList();
    }

    @ParameterizedTest
    @MethodSource("names")
    void knowsEveryModelByItsTensors(String name) {
        Map<String, TensorInfo> tensors = tensors(Models.find(name), 1000);
        ModelSpec asked = Models.find(name.equals("alexnet") ? "mobilenet_v2" : "alexnet");
        String guess = ModelGuess.of(tensors, asked, Models.all());
        assertEquals(
                "these look like " + name + " weights, so choose that model or a file of " + asked.name() + " weights",
                guess);
    }

    @Test
    void knowsAnotherWidth() {
        Map<String, TensorInfo> tensors = tensors(Models.find("mobilenet_v2_035"), 1000);
        ModelSpec asked = Models.find("mobilenet_v2");
        assertTrue(ModelGuess.of(tensors, asked, Models.all()).contains("another variant or width of mobilenet_v2"));
    }

    /** The names of the authors' own release, made from timm's by undoing the renaming one by one. */
    @Test
    void placesEveryTensorOfTheOriginalConvNext() {
        Map<String, TensorInfo> timm = tensors(Models.find("convnext_tiny"), 1000);
        List<String> original = new ArrayList<>();
        for (String name : timm.keySet()) {
            original.add(name.replaceFirst("^stem\\.", "downsample_layers.0.")
                    .replaceFirst("^stages\\.(\\d)\\.downsample\\.", "downsample_layers.$1.")
                    .replaceFirst("\\.blocks\\.", ".")
                    .replace(".conv_dw.", ".dwconv.")
                    .replace(".mlp.fc", ".pwconv")
                    .replaceFirst("^head\\.norm\\.", "norm.")
                    .replaceFirst("^head\\.fc\\.", "head."));
        }
        assertEquals(
                List.copyOf(timm.keySet()),
                List.copyOf(KeyMap.toNetwork(original).keySet()));
    }

    private static Map<String, TensorInfo> tensors(ModelSpec spec, int classes) {
        Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        new Network(spec, classes)
                .params()
                .forEach((name, param) -> tensors.put(name, new TensorInfo(Dtype.F32, param.shape())));
        return tensors;
    }
}
