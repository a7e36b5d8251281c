package io.meristem.data;

import io.meristem.InputException;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The decoded photos of a data set, at evaluation scale ({@link Preprocess#scaled}), as 8-bit RGB in memory-mapped files: each photo is decoded
 * once, not once per epoch and run.
 *
 * <p>{@link #open} decodes what is missing before it returns, in parallel. A photo is found again by its path, size and modification time; one that
 * was added or changed is decoded anew, the others stay. With {@link Fit#SQUASH} the photo is stored at exactly the network's size, so that
 * evaluation sees one resize, and random crops enlarge.
 *
 * <p>Below the caller's cache folder each pair of data folder and scale has a folder of its own, with pixels in files that only grow and an index that
 * is replaced whole after the pixels have reached the disk. So a process may be killed at any moment: what the index does not name is cleared
 * away by the next. A file lock lets one process at a time fill; another waits, then finds the work done. Reading needs no lock. The mapped
 * files are released when the cache is no longer reachable.
 */
public final class PixelCache {

    /** To be raised whenever decoding or resizing gives other pixels than before. */
    private static final int DECODER_VERSION = 2;

    /**
     * A photo that could not be decoded.
     *
     * @param photo the file
     * @param reason why, without the path
     */
    public record Unreadable(Photo photo, String reason) {}

    private final Path folder;
    private final Preprocess preprocess;
    private final List<Photo> photos;
    private final Map<String, CacheIndex.Entry> entries;
    private final List<Unreadable> unreadable;
    private final int decoded;
    private final Map<String, MappedByteBuffer> segments = new HashMap<>();

    private PixelCache(Path folder, Preprocess preprocess, ImageFolder data, CacheFiller filler) throws IOException {
        this.folder = folder;
        this.preprocess = preprocess;
        this.entries = filler.entries();
        this.unreadable = filler.unreadable();
        this.decoded = filler.decoded();
        this.photos = data.photos().stream()
                .filter(p -> entries.containsKey(p.relative()))
                .toList();
        for (CacheIndex.Entry entry : entries.values()) {
            if (!segments.containsKey(entry.segment())) {
                try (FileChannel channel = FileChannel.open(folder.resolve(entry.segment()), StandardOpenOption.READ)) {
                    segments.put(entry.segment(), channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
                }
            }
        }
    }

    /**
     * Brings the cache up to date and maps it.
     *
     * @param cacheFolder holds caches of any number of data sets; created when missing
     * @param threads how many photos are decoded at once
     * @param progress hears of each photo decoded; not called when nothing is missing
     * @throws InputException when a class has no readable training photo, when the data set is strict and a photo is unreadable, or when the cache
     *     cannot be written
     */
    public static PixelCache open(
            Path cacheFolder, ImageFolder data, Preprocess preprocess, int threads, Progress progress) {
        Path folder = cacheFolder.resolve(folderName(data.root(), preprocess)).toAbsolutePath();
        try {
            Files.createDirectories(folder);
            PixelCache cache;
            try (FolderLock lock = FolderLock.acquire(folder)) {
                CacheFiller filler = new CacheFiller(folder, data, preprocess, progress);
                filler.fill(threads);
                cache = new PixelCache(folder, preprocess, data, filler);
            }
            cache.check(data);
            return cache;
        } catch (IOException e) {
            throw new InputException(
                    "Cannot write the photo cache in " + folder + " (" + e
                            + "): make room or choose another cache folder.",
                    e);
        }
    }

    private static String folderName(Path root, Preprocess preprocess) {
        byte[] hash = Fingerprint.sha256().digest(root.toString().getBytes(StandardCharsets.UTF_8));
        Path name = root.getFileName();
        return (name == null ? "root" : name) + "-" + HexFormat.of().formatHex(hash, 0, 6) + "-v" + DECODER_VERSION
                + "-" + preprocess.key();
    }

    private void check(ImageFolder data) {
        if (unreadable.isEmpty()) {
            return;
        }
        if (data.options().strict()) {
            String first = unreadable.stream()
                    .limit(3)
                    .map(u -> u.photo().relative() + " (" + u.reason() + ")")
                    .reduce((a, b) -> a + ", " + b)
                    .orElseThrow();
            throw new InputException(unreadable.size() + " photo(s) in " + data.root() + " cannot be read: " + first
                    + (unreadable.size() > 3 ? ", ..." : "") + "; mend or remove them, or run without strict.");
        }
        for (int label = 0; label < data.classes().size(); label++) {
            int c = label;
            if (photos.stream().noneMatch(p -> p.label() == c && p.split() == Split.TRAIN)) {
                String first = unreadable.stream()
                        .filter(u -> u.photo().label() == c)
                        .findFirst()
                        .map(u -> u.photo().relative() + ": " + u.reason())
                        .orElse("no photo listed");
                throw new InputException("Class " + data.classes().get(c) + " has no readable image to train on in "
                        + data.root() + " (" + first + "): replace its photos or remove the class folder.");
            }
        }
    }

    /** The photos that can be read, in the data set's order. */
    public List<Photo> photos() {
        return photos;
    }

    public List<Photo> photos(Split split) {
        return photos.stream().filter(p -> p.split() == split).toList();
    }

    /** The photos that cannot, in the data set's order. */
    public List<Unreadable> unreadable() {
        return unreadable;
    }

    /** How many photos were decoded by this opening; the others were there. */
    public int decoded() {
        return decoded;
    }

    /** Where the pixels lie. */
    public Path folder() {
        return folder;
    }

    public Preprocess preprocess() {
        return preprocess;
    }

    public boolean contains(Photo photo) {
        return entries.containsKey(photo.relative());
    }

    /** A copy of the stored pixels of one photo, at evaluation scale; may be called by any number of threads. */
    public RgbImage image(Photo photo) {
        CacheIndex.Entry entry = entries.get(photo.relative());
        if (entry == null) {
            throw new IllegalArgumentException(photo.file() + " is not in the cache");
        }
        byte[] rgb = new byte[entry.length()];
        Objects.requireNonNull(segments.get(entry.segment())).get(entry.offset(), rgb);
        return new RgbImage(entry.width(), entry.height(), rgb);
    }
}
