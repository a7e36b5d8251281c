package io.meristem.study;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.InputException;
import io.meristem.adapter.LayerSize;
import io.meristem.artifact.Json;
import io.meristem.tune.Dra;
import io.meristem.tune.Lora;
import io.meristem.tune.Method;
import java.util.List;
import java.util.Map;

/** Gives a method the size that another was found to have. */
final class SizeTarget {

    private enum Unit {
        /** One rank for all layers: the nearest. */
        RANK,
        /** A budget. */
        MIB
    }

    /** The setting that decides a method's size, as a path in its JSON; a method that is not here cannot be given one. */
    private record Setting(String object, String field, Unit unit) {}

    private static final Map<Class<? extends Method>, Setting> SETTINGS = Map.of(
            Lora.class, new Setting("", "rank", Unit.RANK), Dra.class, new Setting("/ranks", "budget_mib", Unit.MIB));

    private SizeTarget() {}

    /** @throws InputException when nothing about the method decides its size */
    static void refuseUnlessSettable(Fields fields, StudyMethod method) {
        if (!SETTINGS.containsKey(method.train().method().getClass())) {
            throw fields.refuse(
                    "the method '" + method.label() + "'", "cannot be given a size: leave its 'size_of' away");
        }
    }

    /**
     * The method with the setting that comes closest to a size.
     *
     * @param mib the size
     * @param layers that get adapters
     */
    static Method at(double mib, Method method, List<LayerSize> layers) {
        Setting setting = SETTINGS.get(method.getClass());
        ObjectNode tree = (ObjectNode) Json.tree(method);
        ObjectNode at = (ObjectNode) tree.at(setting.object());
        if (setting.unit() == Unit.RANK) {
            double perRank =
                    LayerSize.mib(layers.stream().mapToLong(LayerSize::perRank).sum());
            at.put(setting.field(), (int) Math.max(1, Math.round(mib / perRank)));
        } else {
            at.put(setting.field(), mib);
        }
        try {
            return Json.value(tree, Method.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
