package io.meristem.data.feed;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32C;

/** What a cache folder holds: one entry for each content of a photo's file, in one file that is replaced whole. */
final class CacheIndex {

    static final String FILE = "index.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * One decoded photo.
     *
     * @param sha256 of the source file, in hex
     * @param path below the data folder where it was found; it may have moved since
     * @param width of the stored pixels
     * @param height of the stored pixels
     * @param segment name of the file that holds them
     * @param offset of the first byte in it
     * @param crc32c of the stored pixels
     */
    record Entry(String sha256, String path, int width, int height, String segment, long offset, long crc32c) {

        /** Whether it can be one of those that were written here, and lies whole in a file of so many bytes. */
        boolean isSound(long bytes) {
            return sha256 != null
                    && path != null
                    && width >= 1
                    && height >= 1
                    && offset >= 0
                    && 3L * width * height <= Integer.MAX_VALUE
                    && offset + 3L * width * height <= bytes;
        }

        int length() {
            return 3 * width * height;
        }

        boolean matches(byte[] pixels) {
            return checksum(pixels) == crc32c;
        }
    }

    private record Content(List<Entry> photos) {}

    /**
     * What was found.
     *
     * @param entries by content whose pixels lie whole in their file
     * @param damage a sentence where there is an index, but not as it was written; otherwise null
     */
    record Contents(Map<String, Entry> entries, String damage) {}

    private CacheIndex() {}

    /** Nothing here is believed: what does not fit is left out, and the pixels are made again. */
    static Contents read(Path folder) {
        Map<String, Entry> entries = new HashMap<>();
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return new Contents(entries, null);
        }
        Content content;
        try {
            content = JSON.readValue(file.toFile(), Content.class);
        } catch (JsonProcessingException e) {
            return new Contents(entries, "its index is damaged");
        } catch (IOException e) {
            return new Contents(entries, "its index cannot be read");
        }
        if (content == null
                || content.photos() == null
                || content.photos().stream().anyMatch(Objects::isNull)) {
            return new Contents(entries, "its index is damaged");
        }
        Map<String, Long> lengths = new HashMap<>();
        int bad = 0;
        for (Entry e : content.photos()) {
            boolean ours = e.segment() != null && SegmentWriter.isName(e.segment());
            if (ours && e.isSound(lengths.computeIfAbsent(e.segment(), name -> length(folder.resolve(name))))) {
                entries.put(e.sha256(), e);
            } else {
                bad++;
            }
        }
        return new Contents(entries, bad == 0 ? null : "a file of pixels is missing or was cut short");
    }

    static void write(Path folder, Collection<Entry> entries) throws IOException {
        List<Entry> sorted = entries.stream()
                .sorted((a, b) -> a.sha256().compareTo(b.sha256()))
                .toList();
        AtomicFiles.write(folder.resolve(FILE), temporary -> JSON.writeValue(temporary.toFile(), new Content(sorted)));
    }

    static long length(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return -1; // gone: nothing lies whole in it
        }
    }

    static long checksum(byte[] pixels) {
        CRC32C crc = new CRC32C();
        crc.update(pixels);
        return crc.getValue();
    }
}
