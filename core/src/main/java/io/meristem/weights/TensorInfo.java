package io.meristem.weights;

import io.meristem.Limit;
import java.util.Arrays;
import java.util.List;

/** What a weights file says about one tensor. The sizes are non-negative and their product in bytes fits a long. */
public record TensorInfo(Dtype dtype, List<Long> shape) {

    /** @throws ArithmeticException when the size in bytes does not fit a long, whatever a zero elsewhere in the shape would make of it */
    public TensorInfo {
        shape = List.copyOf(shape);
        if (shape.size() > Limit.WEIGHTS_DIMENSIONS.value()) {
            throw new IllegalArgumentException("more dimensions than " + Limit.WEIGHTS_DIMENSIONS.words());
        }
        long bytes = dtype.bytes();
        for (long side : shape) {
            if (side < 0) {
                throw new IllegalArgumentException("the negative size " + side);
            }
            bytes = Math.multiplyExact(bytes, Math.max(1, side));
        }
    }

    public TensorInfo(Dtype dtype, long... shape) {
        this(dtype, Arrays.stream(shape).boxed().toList());
    }

    public long[] dims() {
        return shape.stream().mapToLong(Long::longValue).toArray();
    }

    public long numel() {
        return shape.stream().reduce(1L, (a, b) -> a * b);
    }

    public long bytes() {
        return numel() * dtype.bytes();
    }
}
