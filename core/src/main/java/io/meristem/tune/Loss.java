package io.meristem.tune;

import io.meristem.engine.Tensors;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * The mean cross entropy of a batch.
 *
 * @param gradient of the logits, (N, classes); owned by the caller's scope
 */
record Loss(double value, Tensor gradient) {

    private static final int NO_IGNORED_CLASS = -100;

    /**
     * @param logits (N, classes)
     * @param labels (N), int64
     * @param classWeights (classes), or null
     * @param smoothing label smoothing in [0, 1)
     */
    static Loss of(Tensor logits, Tensor labels, Tensor classWeights, double smoothing) {
        try (AutoGradMode on = new AutoGradMode(true)) {
            Tensor leaf = logits.detach().requires_grad_(true);
            Tensor loss = torch.cross_entropy_loss(
                    leaf,
                    labels,
                    classWeights == null ? new TensorOptional() : new TensorOptional(classWeights),
                    torch.Reduction.Mean.value,
                    NO_IGNORED_CLASS,
                    smoothing);
            loss.backward();
            return new Loss(loss.item_double(), Tensors.own(leaf.grad()));
        }
    }
}
