package io.meristem.weights;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The element types that a weights file may hold, under their safetensors names. */
public enum Dtype {
    F64(8, ScalarType.Double, true),
    F32(4, ScalarType.Float, true),
    F16(2, ScalarType.Half, true),
    BF16(2, ScalarType.BFloat16, true),
    I64(8, ScalarType.Long, false),
    I32(4, ScalarType.Int, false),
    I16(2, ScalarType.Short, false),
    I8(1, ScalarType.Char, false),
    U8(1, ScalarType.Byte, false),
    BOOL(1, ScalarType.Bool, false);

    private final int bytes;
    private final ScalarType scalar;
    private final boolean floating;

    Dtype(int bytes, ScalarType scalar, boolean floating) {
        this.bytes = bytes;
        this.scalar = scalar;
        this.floating = floating;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** The engine's name for the type. */
    public ScalarType scalar() {
        return scalar;
    }

    public boolean isFloating() {
        return floating;
    }

    /**
     * The type of a tensor of the engine.
     *
     * @throws InputException when the type has no place in a weights file, such as a complex one
     */
    public static Dtype of(ScalarType scalar) {
        for (Dtype dtype : values()) {
            if (dtype.scalar.value == scalar.value) {
                return dtype;
            }
        }
        throw new InputException(
                ErrorCode.UNSUPPORTED, "tensors of type %s cannot be stored; convert them to float32 first", scalar);
    }

    /** The type with that safetensors name, or null. */
    static Dtype named(String name) {
        for (Dtype dtype : values()) {
            if (dtype.name().equals(name)) {
                return dtype;
            }
        }
        return null;
    }
}
