package io.meristem.study;

import io.meristem.artifact.RunResult;
import io.meristem.eval.Scores;
import java.nio.file.Path;

/**
 * A run that is done.
 *
 * @param key of its folder
 */
record Finished(String key, Path folder, RunResult result) {

    /** On the test photos, or else on the validation photos, or null without either. */
    Scores scores() {
        return result.test() == null ? result.val() : result.test();
    }

    /** What the method trains, MiB, mean over the epochs. */
    double mib() {
        return result.averageMib();
    }
}
