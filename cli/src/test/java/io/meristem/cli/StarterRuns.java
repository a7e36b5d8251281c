package io.meristem.cli;

import java.nio.file.Path;
import java.util.stream.Stream;

/** Trainings by command line that take a second or two. */
final class StarterRuns {

    private StarterRuns() {}

    /** From the weights that come with the program, in float32 on one thread. */
    static void train(Path photos, Path run, int epochs, Object... method) {
        Stream<Object> usual = Stream.of(
                "train",
                "--data",
                photos,
                "--out",
                run,
                "--model",
                "mobilenet_v2_035",
                "--weights",
                "starter",
                "--size",
                32,
                "--batch",
                8,
                "--precision",
                "fp32",
                "--threads",
                1,
                "--epochs",
                epochs);
        Shell.run(Stream.concat(usual, Stream.of(method)).toArray()).succeeds();
    }
}
