package io.meristem.weights;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A download that is not whole yet, and beside it what the server said about the file's version, so that another process can continue it. */
final class PartialFile {

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * Which version of which file the part is of.
     *
     * @param validator a strong ETag or a Last-Modified date; empty when the server gave neither
     */
    record Version(String url, String validator) {}

    private final Path path;
    private final Path note;

    PartialFile(Path target) {
        path = target.resolveSibling(target.getFileName() + ".part");
        note = target.resolveSibling(target.getFileName() + ".part.json");
    }

    Path path() {
        return path;
    }

    long length() throws IOException {
        return Files.exists(path) ? Files.size(path) : 0;
    }

    /** The version noted, or null when there is nothing to continue. */
    Version version() {
        try {
            return JSON.readValue(Files.readAllBytes(note), Version.class);
        } catch (IOException e) {
            return null; // no note, or one cut short: the part is then begun anew
        }
    }

    /** Empties the part and notes what it will be of. */
    void begin(Version version) throws IOException {
        Files.deleteIfExists(note);
        Files.write(path, new byte[0]);
        AtomicFiles.writeString(note, JSON.writeValueAsString(version));
    }

    void delete() throws IOException {
        Files.deleteIfExists(note);
        Files.deleteIfExists(path);
    }
}
