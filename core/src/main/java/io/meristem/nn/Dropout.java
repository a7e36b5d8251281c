package io.meristem.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Zeroes each value with probability {@code p} and scales the rest by {@code 1 / (1 - p)} while training; hands its input on otherwise. */
public final class Dropout extends Layer {

    private final double p;
    private boolean training;

    public Dropout(double p) {
        this.p = p;
    }

    @Override
    public void train(boolean on) {
        training = on;
    }

    @Override
    public Tensor forward(Tensor x) {
        return training ? torch.dropout(x, p, true) : x;
    }
}
