package io.meristem.cli;

import picocli.CommandLine.Option;

/** How many processors to use. */
final class Threads {

    @Option(
            names = "--threads",
            defaultValue = "0",
            paramLabel = "N",
            description = "Processors to use; 0 for all. Default: ${DEFAULT-VALUE}.")
    int given;

    int count() {
        return given > 0 ? given : Runtime.getRuntime().availableProcessors();
    }
}
