package io.meristem.testing;

import io.meristem.zoo.ModelSpec;
import io.meristem.zoo.Models;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/** The networks that tests take where something must hold for each family, as method sources; a new family joins them by itself. */
public final class Families {

    private Families() {}

    /** The smallest registered network of each family, and of MobileNetV2 a narrow one. */
    public static Stream<String> smallest() {
        Map<String, String> byFamily = new LinkedHashMap<>();
        Models.all().forEach(spec -> byFamily.putIfAbsent(spec.family(), spec.name()));
        byFamily.put(Models.find(TinyRuns.MODEL).family(), TinyRuns.MODEL);
        return byFamily.values().stream();
    }

    /** Those of them that train in seconds: all but AlexNet's, whose classifier is large. */
    public static Stream<String> light() {
        return smallest().filter(name -> !family(name).equals("AlexNet"));
    }

    private static String family(String name) {
        ModelSpec spec = Models.find(name);
        return spec.family();
    }
}
