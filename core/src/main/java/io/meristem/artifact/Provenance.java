package io.meristem.artifact;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.meristem.data.folder.Split;
import io.meristem.engine.Engine;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Where a run comes from, so that it can be repeated and trusted.
 *
 * @param dataFingerprint SHA-256 over the names and contents of the photos that were used, without those left out
 * @param photos by class and side of the split, those that could be read
 * @param unreadable photos left out, with the reason
 * @param dataNotes what the reader of the folder had to decide
 * @param leftOut every file and folder that was left out without being opened, with the reason
 * @param synthetic whether the photos are drawings
 * @param weightsSha256 of the file of pretrained weights, or null
 * @param dtype of weights and arithmetic
 * @param workers processes that trained together; null for one
 */
public record Provenance(
        String meristem,
        Engine.Info engine,
        String dataFingerprint,
        Map<String, Map<Split, Integer>> photos,
        List<String> unreadable,
        List<String> dataNotes,
        List<String> leftOut,
        boolean synthetic,
        String weightsSha256,
        String weightsNote,
        long seed,
        String dtype,
        @JsonInclude(JsonInclude.Include.NON_NULL) Integer workers) {

    public Provenance {
        if (photos != null
                && photos.values().stream()
                        .anyMatch(counts ->
                                counts == null || counts.values().stream().anyMatch(Objects::isNull))) {
            throw new IllegalArgumentException("it does not count the photos of a class");
        }
        unreadable = unreadable == null ? List.of() : List.copyOf(unreadable);
        dataNotes = dataNotes == null ? List.of() : List.copyOf(dataNotes);
        leftOut = leftOut == null ? List.of() : List.copyOf(leftOut);
    }
}
