package io.meristem.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the process takes, as the system sees it: Java heap, tensors and libraries together. */
public final class Memory {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final double KIB_PER_MIB = 1024;

    private Memory() {}

    /** Greatest resident size so far, MiB; 0 where the system does not tell. */
    public static double peakMib() {
        return read("VmHWM:");
    }

    /** Resident size now, MiB; 0 where the system does not tell. */
    public static double residentMib() {
        return read("VmRSS:");
    }

    /** Forgets the peak so far, so that {@link #peakMib} tells that of what follows; where the system does not allow it, nothing happens. */
    public static void resetPeak() {
        try {
            Files.writeString(Path.of("/proc/self/clear_refs"), "5");
        } catch (IOException e) {
            return; // the peak then includes what was before, which is never less
        }
    }

    private static double read(String key) {
        if (!Files.isReadable(STATUS)) {
            return 0;
        }
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(key)) {
                    return Long.parseLong(line.replaceAll("\\D", "")) / KIB_PER_MIB;
                }
            }
            return 0;
        } catch (IOException e) {
            return 0;
        }
    }
}
