package io.meristem.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/**
 * One line of a study's {@code runs.jsonl}. Measures are null where the line lacks them.
 *
 * @param key names the run within the study
 * @param method the method's label
 * @param error why it failed, null for a finished run
 * @param folder of the run, relative to the study's
 */
record StudyRun(
        String key,
        String model,
        String data,
        String method,
        long seed,
        boolean finished,
        String error,
        String folder,
        Double valAccuracy,
        Double testAccuracy,
        Double testMacroF1,
        Double averageMib,
        Double headMib,
        Double secondsPerEpoch) {

    /** Where a study keeps its runs, by their keys. */
    static final String FOLDER = "runs/";

    static StudyRun of(JsonNode line) {
        String key = text(line, "key");
        return new StudyRun(
                key,
                text(line, "model"),
                text(line, "data"),
                text(line, "method"),
                line.path("seed").asLong(),
                "finished".equals(line.path("status").asText()),
                line.path("error").asText(null),
                line.path("folder").asText(FOLDER + key),
                number(line.path("val"), "accuracy"),
                number(line.path("test"), "accuracy"),
                number(line.path("test"), "macroF1"),
                number(line, "averageMib"),
                number(line, "headMib"),
                number(line, "secondsPerEpoch"));
    }

    private static String text(JsonNode line, String name) {
        return line.path(name).asText("");
    }

    /** In either spelling of our files: macroF1 or macro_f1. */
    private static Double number(JsonNode node, String name) {
        JsonNode value = node.path(name);
        if (!value.isNumber()) {
            value = node.path(name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT));
        }
        return value.isNumber() ? value.asDouble() : null;
    }

    /** On test photos, or on validation photos where there are none. */
    Double accuracy() {
        return testAccuracy == null ? valAccuracy : testAccuracy;
    }

    /** All that was trained, the head with it; null where it is not known. */
    Double trainedMib() {
        return averageMib == null ? null : averageMib + (headMib == null ? 0 : headMib);
    }

    /** What network learnt from which photos. */
    record Setting(String model, String data) {}

    Setting setting() {
        return new Setting(model, data);
    }
}
