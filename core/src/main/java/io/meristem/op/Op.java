package io.meristem.op;

import io.meristem.engine.Precision;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * An operation of a network: plain data that says what the operation is, and in the same file everything that is to know of it. Nothing else in the library knows a
 * particular operation, but for the writer of ONNX files.
 *
 * <p>To add one: a record here, its name in {@code permits}, and what the compiler then finds missing. An operation without a gradient of its own implements
 * {@link Differentiated}.
 */
public sealed interface Op
        permits Activation,
                Add,
                AddScaled,
                BatchNorm,
                ChannelShuffle,
                ChannelSlice,
                Channels,
                Concat,
                Differentiated,
                Dropout,
                Flatten,
                Gate,
                GlobalPool,
                Input,
                LayerNorm,
                MaxPool,
                Mean,
                Parameter,
                Weighted {

    /**
     * The shape rule.
     *
     * @param inputs of one photo each
     * @throws IllegalArgumentException when the operation does not take such inputs
     */
    Shape shape(List<Shape> inputs);

    /** The tensors that a node of this operation owns, in the home library's order. */
    default List<Slot> slots() {
        return List.of();
    }

    /** What a network keeps for a node of this operation. */
    default Layer layer(String name) {
        return new Layer(name, this);
    }

    /**
     * The operation's function.
     *
     * @return owned by the current scope; the first input itself, overwritten, where {@link Frame#overwrites}
     */
    Tensor forward(Frame frame, Tensor... inputs);

    /**
     * Hands on the gradient: to the inputs that {@link Frame#through} names, by {@link Frame#give}, and to the node's own tensors that train.
     *
     * @param g gradient of the output; it may be overwritten where {@link Frame#mine}
     */
    void gradient(Frame frame, Tensor g);

    /** Whether {@link #gradient} reads an input. Decided before anything runs. */
    default boolean readsInput(int input, Outlook outlook) {
        return false;
    }

    /** Whether {@link #gradient} reads the output. */
    default boolean readsOutput(Outlook outlook) {
        return false;
    }

    /** Whether the operation can compute its output into the memory of its first input. */
    default boolean canOverwrite() {
        return false;
    }

    /** Whether the output may be another view of the first input's memory, or of the network's. */
    default boolean isView() {
        return false;
    }

    /** Whether the gradients handed on may be views of the memory of the one that comes in. */
    default boolean sharesGradient() {
        return isView();
    }

    /** Whether the output is computed again for whose gradient reads it, rather than kept: for what is large and cheap to compute from inputs that are kept anyway. */
    default boolean isCheap() {
        return false;
    }

    /**
     * What the output is in.
     *
     * @param inputs what the inputs are in
     * @param own what the node computes in, where it has a say
     */
    default Precision precision(List<Precision> inputs, Precision own) {
        return inputs.get(0);
    }

    /** Bytes of one photo that are kept for {@link #gradient} beside inputs and output. */
    default long extraBytes(List<Shape> inputs, Shape output, Outlook outlook) {
        return 0;
    }

    /**
     * Bytes of one photo that the operation takes while it runs, forward or back, and gives back at its end: copies of its input that kernels of the engine need.
     *
     * @param bytesPerNumber of the input
     */
    default long passingBytes(List<Shape> inputs, int bytesPerNumber) {
        return 0;
    }

    /** Hands this operation to the method of its kind. */
    <R> R accept(OpVisitor<R> visitor);
}
