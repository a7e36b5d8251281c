package io.meristem.exchange;

import io.meristem.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** A form in which a trained network is handed to other programs. */
public interface ExportFormat {

    /** What a user calls it. */
    String label();

    /** The ending of its file, such as {@code .safetensors}; null when it is a folder. */
    String ending();

    /**
     * Writes the network.
     *
     * @param place a temporary name in the target's folder: nothing is there yet for a file, an empty folder for a folder; it is moved to its place when
     *     all is written
     * @throws io.meristem.InputException when this format cannot express the run
     */
    void write(TunedRun run, Path place) throws IOException;

    /** For the model card: what goes in and comes out, in Markdown, with code that prepares a photo. */
    default String inputs(TunedRun run) {
        return TorchInputs.of(run);
    }

    /**
     * For the model card: how the export is loaded, in Markdown, with code.
     *
     * @param name of the file or folder, as it is: each place in the card escapes it in its own way
     */
    String howToLoad(TunedRun run, String name);

    /** For the model card: what Meristem itself does with the export, where it takes it; one sentence. */
    default Optional<Message> inMeristem(TunedRun run, String name) {
        return Optional.empty();
    }
}
