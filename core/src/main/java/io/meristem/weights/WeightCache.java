package io.meristem.weights;

import io.meristem.Home;
import io.meristem.InputException;
import io.meristem.nn.ModelSpec;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The folder where downloaded weights live: {@code weights/MODEL/TAG.EXTENSION}. */
public final class WeightCache {

    private static final List<String> EXTENSIONS = List.of(".safetensors", ".pth");

    /** A file in the cache. */
    public record Cached(String model, String tag, Path path, long bytes) {}

    private final Path root;
    private final Downloader downloader;

    /** @param home the folder that holds {@code weights/} */
    public WeightCache(Path home, Downloader downloader) {
        this.root = home.resolve("weights");
        this.downloader = downloader;
    }

    /** The cache under {@link Home#folder}. */
    public static WeightCache open() {
        return new WeightCache(Home.folder(), new Downloader(Downloader.Settings.DEFAULT));
    }

    /**
     * Makes sure that these weights are in the cache.
     *
     * @return the file, checked and readable
     * @throws InputException when they cannot be had
     */
    public Path pull(ModelSpec.WeightSource source, String model, Downloader.Progress progress) {
        Path target = target(source, model);
        if (Files.exists(target)) {
            return target;
        }
        downloader.fetch(URI.create(source.url()), target, source.sha256(), progress);
        // Without a checksum, a login page of some network may pass for the file.
        try (TensorFile file = TensorFile.open(target)) {
            file.tensors();
        } catch (InputException e) {
            remove(target);
            throw new InputException(
                    "what came from " + source.url()
                            + " is not a weights file, so it was thrown away; check the network and try again",
                    e);
        }
        return target;
    }

    /** Everything in the cache, by model and tag. */
    public List<Cached> cached() {
        List<Cached> found = new ArrayList<>();
        for (Path model : list(root)) {
            for (Path file : list(model)) {
                String name = file.getFileName().toString();
                Optional<String> extension =
                        EXTENSIONS.stream().filter(name::endsWith).findFirst();
                if (extension.isPresent()) {
                    String tag =
                            name.substring(0, name.length() - extension.get().length());
                    found.add(new Cached(model.getFileName().toString(), tag, file, size(file)));
                }
            }
        }
        found.sort(Comparator.comparing(Cached::model).thenComparing(Cached::tag));
        return found;
    }

    /**
     * The file that a user means.
     *
     * @param weights a path, or the tag of one of the model's weights, or the model's name for the first that is cached
     * @throws InputException when there is no such file, saying how to get it
     */
    public Path resolve(String weights, ModelSpec spec) {
        Path path = path(weights);
        if (path != null && Files.isRegularFile(path)) {
            return path;
        }
        List<ModelSpec.WeightSource> meant = spec.weights().stream()
                .filter(source -> weights.equals(source.tag()) || weights.equals(spec.name()))
                .toList();
        Optional<Path> cached = meant.stream()
                .map(source -> target(source, spec.name()))
                .filter(Files::exists)
                .findFirst();
        if (cached.isPresent()) {
            return cached.get();
        }
        if (!meant.isEmpty()) {
            throw new InputException("the weights " + weights + " of " + spec.name()
                    + " are not downloaded yet; run: meristem weights pull " + spec.name());
        }
        if (path != null && Files.isDirectory(path)) {
            throw new InputException(path + " is a folder, not a weights file; name the file in it");
        }
        List<String> tags =
                spec.weights().stream().map(ModelSpec.WeightSource::tag).toList();
        throw new InputException("there is no weights file " + weights
                + (tags.isEmpty()
                        ? ", and no official weights of " + spec.name() + " are known; check the path"
                        : "; check the path, or run meristem weights pull " + spec.name() + " and give one of: "
                                + String.join(", ", tags)));
    }

    private Path target(ModelSpec.WeightSource source, String model) {
        String extension = EXTENSIONS.stream()
                .filter(URI.create(source.url()).getPath()::endsWith)
                .findFirst()
                .orElse(EXTENSIONS.get(0));
        return root.resolve(safe(model)).resolve(safe(source.tag()) + extension);
    }

    /** A name as a file's name: no separators, nothing hidden. */
    private static String safe(String name) {
        return name.replaceAll("[^A-Za-z0-9._-]", "_").replaceFirst("^\\.+", "_");
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            return null;
        }
    }

    private static List<Path> list(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        } catch (IOException e) {
            throw new InputException("cannot read the folder " + folder + ": " + e.getMessage(), e);
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new InputException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new InputException("cannot remove the unusable " + file + "; remove it by hand", e);
        }
    }
}
