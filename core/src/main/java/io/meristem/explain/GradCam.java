package io.meristem.explain;

import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import io.meristem.nn.Network;
import io.meristem.nn.Tape;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Grad-CAM (Selvaraju et al. 2017, equations 1 and 2): with A the last map of features (C, h, w) and y the class's logit, channel k weighs
 * {@code w_k = mean over positions of dy/dA_k}, and the map is {@code max(0, sum over k of w_k A_k)}. One forward pass, and a backward pass through what
 * follows the features.
 */
final class GradCam implements Explainer {

    private static final long[] POSITIONS = {2, 3};

    private final Network network;
    private final CoarseMap.Cells cells;

    /** @param network in evaluation mode, nothing in it training; stays the caller's */
    GradCam(Network network) {
        this.network = network;
        this.cells = CellGauge.measure(network);
    }

    @Override
    public Explanation[] explain(Tensor images, int[] labels) {
        Tensor[] features = {null};
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Tape tape = new Tape(false, false)) {
            Tensor logits = network.forward(
                    images,
                    tape,
                    map -> features[0] = Tensors.keep(Precision.FP32.of(map).clone()));
            Answers answers = Answers.of(logits, labels);
            Tensor gradient = Precision.FP32.of(tape.backward(Engine.onDevice(answers.oneHot())));
            Tensor weights = gradient.mean(POSITIONS, true, new ScalarTypeOptional()); // (N, C, 1, 1)
            return answers.with(torch.relu(features[0].mul(weights).sum(1)), cells); // (N, h, w)
        } finally {
            Tensors.free(features[0]);
        }
    }
}
