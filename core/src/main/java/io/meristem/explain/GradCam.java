package io.meristem.explain;

import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.execute.Execution;
import io.meristem.execute.Network;
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
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Execution run = network.fromFeatures()) {
            Tensor logits = run.forward(images);
            Tensor features = Precision.FP32.of(run.value(network.features().node())); // (N, C, h, w)
            BatchAnswers answers = BatchAnswers.of(logits, labels);
            Tensor gradient = Precision.FP32.of(run.backward(Engine.onDevice(answers.oneHot())));
            Tensor weights = gradient.mean(POSITIONS, true, new ScalarTypeOptional()); // (N, C, 1, 1)
            return answers.with(torch.relu(features.mul(weights).sum(1)), cells); // (N, h, w)
        }
    }
}
