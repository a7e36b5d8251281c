package io.meristem.tune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Averages against a plain loop. */
class AveragesTest {

    @BeforeAll
    static void start() {
        Engine.start(1);
    }

    @Test
    void theyFollowTheFormulaAndSwapToTheBit() {
        long kept = Tensors.kept();
        try (PointerScope scope = new PointerScope()) {
            Tensor value = Tensors.of(new float[] {1, -2, 0.1f}, 3);
            double[] expected = {1, -2, 0.1f};
            try (Averages averages = new Averages(0.5, List.of(value))) {
                for (int t = 0; t < 20; t++) {
                    value.add_(new Scalar(0.25 * t));
                    averages.take(List.of(value));
                    double d = Math.min(0.5, (1.0 + t) / (10 + t));
                    float[] now = Tensors.toFloats(value);
                    for (int i = 0; i < 3; i++) {
                        expected[i] = d * expected[i] + (1 - d) * now[i];
                    }
                }
                float[] last = Tensors.toFloats(value);
                averages.swap(List.of(value));
                float[] mean = Tensors.toFloats(value);
                for (int i = 0; i < 3; i++) {
                    assertEquals(expected[i], mean[i], 1e-4);
                }
                averages.swap(List.of(value));
                assertArrayEquals(last, Tensors.toFloats(value));
            }
        }
        assertEquals(kept, Tensors.kept());
    }

    /** In a training of n steps the start has hardly any weight left, however great the decay. */
    @Test
    void shortTrainingsForgetTheirStart() {
        for (int steps : new int[] {5, 20, 100}) {
            double start = 1;
            for (int t = 0; t < steps; t++) {
                start *= Averages.keeps(0.9999, t);
            }
            assertTrue(start < 1e-3, steps + " steps leave " + start);
        }
    }
}
