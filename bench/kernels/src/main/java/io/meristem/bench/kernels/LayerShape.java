package io.meristem.bench.kernels;

import io.meristem.op.Conv2d;
import io.meristem.op.Linear;
import io.meristem.op.Weighted;

/** Layers as they occur in the networks of the registry, with the side of the map that they get. */
public enum LayerShape {
    /** MobileNetV2, an early expansion. */
    POINTWISE_24_144_AT_56(24, 144, 1, 1, 1, 56),
    /** MobileNetV2, a projection. */
    POINTWISE_576_96_AT_14(576, 96, 1, 1, 1, 14),
    /** MobileNetV2. */
    DEPTHWISE_144_K3_AT_56(144, 144, 3, 1, 144, 56),
    /** MobileNetV2, the first with a stride. */
    DEPTHWISE_96_K3_S2_AT_112(96, 96, 3, 2, 96, 112),
    /** ConvNeXt's first stage. */
    DEPTHWISE_96_K7_AT_56(96, 96, 7, 1, 96, 56),
    /** RegNetY. */
    GROUPED_192_BY_3_AT_28(192, 192, 3, 1, 3, 28),
    /** AlexNet's third convolution. */
    DENSE_192_384_K3_AT_13(192, 384, 3, 1, 1, 13),
    /** ConvNeXt's third stage: linear, channels last. */
    LINEAR_384_1536_AT_14(384, 1536, 0, 1, 1, 14);

    private final int in;
    private final int out;
    private final int kernel;
    private final int stride;
    private final int groups;
    private final int side;

    /** @param kernel 0 for a linear layer */
    LayerShape(int in, int out, int kernel, int stride, int groups, int side) {
        this.in = in;
        this.out = out;
        this.kernel = kernel;
        this.stride = stride;
        this.groups = groups;
        this.side = side;
    }

    Weighted op() {
        return kernel == 0
                ? new Linear(in, out, false)
                : new Conv2d(in, out, kernel, stride, kernel / 2, groups, false);
    }

    /** (N, in, H, W) for a convolution, (N, H, W, in) for a linear layer. */
    long[] input(int batch) {
        return kernel == 0 ? new long[] {batch, side, side, in} : new long[] {batch, in, side, side};
    }
}
