package io.meristem.data;

import io.meristem.FileNames;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Compares a cache folder with the photos at hand, decodes what is missing, and clears away what nothing refers to. Needs the folder's lock. */
final class CacheFiller {

    /** Between two commits of the index during a long fill: so much work a killed process may lose. */
    private static final long COMMIT_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** Below this size a folder is not rebuilt for being mostly dead pixels. */
    private static final long SMALL_BYTES = 64L << 20;

    private record Stat(long size, long modified) {}

    private final Path folder;
    private final ImageFolder data;
    private final Preprocess preprocess;
    private final Progress progress;
    private final Map<String, CacheIndex.Entry> stored;
    private final Map<Integer, PixelCache.Unreadable> failures = new HashMap<>();
    private int done;
    private int decoded;
    private long lastCommit;

    CacheFiller(Path folder, ImageFolder data, Preprocess preprocess, Progress progress) {
        this.folder = folder;
        this.data = data;
        this.preprocess = preprocess;
        this.progress = progress;
        this.stored = CacheIndex.read(folder);
    }

    void fill(int threads) throws IOException {
        List<Photo> photos = data.photos();
        dropVanished(photos);
        rebuildIfMostlyDead();
        Stat[] stats = new Stat[photos.size()];
        List<Integer> missing = new ArrayList<>();
        for (int i = 0; i < stats.length; i++) {
            Photo photo = photos.get(i);
            stats[i] = stat(photo.file());
            CacheIndex.Entry entry = stored.get(photo.relative());
            if (entry == null || entry.size() != stats[i].size() || entry.modified() != stats[i].modified()) {
                stored.remove(photo.relative());
                missing.add(i);
            }
        }
        lastCommit = System.nanoTime();
        if (!missing.isEmpty()) {
            try (SegmentWriter writer = new SegmentWriter(folder)) {
                Workers.forEach(threads, missing.size(), k -> {
                    int i = missing.get(k);
                    decode(i, photos.get(i), stats[i], writer, missing.size());
                });
            }
        }
        if (decoded > 0) {
            CacheIndex.write(folder, stored.values());
        }
        clear();
    }

    private void decode(int index, Photo photo, Stat stat, SegmentWriter writer, int total) throws IOException {
        RgbImage image = null;
        UnreadableImageException failure = null;
        try {
            image = preprocess.scaled(ImageDecoder.decode(photo.file()));
        } catch (UnreadableImageException e) {
            failure = e;
        }
        synchronized (this) {
            if (image != null) {
                SegmentWriter.Place place = writer.append(image.rgb());
                stored.put(
                        photo.relative(),
                        new CacheIndex.Entry(
                                photo.relative(),
                                stat.size(),
                                stat.modified(),
                                image.width(),
                                image.height(),
                                place.segment(),
                                place.offset()));
                decoded++;
            } else {
                failures.put(index, new PixelCache.Unreadable(photo, failure.reason()));
            }
            if (System.nanoTime() - lastCommit > COMMIT_NANOS) {
                writer.force();
                CacheIndex.write(folder, stored.values());
                lastCommit = System.nanoTime();
            }
            progress.update(++done, total);
        }
    }

    /** Entries of photos outside this selection (another limit or split) stay as long as their files do. */
    private void dropVanished(List<Photo> photos) {
        Set<String> listed = new HashSet<>();
        photos.forEach(p -> listed.add(p.relative()));
        stored.keySet().removeIf(path -> !listed.contains(path) && !FileNames.exists(data.root(), path));
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

    /** Windows keeps files that another process has mapped; a later opening clears them. */
    private static void deleteIfFree(Path file) throws IOException {
        try {
            Files.deleteIfExists(file);
        } catch (FileSystemException e) {
            Files.size(file); // still there and in use, which is no fault; gone or unreadable throws
        }
    }

    private static Stat stat(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new Stat(attributes.size(), attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS));
        } catch (IOException e) {
            return new Stat(-1, -1); // matches no entry; decoding then says what is wrong
        }
    }

    /** Entries by relative path, of the photos of this data set and possibly others below the same root. */
    Map<String, CacheIndex.Entry> entries() {
        return Map.copyOf(stored);
    }

    List<PixelCache.Unreadable> unreadable() {
        return failures.entrySet().stream()
                .sorted(Comparator.comparing(Map.Entry::getKey))
                .map(Map.Entry::getValue)
                .toList();
    }

    int decoded() {
        return decoded;
    }
}
