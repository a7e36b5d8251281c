package io.meristem.op;

import io.meristem.engine.Precision;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * An operation that multiplies its input by one weight: a convolution or a linear map, the places where low-rank adapters sit.
 *
 * <p>Seen as a matrix the weight is (out, m) with {@code m = in/groups * kh * kw}. Grouped and depthwise convolutions are seen the same way.
 */
public sealed interface Weighted extends Op permits Conv2d, Linear {

    List<Long> weightShape();

    boolean bias();

    Init weightInit();

    Init biasInit();

    /** A word for people: {@code linear}, {@code pointwise}, {@code depthwise}, {@code grouped} or {@code conv}. */
    String kind();

    /** Whether each output sees only a part of the input's channels. */
    default boolean isGrouped() {
        return false;
    }

    /**
     * The operation's function with any weight.
     *
     * @param weight of the shape of {@link #weightShape}
     * @param bias (out), or null for none; all three of one dtype
     */
    Tensor apply(Tensor x, Tensor weight, Tensor bias);

    /**
     * Gradient of {@link #apply} for its input.
     *
     * @param g gradient of the output
     * @param x the input
     * @return of the shape and dtype of {@code x}
     */
    Tensor inputGradient(Tensor g, Tensor x, Tensor weight);

    /**
     * Gradient of {@link #apply} for its weight.
     *
     * @return of the weight's shape, in float32 or the dtype of {@code g}
     */
    Tensor weightGradient(Tensor g, Tensor x, Tensor weight);

    /** Gradient of {@link #apply} for its bias, (out). */
    Tensor biasGradient(Tensor g);

    @Override
    default List<Slot> slots() {
        long[] shape = weightShape().stream().mapToLong(Long::longValue).toArray();
        List<Slot> slots = new ArrayList<>();
        slots.add(Slot.of("weight", weightInit(), shape));
        if (bias()) {
            slots.add(Slot.of("bias", biasInit(), shape[0]));
        }
        return slots;
    }

    @Override
    default WeightedLayer layer(String name) {
        return new WeightedLayer(name, this);
    }

    @Override
    default Precision precision(List<Precision> inputs, Precision own) {
        return own;
    }

    @Override
    default Tensor forward(Frame frame, Tensor... inputs) {
        return ((WeightedLayer) frame.layer()).forward(frame, inputs[0]);
    }

    @Override
    default void gradient(Frame frame, Tensor g) {
        ((WeightedLayer) frame.layer()).gradient(frame, g);
    }

    /** Where the input is cast, the layer keeps what it is cast to. */
    @Override
    default boolean readsInput(int input, Outlook outlook) {
        return !outlook.casts();
    }

    @Override
    default long extraBytes(List<Shape> inputs, Shape output, Outlook outlook) {
        Shape in = inputs.get(0);
        long cast = outlook.casts() ? in.numbers() * outlook.bytes() : 0;
        return cast + outlook.hidden() * (output.numbers() / weightShape().get(0)) * outlook.bytes();
    }
}
