package io.meristem.cli;

import picocli.CommandLine.Option;

/** Who reads what is printed. */
final class OutputOptions {

    @Option(names = "--json", description = "Print the result as JSON, and nothing else, to standard output.")
    boolean json;
}
