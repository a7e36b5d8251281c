package io.meristem.weights;

import java.util.Arrays;
import java.util.List;

/** What a weights file says about one tensor. The sizes are non-negative and their product in bytes fits a long. */
public record TensorInfo(Dtype dtype, List<Long> shape) {

    /** More dimensions than any tensor of a network has. */
    static final int MAX_DIMENSIONS = 16;

    /** Of one file, ten times those of the largest network here. The system property {@value #MAX_TENSORS_PROPERTY} overrides it. */
    public static final int MAX_TENSORS = 100_000;

    /** Name of the system property that sets {@link #MAX_TENSORS}. */
    public static final String MAX_TENSORS_PROPERTY = "meristem.weights.maxTensors";

    /** {@link #MAX_TENSORS}, or what the property says. */
    static int mostTensors() {
        return Math.max(1, Integer.getInteger(MAX_TENSORS_PROPERTY, MAX_TENSORS));
    }

    /** @throws ArithmeticException when the size in bytes does not fit a long, whatever a zero elsewhere in the shape would make of it */
    public TensorInfo {
        shape = List.copyOf(shape);
        if (shape.size() > MAX_DIMENSIONS) {
            throw new IllegalArgumentException("more than " + MAX_DIMENSIONS + " dimensions");
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
