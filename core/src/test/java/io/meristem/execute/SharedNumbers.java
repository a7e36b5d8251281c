package io.meristem.execute;

import io.meristem.engine.Tensors;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** The numbers of {@code bench/peers/network_fixtures.py}, bit for bit: SplitMix64 per tensor, seeded by the FNV-1a hash of its name. */
public final class SharedNumbers {

    private SharedNumbers() {}

    public static void fill(Network network) {
        network.params().forEach((name, param) -> {
            long[] shape = param.shape();
            try (PointerScope scope = new PointerScope()) {
                if (shape.length > 1) {
                    double bound = Math.sqrt(3.0 / ((double) param.numel() / shape[0]));
                    param.set(tensor(name, -bound, bound, shape));
                } else if (name.endsWith("weight") || name.endsWith("running_var") || name.endsWith("gamma")) {
                    param.set(tensor(name, 0.5, 1.5, shape));
                } else {
                    param.set(tensor(name, -0.1, 0.1, shape));
                }
            }
        });
    }

    public static Tensor tensor(String name, double low, double high, long... shape) {
        int count = Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
        float[] values = new float[count];
        long state = 0xCBF29CE484222325L;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            state = (state ^ (b & 0xFF)) * 0x100000001B3L;
        }
        for (int i = 0; i < count; i++) {
            state += 0x9E3779B97F4A7C15L;
            long z = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
            z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
            z ^= z >>> 31;
            values[i] = (float) (low + (high - low) * ((z >>> 40) * 0x1p-24));
        }
        return Tensors.of(values, shape);
    }
}
