package io.meristem.data;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a cache folder holds: one entry per photo, in one file that is replaced whole. */
final class CacheIndex {

    static final String FILE = "index.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * One decoded photo.
     *
     * @param path below the data folder
     * @param size of the source file in bytes
     * @param modified time of the source file, in nanoseconds since 1970
     * @param width of the stored pixels
     * @param height of the stored pixels
     * @param segment name of the file that holds them
     * @param offset of the first byte in it
     */
    record Entry(String path, long size, long modified, int width, int height, String segment, int offset) {
        int length() {
            return 3 * width * height;
        }
    }

    private record Content(List<Entry> photos) {}

    private CacheIndex() {}

    /** Entries by path whose pixels lie whole in their segment; none when the index is missing or is no index. */
    static Map<String, Entry> read(Path folder) {
        Map<String, Entry> entries = new HashMap<>();
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return entries;
        }
        Content content;
        try {
            content = JSON.readValue(file.toFile(), Content.class);
        } catch (IOException e) {
            // The pixels can be made again; an index that cannot be read is as good as none.
            return entries;
        }
        if (content.photos() == null) {
            return entries;
        }
        Map<String, Long> lengths = new HashMap<>();
        for (Entry e : content.photos()) {
            if (e.path() == null || e.segment() == null || e.width() < 1 || e.height() < 1 || e.offset() < 0) {
                continue;
            }
            long length = lengths.computeIfAbsent(e.segment(), name -> length(folder.resolve(name)));
            if (e.offset() + 3L * e.width() * e.height() <= length) {
                entries.put(e.path(), e);
            }
        }
        return entries;
    }

    static void write(Path folder, Collection<Entry> entries) throws IOException {
        List<Entry> sorted =
                entries.stream().sorted((a, b) -> a.path().compareTo(b.path())).toList();
        AtomicFiles.write(folder.resolve(FILE), temporary -> JSON.writeValue(temporary.toFile(), new Content(sorted)));
    }

    static long length(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return -1; // gone: nothing lies whole in it
        }
    }
}
