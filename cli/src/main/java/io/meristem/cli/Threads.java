package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import picocli.CommandLine.Option;

/** How many processors to use. */
final class Threads {

    /** What the launcher has done. */
    private static final String NICE = "MERISTEM_NICE";

    private static final int LAST = 19;

    @Option(
            names = "--threads",
            defaultValue = "0",
            paramLabel = "N",
            description = "Processors to use; 0 for all. Default: ${DEFAULT-VALUE}.")
    int given;

    @Option(
            names = "--nice",
            paramLabel = "N",
            description =
                    "Give way to other programs: 1 a little to 19 wholly. The launcher, meristem, does it. Default: as started.")
    Integer nice;

    int count() {
        return count(1);
    }

    /** Of each of several processes on this machine. */
    int count(int processes) {
        if (nice != null && (nice < 0 || nice > LAST)) {
            throw new InputException(ErrorCode.OUT_OF_RANGE, "--nice takes a number from 0 to %s, not %s.", LAST, nice);
        }
        if (nice != null && !String.valueOf(nice).equals(System.getenv(NICE))) {
            throw new InputException(
                    ErrorCode.UNSUPPORTED,
                    "--nice %s is the launcher's to do, and Java was started without it: put 'nice -n %s' before the command.",
                    nice,
                    nice);
        }
        return given > 0 ? given : Math.max(1, Runtime.getRuntime().availableProcessors() / processes);
    }
}
