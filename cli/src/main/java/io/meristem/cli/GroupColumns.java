package io.meristem.cli;

import picocli.CommandLine.Option;

/** How a table says which photos belong together; null where the usual names hold. */
final class GroupColumns {

    @Option(names = "--group-column", paramLabel = "NAME", description = "Its column with the group. Default: group.")
    String group;

    @Option(
            names = "--path-column",
            paramLabel = "NAME",
            description = "Its column with the photo's path. Default: path.")
    String path;
}
