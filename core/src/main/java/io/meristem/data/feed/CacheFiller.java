package io.meristem.data.feed;

import io.meristem.ErrorCode;
import io.meristem.FileNames;
import io.meristem.InputException;
import io.meristem.data.folder.Fingerprint;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.Photo;
import io.meristem.data.image.ImageDecoder;
import io.meristem.data.image.Preprocess;
import io.meristem.data.image.RgbImage;
import io.meristem.data.image.UnreadableImageException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Compares a cache folder with the contents of the photos at hand, decodes what is missing or damaged, and clears away what nothing refers to. Needs the
 * folder's lock.
 */
final class CacheFiller {

    /** Between two commits of the index during a long fill: so much work a killed process may lose. */
    private static final long COMMIT_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** Below this size a folder is not rebuilt for being mostly dead pixels. */
    private static final long SMALL_BYTES = 64L << 20;

    private final Path folder;
    private final ImageFolder data;
    private final Preprocess preprocess;
    private final ProgressListener progress;
    private final SortedMap<String, Fingerprint.Content> contents;
    private final Map<String, CacheIndex.Entry> stored;
    private final Map<String, String> failures = new HashMap<>(); // content to reason
    private final List<String> notes = new ArrayList<>();
    private int done;
    private int decoded;
    private long lastCommit;

    CacheFiller(Path folder, ImageFolder data, Preprocess preprocess, ProgressListener progress) {
        this.folder = folder;
        this.data = data;
        this.preprocess = preprocess;
        this.progress = progress;
        this.contents = data.contents();
        CacheIndex.Contents found = CacheIndex.read(folder);
        this.stored = found.entries();
        if (found.damage() != null) {
            notes.add("The photo cache in " + folder + " was damaged (" + found.damage()
                    + "): what is missing is decoded again.");
        }
    }

    void fill(int threads) throws IOException {
        dropVanished();
        rebuildIfMostlyDead();
        dropDamaged(threads);
        Map<String, List<Photo>> missing = new LinkedHashMap<>();
        int total = 0;
        for (Photo photo : data.photos()) {
            String sha256 = sha256(photo);
            if (sha256 != null && !stored.containsKey(sha256)) {
                missing.computeIfAbsent(sha256, k -> new ArrayList<>()).add(photo);
                total++;
            }
        }
        lastCommit = System.nanoTime();
        if (!missing.isEmpty()) {
            List<String> order = List.copyOf(missing.keySet());
            int all = total;
            try (SegmentWriter writer = new SegmentWriter(folder)) {
                Workers.forEach(
                        threads, order.size(), k -> decode(order.get(k), missing.get(order.get(k)), writer, all));
            }
        }
        if (decoded > 0) {
            CacheIndex.write(folder, stored.values());
        }
        clear();
    }

    private String sha256(Photo photo) {
        return Objects.requireNonNull(contents.get(photo.relative())).sha256();
    }

    /** @param photos whose files have this content */
    private void decode(String sha256, List<Photo> photos, SegmentWriter writer, int total) throws IOException {
        Photo photo = photos.get(0);
        RgbImage image = null;
        UnreadableImageException failure = null;
        try {
            image = scaled(photo, sha256, preprocess);
        } catch (UnreadableImageException e) {
            failure = e;
        }
        synchronized (this) {
            if (image != null) {
                SegmentWriter.Slot place = writer.append(image.rgb());
                stored.put(
                        sha256,
                        new CacheIndex.Entry(
                                sha256,
                                photo.relative(),
                                image.width(),
                                image.height(),
                                place.segment(),
                                place.offset(),
                                CacheIndex.checksum(image.rgb())));
                decoded += photos.size();
            } else {
                failures.put(sha256, failure.reason());
            }
            if (System.nanoTime() - lastCommit > COMMIT_NANOS) {
                writer.force();
                CacheIndex.write(folder, stored.values());
                lastCommit = System.nanoTime();
            }
            for (int i = 0; i < photos.size(); i++) {
                progress.update(++done, total);
            }
        }
    }

    /**
     * A photo at evaluation scale, of the very content that was fingerprinted.
     *
     * @throws InputException when the file has changed since
     */
    static RgbImage scaled(Photo photo, String sha256, Preprocess preprocess) throws UnreadableImageException {
        return ImageDecoder.decode(photo.file(), new ImageDecoder.Use<>() {
            @Override
            public void contents(byte[] file) {
                if (!Fingerprint.of(file).equals(sha256)) {
                    throw new InputException(
                            ErrorCode.CHANGED,
                            "The photo %s has changed while the photos were read: start again when nothing writes to them any more.",
                            photo.file());
                }
            }

            @Override
            public RgbImage of(RgbImage image) {
                return preprocess.scaled(image);
            }
        });
    }

    /** Entries of photos outside this selection (another limit or split) stay as long as their files do. */
    private void dropVanished() {
        Set<String> wanted = new HashSet<>(data.contentHashes().values());
        stored.values()
                .removeIf(entry -> !wanted.contains(entry.sha256())
                        && (contents.containsKey(entry.path()) || !FileNames.exists(data.root(), entry.path())));
    }

    private void rebuildIfMostlyDead() throws IOException {
        long live = stored.values().stream().mapToLong(CacheIndex.Entry::length).sum();
        long total = 0;
        Set<String> used = new HashSet<>();
        stored.values().forEach(e -> used.add(e.segment()));
        for (String segment : used) {
            total += CacheIndex.length(folder.resolve(segment));
        }
        if (total > SMALL_BYTES && live < total / 2) {
            stored.clear();
        }
    }

    /** Reads the pixels of this selection once and compares their checksums: a disk may have failed, another program may have written. */
    private void dropDamaged(int threads) throws IOException {
        List<CacheIndex.Entry> wanted = data.contentHashes().values().stream()
                .distinct()
                .map(stored::get)
                .filter(Objects::nonNull)
                .toList();
        Map<String, SegmentReader> segments = new ConcurrentHashMap<>();
        Set<CacheIndex.Entry> damaged = ConcurrentHashMap.newKeySet();
        Workers.forEach(threads, wanted.size(), i -> {
            CacheIndex.Entry entry = wanted.get(i);
            byte[] pixels = new byte[entry.length()];
            try {
                segments.computeIfAbsent(entry.segment(), name -> new SegmentReader(folder.resolve(name)))
                        .read(entry.offset(), pixels);
            } catch (IOException e) {
                damaged.add(entry);
                return;
            }
            if (!entry.matches(pixels)) {
                damaged.add(entry);
            }
        });
        damaged.forEach(entry -> stored.remove(entry.sha256()));
        if (!damaged.isEmpty()) {
            notes.add("The pixels of " + damaged.size() + " photos in the photo cache " + folder
                    + " have been changed: they are decoded again.");
        }
    }

    /** Removes pixel files that no entry names and leavings of interrupted writes. */
    private void clear() throws IOException {
        Set<String> keep = new HashSet<>(Set.of(CacheIndex.FILE, "lock"));
        stored.values().forEach(e -> keep.add(e.segment()));
        List<Path> dead;
        try (Stream<Path> files = Files.list(folder)) {
            dead = files.filter(f -> !keep.contains(f.getFileName().toString())).toList();
        }
        for (Path file : dead) {
            String name = file.getFileName().toString();
            if (name.startsWith(SegmentWriter.PREFIX) || name.endsWith(".part")) {
                deleteIfFree(file);
            }
        }
    }

    /** Windows keeps files that another process has open; a later opening clears them. */
    private static void deleteIfFree(Path file) throws IOException {
        try {
            Files.deleteIfExists(file);
        } catch (FileSystemException e) {
            Files.size(file); // still there and in use, which is no fault; gone or unreadable throws
        }
    }

    /** Entries by content, of the photos of this data set and possibly others below the same root. */
    Map<String, CacheIndex.Entry> entries() {
        return Map.copyOf(stored);
    }

    List<PixelCache.Unreadable> unreadable() {
        List<PixelCache.Unreadable> unreadable = new ArrayList<>();
        for (Photo photo : data.photos()) {
            Fingerprint.Content content = Objects.requireNonNull(contents.get(photo.relative()));
            String reason = content.sha256() == null ? content.problem() : failures.get(content.sha256());
            if (reason != null) {
                unreadable.add(new PixelCache.Unreadable(photo, reason));
            }
        }
        return List.copyOf(unreadable);
    }

    List<String> notes() {
        return List.copyOf(notes);
    }

    int decoded() {
        return decoded;
    }
}
