package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.meristem.engine.Tensors;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GramTest {

    /**
     * Of the largest entry. Products of bfloat16 numbers are summed in float32 and given as two bfloat16 numbers, 16 to 17 bits; 1e-4 would be missed by
     * far with one (2e-3).
     */
    @ParameterizedTest
    @CsvSource({"Float, 640, 1e-6", "Float, 24576, 5e-6", "BFloat16, 640, 2e-5", "BFloat16, 24576, 2e-5"})
    void equalsFloat64(ScalarType type, int features, double bound) {
        try (PointerScope scope = new PointerScope()) {
            Tensor x = torch.randn(16, features).add(torch.randn(1, features)).to(type);
            Tensor d = x.sub(x.narrow(0, 0, 1)).to(ScalarType.Double);
            double[] expected = Tensors.toDoubles(d.matmul(d.t()));
            double[] found = Tensors.toDoubles(Gram.of(x, null));
            double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
            assertArrayEquals(expected, found, bound * largest);
        }
    }

    @Test
    void dividesFeaturesByTheScaleOfTheirChannel() {
        try (PointerScope scope = new PointerScope()) {
            Tensor x = Tensors.of(new float[] {0, 0, 0, 0, 2, 8, 6, 16}, 2, 4);
            double[] found = Tensors.toDoubles(Gram.of(x, Tensors.of(new float[] {2, -4}, 2)));
            assertArrayEquals(new double[] {0, 0, 0, 1 + 4 + 9 + 16}, found);
            assertArrayEquals(new float[] {0, 0, 0, 0, 2, 8, 6, 16}, Tensors.toFloats(x));
        }
    }

    @ParameterizedTest
    @CsvSource({"Float", "BFloat16"})
    void isZeroWhereNothingVaries(ScalarType type) {
        try (PointerScope scope = new PointerScope()) {
            Tensor x = torch.randn(1, 50).expand(6, 50).contiguous().to(type);
            Tensor scale = torch.rand(10);
            assertEquals(
                    0,
                    Arrays.stream(Tensors.toDoubles(Gram.of(x, scale)))
                            .map(Math::abs)
                            .sum());
        }
    }
}
