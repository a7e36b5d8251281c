package io.meristem.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Memory that a process can still get. */
final class FreeMemory {

    private static final long KIB = 1024;

    /** Version 1 of control groups says a number of this order for no limit. */
    private static final long NO_LIMIT = 1L << 60;

    private FreeMemory() {}

    /** The least that the machine and the process's control group have left, in bytes; 0 where the system does not tell. */
    static long bytes() {
        long free = available(Path.of("/proc/meminfo"));
        long group = group(Path.of("/sys/fs/cgroup"), Path.of("/proc/self/cgroup"));
        return group > 0 && (free == 0 || group < free) ? group : free;
    }

    static long available(Path meminfo) {
        for (String line : lines(meminfo)) {
            if (line.startsWith("MemAvailable:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) * KIB;
            }
        }
        return 0;
    }

    /** The least of the process's group and those above it; what the group uses for file caches can be had again. */
    static long group(Path root, Path self) {
        long least = 0;
        for (String line : lines(self)) {
            String[] parts = line.split(":", 3);
            if (parts.length < 3 || !(parts[1].isEmpty() || parts[1].equals("memory"))) {
                continue;
            }
            Path top = parts[1].isEmpty() ? root : root.resolve("memory");
            String limit = parts[1].isEmpty() ? "memory.max" : "memory.limit_in_bytes";
            String usage = parts[1].isEmpty() ? "memory.current" : "memory.usage_in_bytes";
            // Inside a container the group is mounted as the root, whatever its name outside.
            for (Path at = top.resolve(parts[2].replaceFirst("^/+", "")).normalize();
                    at != null && at.startsWith(top);
                    at = at.getParent()) {
                long most = number(at.resolve(limit));
                if (most > 0 && most < NO_LIMIT) {
                    long left = Math.max(1, most - number(at.resolve(usage)) + fileCache(at.resolve("memory.stat")));
                    least = least == 0 ? left : Math.min(least, left);
                }
            }
        }
        return least;
    }

    private static long fileCache(Path stat) {
        return lines(stat).stream()
                .filter(line -> line.matches("(total_)?inactive_file \\d+"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .max()
                .orElse(0);
    }

    /** 0 for a file that is not there or says {@code max}. */
    private static long number(Path file) {
        return lines(file).stream()
                .map(String::strip)
                .filter(line -> line.matches("\\d{1,18}"))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElse(0);
    }

    private static List<String> lines(Path file) {
        if (!Files.isReadable(file)) {
            return List.of();
        }
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            return List.of();
        }
    }
}
