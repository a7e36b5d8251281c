package io.meristem.engine;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What activations and frozen weights are computed in. Trained numbers, their gradients and the optimiser are float32 either way. */
public enum Precision {
    /** float32 throughout. */
    FP32(ScalarType.Float),
    /** bfloat16: the exponent of float32 with 8 bits of precision. Half the memory, and about twice the speed where the processor multiplies it. */
    BF16(ScalarType.BFloat16);

    private final ScalarType type;

    Precision(ScalarType type) {
        this.type = type;
    }

    /** BF16 where the device multiplies it natively, else FP32. */
    public static Precision best() {
        return Engine.multipliesBf16() ? BF16 : FP32;
    }

    public ScalarType type() {
        return type;
    }

    /** Of a number. */
    public int bytes() {
        return this == FP32 ? Float.BYTES : Short.BYTES;
    }

    /** {@code tensor} itself when it has this precision, else a copy that the current scope owns. */
    public Tensor of(Tensor tensor) {
        return tensor.scalar_type().intern() == type ? tensor : tensor.to(type);
    }
}
