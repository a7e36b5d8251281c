package io.meristem.nn;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * Scales each channel by a gate computed from all channels' means (Hu et al. 2018): {@code x * sigmoid(fc2(relu(fc1(mean(x)))))}.
 *
 * <p>Shapes: input and output (N, C, H, W); fc1 and fc2 are pointwise convolutions C to {@code reduced} and back, on (N, C, 1, 1).
 */
final class SqueezeExcite extends Layer {

    private static final long[] POSITIONS = {2, 3};

    private final Conv2d fc1;
    private final Conv2d fc2;

    SqueezeExcite(Conv2d fc1, Conv2d fc2) {
        this.fc1 = child("fc1", fc1);
        this.fc2 = child("fc2", fc2);
    }

    @Override
    public Tensor forward(Tensor x) {
        Tensor mean = x.mean(POSITIONS, true, new ScalarTypeOptional((Pointer) null)); // (N, C, 1, 1)
        Tensor gate = Activation.SIGMOID.apply(fc2.forward(Activation.RELU.apply(fc1.forward(mean))));
        return x.requires_grad() ? x.mul(gate) : x.mul_(gate);
    }
}
