package io.meristem.adapter;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.meristem.AtomicFiles;
import io.meristem.Home;
import io.meristem.adapter.Planner.Timed;
import io.meristem.engine.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * What was timed on this machine, by what it was timed on. A file in the user's cache folder, one per kind of machine and number of threads; it is not
 * precious: what cannot be read or written is measured again.
 */
public final class PlanMemory {

    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

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
        Map<String, Timed> ways = new TreeMap<>();
        if (Files.isReadable(file)) {
            try {
                ways.putAll(JSON.readValue(Files.readString(file), new TypeReference<Map<String, Timed>>() {}));
            } catch (IOException e) {
                ways.clear();
            }
        }
        return new PlanMemory(file, ways);
    }

    Timed get(String key) {
        return ways.get(key);
    }

    void put(String key, Timed timed) {
        ways.put(key, timed);
        changed = true;
    }

    void save() {
        if (!changed) {
            return;
        }
        try {
            AtomicFiles.writeString(file, JSON.writeValueAsString(ways));
            changed = false;
        } catch (IOException e) {
            changed = true; // a folder that cannot be written costs the time of measuring again, and nothing else
        }
    }
}
