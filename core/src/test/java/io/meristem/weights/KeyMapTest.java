package io.meristem.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.execute.Network;
import io.meristem.zoo.Models;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names as trainers write them. */
class KeyMapTest {

    private static final Path FILE = Path.of("w.ckpt");
    private static final List<String> NEEDED = List.of("stem.conv.weight", "stem.norm.weight", "body.0.weight");

    private static List<String> with(String prefix, List<String> names) {
        return names.stream().map(name -> prefix + name).toList();
    }

    private static List<String> of(String model) {
        return KeyMap.needed(new Network(Models.find(model), 3));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "model.",
                "net.",
                "backbone.",
                "encoder.",
                "0.",
                "0.model.",
                "model.backbone.",
                "module.model.",
                "model.module.",
                "_orig_mod.model.",
                "model._orig_mod.",
                "timm_model.",
                "_fsdp_wrapped_module.model."
            })
    void onePrefixIsTakenOff(String prefix) {
        List<String> file = new ArrayList<>(with(prefix, NEEDED));
        file.add(prefix + "head.weight");
        file.add("loss.weight");
        KeyMap map = KeyMap.of(FILE, file, NEEDED);
        NEEDED.forEach(name -> assertEquals(prefix + name, map.names().get(name)));
        assertEquals(prefix + "head.weight", map.names().get("head.weight"));
        assertEquals("loss.weight", map.names().get("loss.weight"));
        assertEquals(1, map.notes().size());
        assertTrue(map.notes().get(0).contains("taken off"), map.notes().get(0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "module.", "_orig_mod.", "module._orig_mod."})
    void plainNamesNeedNoWord(String prefix) {
        KeyMap map = KeyMap.of(FILE, with(prefix, NEEDED), NEEDED);
        assertEquals(NEEDED, List.copyOf(map.names().keySet()));
        assertEquals(List.of(), map.notes());
    }

    /** fastai cuts the network's children apart, so its body is features by number. */
    @ParameterizedTest
    @CsvSource({"mobilenet_v2_035, features.", "regnety_002, ''", "convnext_atto, ''"})
    void bodiesOfFastaiAreFound(String model, String stem) {
        List<String> needed = of(model);
        List<String> file = new ArrayList<>(needed.stream()
                .map(name -> (stem.isEmpty() ? "0.model." : "0.0.") + name.substring(stem.length()))
                .toList());
        file.add("1.8.weight");
        KeyMap map = KeyMap.of(FILE, file, needed);
        assertTrue(map.names().keySet().containsAll(needed));
        assertEquals("1.8.weight", map.names().get("1.8.weight"));
    }

    @Test
    void theOriginalConvNextReleaseIsFoundUnderAPrefix() {
        List<String> needed = List.of("stem.0.weight", "stages.0.blocks.1.conv_dw.weight", "head.norm.weight");
        List<String> file =
                List.of("model.downsample_layers.0.0.weight", "model.stages.0.1.dwconv.weight", "model.norm.weight");
        assertEquals(needed, List.copyOf(KeyMap.of(FILE, file, needed).names().keySet()));
    }

    @Test
    void averagedNamesWinAndTwoOfAKindAreRefused() {
        List<String> file = new ArrayList<>(with("model.", NEEDED));
        file.addAll(with("ema_model.", NEEDED));
        KeyMap map = KeyMap.of(FILE, file, NEEDED);
        assertEquals("ema_model.body.0.weight", map.names().get("body.0.weight"));
        assertTrue(
                map.notes().get(0).contains("under 'ema_model.', were taken"),
                map.notes().get(0));
        List<String> twins = new ArrayList<>(with("encoder_q.", NEEDED));
        twins.addAll(with("encoder_k.", NEEDED));
        InputException e = assertThrows(InputException.class, () -> KeyMap.of(FILE, twins, NEEDED));
        assertTrue(e.getMessage().contains("'encoder_q.', 'encoder_k.'"), e.getMessage());
    }

    /** The others would stand for the same tensors, which is no damage. */
    @Test
    void averagedNamesWinOverPlainOnes() {
        List<String> file = new ArrayList<>(NEEDED);
        file.addAll(with("ema.", NEEDED));
        file.add("head.weight");
        KeyMap map = KeyMap.of(FILE, file, NEEDED);
        NEEDED.forEach(name -> assertEquals("ema." + name, map.names().get(name)));
        assertEquals("head.weight", map.names().get("head.weight"));
        assertEquals(
                List.of(
                        "w.ckpt holds the network twice: the averaged weights, under 'ema.', were taken, and the others, "
                                + "under names without a prefix, were left."),
                map.notes());
    }

    @Test
    void aPrefixOnSomeNamesIsTakenOffThere() {
        List<String> file = new ArrayList<>(NEEDED.subList(0, 2));
        file.add("model." + NEEDED.get(2));
        KeyMap map = KeyMap.of(FILE, file, NEEDED);
        assertEquals(NEEDED, List.copyOf(map.names().keySet()));
        assertEquals(List.of("1 of the 3 names in w.ckpt begins with 'model.', which was taken off."), map.notes());
    }

    @Test
    void whatFitsInPartIsComparedWithoutItsPrefix() {
        KeyMap map = KeyMap.of(FILE, with("model.", NEEDED.subList(0, 2)), NEEDED);
        assertEquals(NEEDED.subList(0, 2), List.copyOf(map.names().keySet()));
    }

    @Test
    void averagesAreToldByWholeWords() {
        for (String name :
                List.of("ema", "model_ema", "state_dict_ema", "EMA.model", "swa_model.", "averaged_model.")) {
            assertTrue(KeyMap.isAveraged(name), name);
        }
        for (String name : List.of("", "model", "schema", "thema.x", "state_dict", "avgpool2d")) {
            assertFalse(KeyMap.isAveraged(name), name);
        }
    }
}
