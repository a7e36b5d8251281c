package io.meristem.nn;

/**
 * The operations that networks are made of in evaluation, for whoever wants them as a graph instead of computing them: {@link Layer#describe} calls
 * them in order. Values are images (N, C, H, W), maps (N, H, W, C) or rows (N, C).
 *
 * @param <V> what stands for a tensor
 */
public interface GraphOps<V> {

    /** A block that training may compute a second time begins. */
    default void enterBlock(V x) {}

    /** The innermost block ends. */
    default void leaveBlock(V y) {}

    /** @param x (N, in, H, W) */
    V conv(V x, Conv2d layer);

    /** @param x rows, or a map, of the layer's inputs in the last dimension */
    V linear(V x, Linear layer);

    /** The running statistics' normalisation. @param x (N, C, H, W) */
    V batchNorm(V x, BatchNorm2d layer);

    /** Over the last dimension. */
    V layerNorm(V x, LayerNorm layer);

    V activation(V x, Activation function);

    V add(V a, V b);

    /** Each channel times its gate. @param x (N, C, H, W) @param gate (N, C, 1, 1) */
    V gate(V x, V gate);

    /** Each channel times its scale. @param x (N, C, H, W) @param scale (C) */
    V scale(V x, Param scale);

    /** The mean over all positions: (N, C, H, W) to (N, C, 1, 1). */
    V mean(V x);

    /** Means over a grid of {@code side} x {@code side} windows, as even as the positions allow: cell i is from floor(i H / side) to ceil((i + 1) H / side). */
    V gridMeans(V x, int side);

    /** The largest of each window that lies inside whole: (N, C, H, W) to (N, C, (H - kernel) / stride + 1, (W - kernel) / stride + 1). */
    V maxPool(V x, int kernel, int stride);

    /** (N, C, H, W) to rows (N, C H W). */
    V flatten(V x);

    /** (N, C, H, W) to (N, H, W, C). */
    V channelsLast(V x);

    /** (N, H, W, C) to (N, C, H, W). */
    V channelsFirst(V x);
}
