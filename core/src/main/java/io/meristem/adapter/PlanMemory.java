package io.meristem.adapter;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.meristem.AtomicFiles;
import io.meristem.Home;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.adapter.Planner.Timed;
import io.meristem.engine.Engine;
import io.meristem.weights.Checksums;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;

/**
 * What was timed on this machine, by what it was timed on. A file in the user's cache folder, one per kind of machine and number of threads; it is not
 * precious: what cannot be read or written is measured again.
 */
public final class PlanMemory {

    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /**
     * What the file holds.
     *
     * @param sha256 of the ways as they are written here; a file whose ways have another one is damaged, and is measured anew
     */
    private record Kept(String sha256, Map<String, Timed> ways) {

        static Kept of(Map<String, Timed> ways) throws JsonProcessingException {
            return new Kept(sum(ways), ways);
        }

        boolean whole() throws JsonProcessingException {
            return ways != null
                    && ways.values().stream().allMatch(timed -> timed != null && timed.way() != null)
                    && sum(ways).equals(sha256);
        }

        private static String sum(Map<String, Timed> ways) throws JsonProcessingException {
            return Checksums.sha256(JSON.writeValueAsBytes(new TreeMap<>(ways)));
        }
    }

    private final Path file;
    private final Map<String, Timed> ways;
    private boolean changed;

    private PlanMemory(Path file, Map<String, Timed> ways) {
        this.file = file;
        this.ways = ways;
    }

    /** Of this machine and the threads that the engine runs on now. */
    public static PlanMemory open() {
        return open(Home.plans());
    }

    static PlanMemory open(Path folder) {
        Path file = folder.resolve(Engine.fingerprint() + ".json");
        return new PlanMemory(file, new TreeMap<>(read(file)));
    }

    private static Map<String, Timed> read(Path file) {
        if (!Files.isReadable(file)) {
            return Map.of();
        }
        try {
            Kept kept = JSON.readValue(InputFiles.json(file), Kept.class);
            return kept != null && kept.whole() ? kept.ways : Map.of();
        } catch (IOException | InputException e) {
            return Map.of();
        }
    }

    Timed get(String key) {
        return ways.get(key);
    }

    void put(String key, Timed timed) {
        ways.put(key, timed);
        changed = true;
    }

    /**
     * Adds to the file what is new. What another process has put there meanwhile is kept and taken over: whoever was first decides for all, so that a run
     * begun again computes what it did before.
     */
    void save() {
        if (!changed) {
            return;
        }
        try {
            Files.createDirectories(file.getParent());
            synchronized (PlanMemory.class) { // file locks do not keep threads apart
                try (FileChannel channel = FileChannel.open(
                                file.resolveSibling(file.getFileName() + ".lock"),
                                StandardOpenOption.CREATE,
                                StandardOpenOption.WRITE);
                        FileLock lock = channel.lock()) {
                    ways.putAll(read(file));
                    AtomicFiles.writeString(file, JSON.writeValueAsString(Kept.of(ways)));
                }
            }
            changed = false;
        } catch (IOException e) {
            changed = true; // a folder that cannot be written costs the time of measuring again, and nothing else
        }
    }
}
