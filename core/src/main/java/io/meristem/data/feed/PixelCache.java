package io.meristem.data.feed;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.data.folder.Fingerprint;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.Photo;
import io.meristem.data.folder.Split;
import io.meristem.data.image.Fit;
import io.meristem.data.image.Preprocess;
import io.meristem.data.image.RgbImage;
import io.meristem.data.image.UnreadableImageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The decoded photos of a data set, at evaluation scale ({@link Preprocess#scaled}), as 8-bit RGB in files: each photo is decoded
 * once, not once per epoch and run.
 *
 * <p>{@link #open} decodes what is missing before it returns, in parallel. A photo is found again by the SHA-256 of its file, which {@link #fingerprint} is
 * made of too: what a run was trained on is what its record names, whatever names, sizes and times say. Pixels have checksums; those that have changed on the disk
 * are decoded again. With {@link Fit#SQUASH} the photo is stored at exactly the network's size, so that
 * evaluation sees one resize, and random crops enlarge.
 *
 * <p>Below the caller's cache folder each pair of data folder and scale has a folder of its own, with pixels in files that only grow and an index that
 * is replaced whole after the pixels have reached the disk. So a process may be killed at any moment: what the index does not name is cleared
 * away by the next. A file lock lets one process at a time fill; another waits, then finds the work done. Reading needs no lock.
 */
public final class PixelCache {

    /** To be raised whenever decoding or resizing gives other pixels than before. */
    private static final int DECODER_VERSION = 3;

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
    private final List<String> notes;
    private final SortedMap<String, Fingerprint.Content> contents;
    private final Map<String, SegmentReader> segments = new HashMap<>();

    private PixelCache(Path folder, Preprocess preprocess, ImageFolder data, CacheFiller filler) {
        this.folder = folder;
        this.preprocess = preprocess;
        this.entries = filler.entries();
        this.unreadable = filler.unreadable();
        this.decoded = filler.decoded();
        this.notes = filler.notes();
        this.contents = data.contents();
        this.photos = data.photos().stream().filter(p -> entry(p) != null).toList();
        for (CacheIndex.Entry entry : entries.values()) {
            segments.computeIfAbsent(entry.segment(), name -> new SegmentReader(folder.resolve(name)));
        }
    }

    /**
     * Brings the cache up to date and opens it.
     *
     * @param cacheFolder holds caches of any number of data sets; created when missing
     * @param threads how many photos are decoded at once
     * @param progress is told of each photo decoded; not called when nothing is missing
     * @throws InputException when a class has no readable training photo, when the data set is strict and a photo is unreadable, or when the cache
     *     cannot be written
     */
    public static PixelCache open(
            Path cacheFolder, ImageFolder data, Preprocess preprocess, int threads, ProgressListener progress) {
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
                    ErrorCode.NOT_WRITABLE,
                    e,
                    "Cannot write the photo cache in %s (%s): make room or choose another cache folder.",
                    folder,
                    InputFiles.reason(e));
        }
    }

    private static String folderName(Path root, Preprocess preprocess) {
        String hash = Fingerprint.of(root.toString().getBytes(StandardCharsets.UTF_8));
        Path name = root.getFileName();
        return (name == null ? "root" : name) + "-" + hash.substring(0, 12) + "-v" + DECODER_VERSION + "-"
                + preprocess.key();
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
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    "%s photo(s) in %s cannot be read: %s%s; mend or remove them, or run without strict.",
                    unreadable.size(),
                    data.root(),
                    first,
                    unreadable.size() > 3 ? ", ..." : "");
        }
        for (int label = 0; label < data.classes().size(); label++) {
            int c = label;
            if (photos.stream().noneMatch(p -> p.label() == c && p.split() == Split.TRAIN)) {
                String first = unreadable.stream()
                        .filter(u -> u.photo().label() == c)
                        .findFirst()
                        .map(u -> u.photo().relative() + ": " + u.reason())
                        .orElse("no photo listed");
                throw new InputException(
                        ErrorCode.TOO_FEW,
                        "Class %s has no readable image to train on in %s (%s): replace its photos or remove the class folder.",
                        data.classes().get(c),
                        data.root(),
                        first);
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

    /** What a user should know of how the cache was found, a sentence each. */
    public List<String> notes() {
        return notes;
    }

    /** SHA-256 (hex) as {@link ImageFolder#fingerprint}, of {@link #photos()} only: of what is really used. */
    public String fingerprint() {
        SortedMap<String, Fingerprint.Content> used = new TreeMap<>();
        photos.forEach(photo -> used.put(photo.relative(), contents.get(photo.relative())));
        return Fingerprint.of(used);
    }

    public boolean contains(Photo photo) {
        return entry(photo) != null;
    }

    private CacheIndex.Entry entry(Photo photo) {
        Fingerprint.Content content = contents.get(photo.relative());
        return content == null || content.sha256() == null ? null : entries.get(content.sha256());
    }

    /**
     * A copy of the stored pixels of one photo, at evaluation scale; may be called by any number of threads. Where another program has changed or cut them since
     * the cache was opened, they are decoded again.
     *
     * @throws InputException when that is so, and the photo has gone or changed too
     */
    public RgbImage image(Photo photo) {
        CacheIndex.Entry entry = entry(photo);
        if (entry == null) {
            throw new IllegalArgumentException(photo.file() + " is not in the cache");
        }
        byte[] rgb = new byte[entry.length()];
        try {
            Objects.requireNonNull(segments.get(entry.segment())).read(entry.offset(), rgb);
            if (entry.matches(rgb)) {
                return new RgbImage(entry.width(), entry.height(), rgb);
            }
        } catch (IOException e) {
            // Cut, removed or not to be read any more: as good as changed.
        }
        try {
            return CacheFiller.scaled(photo, entry.sha256(), preprocess);
        } catch (UnreadableImageException e) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    e,
                    "The photo cache in %s has been damaged, and a photo cannot be decoded again, %s: put it back, or start again without it.",
                    folder,
                    e.getMessage());
        }
    }
}
