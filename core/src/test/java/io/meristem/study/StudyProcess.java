package io.meristem.study;

import java.io.IOException;
import java.nio.file.Path;

/** A study in a process of its own, to be killed: photos, the study's folder and the cache are its arguments. */
final class StudyProcess {

    private StudyProcess() {}

    public static void main(String[] args) throws IOException {
        StudyJob.run(
                KilledStudyTest.study(Path.of(args[0])), Path.of(args[1]), 1, Path.of(args[2]), StudyListener.NONE);
    }
}
