package io.meristem.nn;

import org.bytedeco.pytorch.Tensor;

/** The mean over all positions: (N, C, H, W) to (N, C). */
final class GlobalPool extends Layer {

    @Override
    public Tensor forward(Tensor x) {
        return x.mean(2, 3);
    }
}
