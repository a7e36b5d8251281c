package io.meristem.tune;

import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.op.BatchNormLayer;
import io.meristem.workers.GradientExchange;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * What the workers of a training add up in a step, in one exchange of one flat float32 buffer: the gradients of all that trains, for each of these tensors whether it has
 * one, the loss, the photos that were right, and where batch normalisation takes its statistics from the photos its running statistics.
 *
 * <p>Each worker's gradients are those of its share of the mean over the whole batch, so their sum is the gradient of the whole batch. Statistics are averaged, each
 * worker's with its share of the photos.
 */
final class GradientSum {

    /** Beside the gradients and their flags: the loss and the right photos. */
    private static final int FIGURES = 2;

    private final GradientExchange exchange;
    private final Network network;
    private final boolean statistics;

    /** @param statistics whether running statistics follow the photos */
    GradientSum(GradientExchange exchange, Network network, boolean statistics) {
        this.exchange = exchange;
        this.network = network;
        this.statistics = statistics;
    }

    /**
     * Gives every tensor the gradient of the whole batch.
     *
     * @param here what this worker's share gave: the part of the loss that is its, and its right photos
     * @param photos this worker's share of the batch's photos, in [0, 1]
     * @param tensors all that trains, with this worker's gradients
     * @return of the whole batch, the same bits on all workers
     */
    Stepper.Outcome sum(Stepper.Outcome here, double photos, List<Tensor> tensors) {
        if (exchange.alone()) {
            return here;
        }
        try (PointerScope scope = new PointerScope()) {
            List<Tensor> buffers = statistics ? buffers() : List.of();
            Tensor flat = flat(here, photos, tensors, buffers);
            exchange.sum(flat);
            return spread(flat, tensors, buffers);
        }
    }

    private List<Tensor> buffers() {
        List<Tensor> buffers = new ArrayList<>();
        for (BatchNormLayer norm : network.batchNorms().values()) {
            buffers.add(norm.runningMean().value());
            buffers.add(norm.runningVar().value());
        }
        return buffers;
    }

    private static Tensor flat(Stepper.Outcome here, double photos, List<Tensor> tensors, List<Tensor> buffers) {
        TensorVector parts = new TensorVector();
        float[] figures = new float[tensors.size() + FIGURES];
        for (int i = 0; i < tensors.size(); i++) {
            Tensor gradient = tensors.get(i).grad();
            boolean any = gradient.defined();
            figures[i] = any ? 1 : 0;
            parts.push_back(
                    any
                            ? gradient.reshape(-1)
                            : torch.zeros_like(tensors.get(i)).reshape(-1));
        }
        figures[tensors.size()] = (float) here.loss();
        figures[tensors.size() + 1] = here.right();
        parts.push_back(Engine.onDevice(Tensors.of(figures, figures.length)));
        for (Tensor buffer : buffers) {
            parts.push_back(buffer.mul(new Scalar(photos)));
        }
        return torch.cat(parts);
    }

    private static Stepper.Outcome spread(Tensor flat, List<Tensor> tensors, List<Tensor> buffers) {
        long at = tensors.stream().mapToLong(Tensor::numel).sum();
        int count = tensors.size() + FIGURES;
        float[] figures = Tensors.toFloats(flat.narrow(0, at, count));
        long from = 0;
        for (int i = 0; i < tensors.size(); i++) {
            Tensor tensor = tensors.get(i);
            if (figures[i] > 0) {
                Tensor gradient = torch.empty_like(tensor);
                Tensors.inPlace(
                        gradient,
                        gradient.copy_(flat.narrow(0, from, tensor.numel()).reshape(tensor.shape())));
                tensor.mutable_grad().put(gradient);
            }
            from += tensor.numel();
        }
        at += count;
        for (Tensor buffer : buffers) {
            Tensors.inPlace(buffer, buffer.copy_(flat.narrow(0, at, buffer.numel())));
            at += buffer.numel();
        }
        return new Stepper.Outcome(figures[tensors.size()], Math.round(figures[tensors.size() + 1]));
    }
}
