package io.meristem.study;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.tune.Preset;
import java.util.List;
import java.util.Map;

/**
 * What a command line says about a study; it goes before what a file or a preset says. Null, or empty, where it says nothing.
 *
 * @param style where settings that nobody gives come from
 * @param models names, in place of the study's
 * @param data folders, in place of the study's
 * @param weights by a model's name; the empty name stands for all models
 * @param size side of the input, pixels, of every model
 * @param mean of RGB, of every model
 * @param std likewise
 * @param limitPerClass of every folder
 * @param tuningSeeds in place of those that the study tunes with
 * @param train fields of a training, as in a run's config.json
 * @param calibrationEpochs of every method that has such a setting
 * @param methods labels or names; others are left out
 */
public record Scale(
        Preset style,
        List<String> models,
        List<String> data,
        Map<String, String> weights,
        Integer size,
        List<Float> mean,
        List<Float> std,
        Integer limitPerClass,
        List<Long> seeds,
        List<Long> tuningSeeds,
        ObjectNode train,
        Integer calibrationEpochs,
        List<String> methods) {

    public static final Scale NONE = new Scale(
            null, List.of(), List.of(), Map.of(), null, null, null, null, List.of(), List.of(), null, null, List.of());
}
