package io.meristem.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.meristem.AtomicFiles;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the files in the cache are known to be: the SHA-256 and the size of each as it was when it first came, in {@code lock.json} beside them. Most publishers
 * state no checksum and may change what an address gives, so the first use is what later ones are held to.
 */
final class WeightLock {

    /** Its name in the folder of the cache. */
    static final String FILE = "lock.json";

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final Object WITHIN_PROCESS = new Object();

    /**
     * @param url where it came from
     * @param sha256 64 lower-case hexadecimal digits
     * @param bytes of the file
     * @param since the date, as in 2026-11-28
     * @param pulled whether it was fetched by us; otherwise it was found in the cache
     */
    record Pin(String url, String sha256, long bytes, String since, boolean pulled) {

        private boolean isWhole() {
            return sha256 != null && sha256.matches("[0-9a-f]{64}") && since != null && bytes >= 0;
        }
    }

    private final Path folder;

    /** @param folder of the cache */
    WeightLock(Path folder) {
        this.folder = folder;
    }

    Path file() {
        return folder.resolve(FILE);
    }

    /**
     * By file name relative to the folder, with slashes.
     *
     * @throws InputException when the lock file cannot be read
     */
    Map<String, Pin> pins() {
        if (!Files.exists(file())) {
            return Map.of();
        }
        try {
            Map<String, Pin> pins =
                    JSON.readValue(InputFiles.json(file()), new TypeReference<TreeMap<String, Pin>>() {});
            if (pins == null || pins.values().stream().anyMatch(pin -> pin == null || !pin.isWhole())) {
                throw damaged("an entry lacks its SHA-256", null);
            }
            return pins;
        } catch (JsonProcessingException e) {
            throw damaged(InputFiles.reason(e), e);
        } catch (IOException e) {
            throw damaged(e.toString(), e);
        }
    }

    private InputException damaged(String reason, Exception cause) {
        return new InputException(
                ErrorCode.DAMAGED_FILE,
                cause,
                "%s, which says what the downloaded weights were when they first came, cannot be read (%s): restore it, or remove it if you trust the files beside it.",
                file(),
                reason);
    }

    /** Notes what a file is; what was noted before is replaced. */
    void put(String name, Pin pin) throws IOException {
        Files.createDirectories(folder);
        synchronized (WITHIN_PROCESS) {
            try (FileChannel channel = FileChannel.open(
                            folder.resolve("." + FILE + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                Map<String, Pin> pins = new TreeMap<>(pins());
                pins.put(name, pin);
                AtomicFiles.writeString(file(), JSON.writeValueAsString(pins) + "\n");
            }
        }
    }
}
