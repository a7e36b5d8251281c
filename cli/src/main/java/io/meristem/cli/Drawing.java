package io.meristem.cli;

import io.meristem.synth.SynthOptions;
import io.meristem.synth.SyntheticFolder;
import java.io.IOException;
import java.nio.file.Path;
import me.tongfei.progressbar.ProgressBar;

/** Draws a synthetic folder while a bar shows how far it is. */
final class Drawing {

    private Drawing() {}

    static void write(Path out, SynthOptions options) throws IOException {
        if (!Bars.shown()) {
            SyntheticFolder.write(out, options, (drawn, of) -> {});
            return;
        }
        try (ProgressBar bar = Bars.open("drawing", 1)) {
            SyntheticFolder.write(out, options, (drawn, of) -> bar.maxHint(of).stepTo(drawn));
        }
    }
}
