package io.meristem.cli;

import picocli.CommandLine.Option;

/** Whether trainings are refused that will not fit into memory. */
final class MemoryOption {

    @Option(
            names = "--ignore-memory",
            description = "Start also where a training is predicted to take more memory than there is.")
    boolean ignored;
}
