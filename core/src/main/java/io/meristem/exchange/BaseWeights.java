package io.meristem.exchange;

import io.meristem.Escape;
import io.meristem.artifact.RunConfig;
import io.meristem.zoo.ModelSpec;
import io.meristem.zoo.WeightSource;
import java.nio.file.Path;
import java.util.Optional;

/** What is known about the pretrained weights that a run stands on. */
final class BaseWeights {

    private BaseWeights() {}

    /** A sentence or two: which weights, and under what licence their publisher gives them. */
    static String sentence(RunConfig.Model model, ModelSpec spec, String sha256) {
        if (model.weights() == null) {
            return "None: training started from random weights.";
        }
        Path file = Path.of(model.weights());
        String name = String.valueOf(file.getFileName());
        String which = "`" + Escape.code(name) + "`" + (sha256 == null ? "" : ", SHA-256 `" + sha256 + "`");
        Optional<WeightSource> official = official(file, spec, sha256);
        if (official.isPresent()) {
            return which + ": the official weights `" + official.get().tag() + "` of " + spec.library() + " ("
                    + official.get().url() + "). Their publisher states the licence "
                    + official.get().licence()
                    + "; what is tuned from them stands under it too.";
        }
        if (name.equals("starter.safetensors")) {
            return which + ": the starter network of Meristem, Apache-2.0, pre-trained on drawn patterns.";
        }
        return which + ". Their licence is not known to us: ask where they come from before passing this on.";
    }

    /** By checksum where one is known, otherwise by the place where {@code weights pull} puts a file. */
    private static Optional<WeightSource> official(Path file, ModelSpec spec, String sha256) {
        Path folder = file.getParent() == null ? null : file.getParent().getFileName();
        String name = String.valueOf(file.getFileName());
        String stem = name.contains(".") ? name.substring(0, name.lastIndexOf('.')) : name;
        return spec.weights().stream()
                .filter(source -> source.sha256().isEmpty()
                        ? folder != null && folder.toString().equals(spec.name()) && stem.equals(source.tag())
                        : sha256 != null && sha256.startsWith(source.sha256()))
                .findFirst();
    }
}
