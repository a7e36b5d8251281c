package io.meristem.data.folder;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What this program has written, told by names: it is no photo of a data set, wherever it lies. */
public final class OwnOutput {

    /** A kind of folder, and the names that are all in it. */
    private record Kind(String words, Set<String> names) {}

    /** Names of files of a photo cache that hold pixels begin like this. */
    public static final String CACHED_PIXELS = "pixels-";

    /** docs/formats.md lists what is in each. */
    private static final List<Kind> KINDS = List.of(
            new Kind("a run", Set.of("config.json", "classes.json")),
            new Kind("a run", Set.of("provenance.json", "classes.json")),
            new Kind("a study", Set.of("study.json", "runs")),
            new Kind("a photo cache", Set.of("index.json", "lock")),
            new Kind("an exported adapter", Set.of("adapter_config.json", "adapter_model.safetensors")),
            new Kind("an unfinished run", Set.of("provenance.json")),
            new Kind("an unfinished run", Set.of("lock")));

    private static final String HEATMAP = ".heatmap.";

    private OwnOutput() {}

    /** @param names of the files and folders in a folder that holds no photos */
    static Optional<String> kind(Set<String> names) {
        if (names.stream().anyMatch(name -> name.startsWith(CACHED_PIXELS) && name.endsWith(".bin"))) {
            return Optional.of("a photo cache");
        }
        return KINDS.stream()
                .filter(kind -> names.containsAll(kind.names))
                .map(Kind::words)
                .findFirst();
    }

    /** Whether a file is a picture that {@code predict --heatmap} wrote. */
    static boolean isHeatmap(String fileName) {
        int at = fileName.lastIndexOf(HEATMAP);
        return at > 0 && ImageFiles.isPhoto(fileName) && fileName.indexOf('.', at + HEATMAP.length()) < 0;
    }
}
