package io.meristem.cli;

import io.meristem.data.image.Views;
import picocli.CommandLine.Option;

/** How often the network looks at a photo. */
final class ViewOptions {

    @Option(
            names = "--tta",
            defaultValue = "ONE",
            paramLabel = "VIEWS",
            description =
                    "Test-time augmentation: average the probabilities of several views. one, mirror (2: the photo and its mirror image), flips (4: mirrored either way), crops (5: centre and corners), or ten (these and their mirror images). Takes that many times as long. Default: one.")
    Views views;
}
