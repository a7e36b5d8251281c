package io.meristem.artifact;

import io.meristem.AtomicFiles;
import io.meristem.Folders;
import io.meristem.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.Tensor;

/** Writes a run folder whose network was not trained here: there is a best state, and no account of how it came to be. */
public final class ImportedRun {

    private ImportedRun() {}

    /**
     * All or nothing.
     *
     * @param out a place that {@link RunPlace#refuseUnlessFree is free}
     * @param temperature of its probabilities, where that is known
     * @param network every parameter and buffer, all updates merged
     * @param adapter the way there from the pretrained weights, as {@link AdapterFile} has it; empty where there is none
     */
    public static void write(
            Path out,
            RunConfig config,
            List<String> classes,
            Provenance provenance,
            OptionalDouble temperature,
            Map<String, Tensor> network,
            Map<String, Tensor> adapter)
            throws IOException {
        String model = config.model().name();
        RunPlace.clearLeftover(out);
        Folders.write(out, temporary -> {
            AtomicFiles.writeString(temporary.resolve(RunFolder.PROVENANCE), Json.pretty(provenance));
            AtomicFiles.writeString(temporary.resolve(RunFolder.CLASSES), Json.pretty(classes));
            AtomicFiles.writeString(temporary.resolve(RunFolder.CONFIG), Json.pretty(config));
            if (temperature.isPresent()) {
                AtomicFiles.writeString(
                        temporary.resolve(RunFolder.CALIBRATION),
                        Json.pretty(Calibration.imported(temperature.getAsDouble())));
            }
            Safetensors.write(
                    temporary.resolve(RunFolder.BEST), network, RunFolder.metadata(RunFolder.NETWORK_FORMAT, model, 0));
            if (!adapter.isEmpty()) {
                Safetensors.write(
                        temporary.resolve(RunFolder.ADAPTER),
                        adapter,
                        RunFolder.metadata(RunFolder.ADAPTER_FORMAT, model, 0));
            }
        });
    }
}
