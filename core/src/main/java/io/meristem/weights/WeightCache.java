package io.meristem.weights;

import io.meristem.Action;
import io.meristem.ErrorCode;
import io.meristem.Home;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.Message;
import io.meristem.Setting;
import io.meristem.execute.Network;
import io.meristem.op.Param;
import io.meristem.zoo.ModelSpec;
import io.meristem.zoo.WeightSource;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The folder where downloaded weights live: {@code weights/MODEL/TAG.EXTENSION}. */
public final class WeightCache {

    private static final List<String> EXTENSIONS = List.of(".safetensors", ".pth");

    /**
     * A file in the cache.
     *
     * @param sha256 of the file when it first came, which each load is held to; null before its first use
     */
    public record Cached(String model, String tag, Path path, long bytes, String sha256) {}

    /** Room for a file's directory of names, and for counters, beside its numbers. */
    private static final long SLACK = 4L << 20;

    private static final double SLACK_SHARE = 1.02;

    private final Path root;
    private final WeightLock lock;
    private final Downloader downloader;

    /** @param home the folder that holds {@code weights/} */
    public WeightCache(Path home, Downloader downloader) {
        this.root = home.resolve("weights").toAbsolutePath().normalize();
        this.lock = new WeightLock(root);
        this.downloader = downloader;
    }

    /** The cache under {@link Home#folder}. */
    public static WeightCache open() {
        return new WeightCache(Home.folder(), new Downloader(Downloader.Settings.DEFAULT));
    }

    /**
     * Makes sure that these weights are in the cache, and are what they were when they first came.
     *
     * @return the file, checked and readable
     * @throws InputException when they cannot be had, or are not what they were
     */
    public Path pull(WeightSource source, ModelSpec model, Downloader.DownloadProgress progress) {
        Path target = target(source, model.name());
        if (Files.exists(target)) {
            String sha256 = Checksums.sha256(target);
            if (!sha256.startsWith(source.sha256())) {
                throw new InputException(
                        ErrorCode.DAMAGED_FILE,
                        "%s has the SHA-256 %s, and that of %s begins with %s: remove the file and pull it again.",
                        target,
                        sha256,
                        source.url(),
                        source.sha256());
            }
            require(target, sha256);
            return target;
        }
        WeightLock.Pin pin = lock.pins().get(key(target));
        if (pin == null) {
            return fetch(
                    source,
                    model,
                    target,
                    source.sha256(),
                    Message.of("try again, or tell us if the publisher changed the file"),
                    progress);
        }
        return fetch(
                source,
                model,
                target,
                pin.sha256(),
                Message.of(
                        "it is not what came first, on %s: try again, or if you trust the new file, %s",
                        pin.since(), Action.RENEW_WEIGHTS.with(model.name(), Setting.TAG.as(quoted(source.tag())))),
                progress);
    }

    /**
     * Takes what the publisher has now in place of what came first. A checksum that the publisher states still counts.
     *
     * @throws InputException when it cannot be had; what was there stays
     */
    public Path renew(WeightSource source, ModelSpec model, Downloader.DownloadProgress progress) {
        return fetch(
                source,
                model,
                target(source, model.name()),
                source.sha256(),
                Message.of("the file that was there stays"),
                progress);
    }

    private Path fetch(
            WeightSource source,
            ModelSpec model,
            Path target,
            String sha256,
            Message mend,
            Downloader.DownloadProgress progress) {
        Path fresh = target.resolveSibling("." + target.getFileName() + ".new");
        downloader.fetch(
                URI.create(source.url()),
                fresh,
                new Downloader.Expected(sha256, mostBytes(source, model), mend, target),
                progress);
        // Without a checksum, a login page of some network may pass for the file.
        try (TensorFile file = TensorFile.open(fresh)) {
            file.tensors();
        } catch (InputException e) {
            remove(fresh);
            throw new InputException(
                    ErrorCode.DOWNLOAD_FAILED,
                    e,
                    "what came from %s is not a weights file, so it was thrown away; check the network and try again",
                    source.url());
        }
        try {
            WeightLock.Pin pin = new WeightLock.Pin(
                    source.url(),
                    Checksums.sha256(fresh),
                    size(fresh),
                    LocalDate.now(ZoneOffset.UTC).toString(),
                    true);
            // Before the file is there: a kill between the two leaves a checksum without a file, never a file without.
            lock.put(key(target), pin);
            Files.move(fresh, target, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            remove(fresh);
            throw new InputException(
                    ErrorCode.NOT_WRITABLE, e, "cannot write %s: %s; check the folder and the free space", target, e);
        }
        return target;
    }

    /** What such a file can be at most: its numbers in float32, and some room. */
    private static long mostBytes(WeightSource source, ModelSpec model) {
        return (long) (bytes(source, model) * SLACK_SHARE) + SLACK;
    }

    /** About how large a file of these weights is: all parameters and buffers in float32. */
    public static long bytes(WeightSource source, ModelSpec model) {
        return new Network(model, source.classes())
                        .params().values().stream().mapToLong(Param::numel).sum()
                * Float.BYTES;
    }

    /**
     * Holds a file of the cache to what it was when it first came, and notes what it is where that has not been done. A file elsewhere is its owner's affair.
     *
     * @param file about to be used
     * @param sha256 of the whole of it, as it is now
     * @throws InputException when it is another than it was
     */
    public void require(Path file, String sha256) {
        Path path = file.toAbsolutePath().normalize();
        if (!path.startsWith(root) || path.getNameCount() != root.getNameCount() + 2 || !isOfSource(path)) {
            return;
        }
        WeightLock.Pin pin = lock.pins().get(key(path));
        if (pin == null) {
            note(path, sha256);
        } else if (!pin.sha256().equals(sha256)) {
            throw new InputException(
                    ErrorCode.CHANGED,
                    "%s is not what it was when it first came, on %s: its SHA-256 is %s, and %s says %s. Remove the file and pull it again, or give another %s.",
                    path,
                    pin.since(),
                    sha256,
                    lock.file(),
                    pin.sha256(),
                    Setting.WEIGHTS);
        }
    }

    /** Whether it is one that is pulled, as opposed to the starter, which a program unpacks from itself. */
    private static boolean isOfSource(Path file) {
        return !file.getFileName().toString().equals("starter.safetensors");
    }

    private void note(Path path, String sha256) {
        try {
            lock.put(
                    key(path),
                    new WeightLock.Pin(
                            "",
                            sha256,
                            size(path),
                            LocalDate.now(ZoneOffset.UTC).toString(),
                            false));
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_WRITABLE,
                    e,
                    "cannot note in %s what %s is (%s): make the folder writable, or name a copy of the file elsewhere (%s).",
                    lock.file(),
                    path,
                    InputFiles.reason(e),
                    Setting.WEIGHTS);
        }
    }

    private String key(Path file) {
        return file.getParent().getFileName() + "/" + file.getFileName();
    }

    private static String quoted(String tag) {
        return tag.contains(" ") ? "'" + tag + "'" : tag;
    }

    /** Everything in the cache, by model and tag. */
    public List<Cached> cached() {
        List<Cached> found = new ArrayList<>();
        Map<String, WeightLock.Pin> pins = lock.pins();
        for (Path model : list(root)) {
            for (Path file : list(model)) {
                String name = file.getFileName().toString();
                Optional<String> extension =
                        EXTENSIONS.stream().filter(name::endsWith).findFirst();
                if (extension.isPresent() && !name.startsWith(".")) {
                    String tag =
                            name.substring(0, name.length() - extension.get().length());
                    WeightLock.Pin pin = pins.get(key(file));
                    found.add(new Cached(
                            model.getFileName().toString(), tag, file, size(file), pin == null ? null : pin.sha256()));
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
        List<WeightSource> meant = spec.weights().stream()
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
            throw new InputException(
                    ErrorCode.NOT_FOUND,
                    "the weights %s of %s are not downloaded yet; %s",
                    weights,
                    spec.name(),
                    Action.PULL_WEIGHTS.with(spec.name()));
        }
        if (path != null && Files.isDirectory(path)) {
            throw new InputException(
                    ErrorCode.WRONG_KIND, "%s is a folder, not a weights file; name the file in it", path);
        }
        List<String> tags = spec.weights().stream().map(WeightSource::tag).toList();
        if (tags.isEmpty()) {
            throw new InputException(
                    ErrorCode.NOT_FOUND,
                    "there is no weights file %s, and no official weights of %s are known; check the path",
                    weights,
                    spec.name());
        }
        throw new InputException(
                ErrorCode.NOT_FOUND,
                "there is no weights file %s; check the path, or %s and give one of: %s",
                weights,
                Action.PULL_WEIGHTS.with(spec.name()),
                String.join(", ", tags));
    }

    private Path target(WeightSource source, String model) {
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
            throw new InputException(
                    ErrorCode.NOT_READABLE, e, "cannot read the folder %s: %s", folder, InputFiles.reason(e));
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new InputException(ErrorCode.NOT_READABLE, e, "cannot read %s: %s", file, InputFiles.reason(e));
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_WRITABLE, e, "cannot remove the unusable %s; remove it by hand", file);
        }
    }
}
