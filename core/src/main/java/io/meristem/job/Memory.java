package io.meristem.job;

import io.meristem.engine.ComputeDevice;
import io.meristem.engine.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.Stat;
import org.bytedeco.pytorch.global.torch;

/**
 * What the process takes. On a CPU as the system sees it: Java heap, tensors and libraries together. On a GPU what tensors take of the device's own
 * memory.
 */
public final class Memory {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final double KIB_PER_MIB = 1024;
    private static final double MIB = 1 << 20;
    private static final byte FIRST = 0;

    private Memory() {}

    /** Greatest resident size so far, MiB; 0 where the system does not tell. */
    public static double peakMib() {
        if (onGpu()) {
            return allocated().peak() / MIB;
        }
        return read("VmHWM:");
    }

    /** Resident size now, MiB; 0 where the system does not tell. */
    public static double residentMib() {
        if (onGpu()) {
            return allocated().current() / MIB;
        }
        return read("VmRSS:");
    }

    /** Forgets the peak so far, so that {@link #peakMib} tells that of what follows; where the system does not allow it, nothing happens. */
    public static void resetPeak() {
        if (onGpu()) {
            torch.resetPeakStats(FIRST);
            return;
        }
        try {
            Files.writeString(Path.of("/proc/self/clear_refs"), "5");
        } catch (IOException e) {
            return; // the peak then includes what was before, which is never less
        }
    }

    private static boolean onGpu() {
        return Engine.device() == ComputeDevice.CUDA;
    }

    private static Stat allocated() {
        return torch.getDeviceStats(FIRST).allocated_bytes();
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
