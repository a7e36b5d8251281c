package io.meristem.cli;

import io.meristem.Home;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where decoded photos are kept. */
final class CacheOption {

    @Option(
            names = "--cache",
            paramLabel = "FOLDER",
            description = "Where decoded photos are kept. Default: ~/.cache/meristem/photos.")
    private Path given;

    Path folder() {
        return given == null ? Home.photos() : given;
    }
}
