package io.meristem.study;

import io.meristem.artifact.RunResult;
import io.meristem.eval.Scores;
import java.nio.file.Path;

/** A run that is done. */
record Finished(String key, Path folder, RunResult result) {

    /** On the test photos, or else on the validation photos, or null without either. */
    Scores scores() {
        return result.test() == null ? result.val() : result.test();
    }
}
