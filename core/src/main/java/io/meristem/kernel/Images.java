package io.meristem.kernel;

import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The memory of a tensor (N, C, H, W) that is dense in channels-last layout, image after image, in bfloat16 or float32; one of the two arrays is
 * null. Good only as long as the tensor lives.
 */
record Images(ShortBuffer[] halves, FloatBuffer[] floats, int count, int channels, int height, int width) {

    static Images of(Tensor tensor) {
        int n = Math.toIntExact(tensor.size(0));
        boolean half = tensor.scalar_type().intern() == ScalarType.BFloat16;
        int channels = Math.toIntExact(tensor.size(1));
        int height = Math.toIntExact(tensor.size(2));
        int width = Math.toIntExact(tensor.size(3));
        long size = (long) channels * height * width;
        ShortBuffer[] halves = half ? new ShortBuffer[n] : null;
        FloatBuffer[] floats = half ? null : new FloatBuffer[n];
        try (Pointer data = tensor.data_ptr()) {
            for (int i = 0; i < n; i++) {
                if (half) {
                    try (ShortPointer image = new ShortPointer(data)) {
                        halves[i] =
                                image.limit((i + 1) * size).position(i * size).asBuffer();
                    }
                } else {
                    try (FloatPointer image = new FloatPointer(data)) {
                        floats[i] =
                                image.limit((i + 1) * size).position(i * size).asBuffer();
                    }
                }
            }
        }
        return new Images(halves, floats, n, channels, height, width);
    }
}
