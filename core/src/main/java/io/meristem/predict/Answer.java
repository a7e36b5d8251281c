package io.meristem.predict;

import java.nio.file.Path;
import java.util.List;

/**
 * What a classifier says about one photo.
 *
 * @param photo its file, or null for one that came from memory
 * @param guesses the most probable classes, best first; empty when there is no answer
 * @param unsure whether the best guess is less probable than what was asked for, so that it should not count as an answer
 * @param problem why there is no answer, or null: the photo could not be read, or the network's numbers overflow on it
 */
public record Answer(Path photo, List<Guess> guesses, boolean unsure, String problem) {

    /** What an answer is called that should not count. */
    public static final String UNSURE = "unsure";

    /** Of a photo about which nothing can be said. */
    static Answer none(Path photo, String problem) {
        return new Answer(photo, List.of(), false, problem);
    }

    /** The class named, {@value #UNSURE}, or null where there is no answer. */
    public String name() {
        if (problem != null) {
            return null;
        }
        return unsure ? UNSURE : guesses.get(0).name();
    }
}
