package io.meristem.op;

/**
 * Tells operations apart, for a reader of graphs that must know each: the compiler lists what it lacks when an operation is added.
 *
 * @param <R> what it makes of an operation
 */
public interface OpVisitor<R> {

    R visit(Activation op);

    R visit(Add op);

    R visit(AddScaled op);

    R visit(Attention op);

    R visit(BatchNorm op);

    R visit(ChannelShuffle op);

    R visit(ChannelSlice op);

    R visit(Channels op);

    R visit(Concat op);

    R visit(Conv2d op);

    R visit(Dropout op);

    R visit(Flatten op);

    R visit(Gate op);

    R visit(GlobalPool op);

    R visit(GridMeans op);

    R visit(Input op);

    R visit(LayerNorm op);

    R visit(Linear op);

    R visit(MaxPool op);

    R visit(Mean op);

    R visit(Parameter op);
}
