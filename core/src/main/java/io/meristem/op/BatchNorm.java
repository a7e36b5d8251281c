package io.meristem.op;

import io.meristem.engine.Tensors;
import java.util.List;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Batch normalisation of (N, C, H, W) per channel: {@code (x - mean) / sqrt(var + eps) * weight + bias}.
 *
 * <p>Tensors: weight (C), bias (C), buffers running_mean (C), running_var (C). Which mean and variance are used is the layer's {@link BatchNormLayer.Mode}, set from
 * outside: fine-tuning normally keeps the pretrained ones. The counter num_batches_tracked of PyTorch's layer has no counterpart: it only matters
 * without a momentum, and no family here goes without.
 *
 * @param scaleInit of the weight: 0 makes a residual branch start as nothing
 */
public record BatchNorm(int channels, double eps, Init scaleInit) implements Op {

    public BatchNorm(int channels) {
        this(channels, 1e-5);
    }

    public BatchNorm(int channels, double eps) {
        this(channels, eps, Init.constant(1));
    }

    @Override
    public List<Slot> slots() {
        return List.of(
                Slot.of("weight", scaleInit, channels),
                Slot.of("bias", Init.constant(0), channels),
                Slot.buffer("running_mean", Init.constant(0), channels),
                Slot.buffer("running_var", Init.constant(1), channels));
    }

    @Override
    public BatchNormLayer layer(String name) {
        return new BatchNormLayer(name, this);
    }

    @Override
    public Shape shape(List<Shape> inputs) {
        Shape x = inputs.get(0).requireRank(3, "a batch normalisation");
        if (x.size(0) != channels) {
            throw new IllegalArgumentException("a batch normalisation of " + channels + " channels does not take " + x);
        }
        return x;
    }

    /** What the backward pass needs to know of the forward pass. */
    private record Memo(boolean track, boolean whole) {}

    @Override
    public Tensor forward(Frame frame, Tensor... inputs) {
        BatchNormLayer layer = (BatchNormLayer) frame.layer();
        Tensor x = inputs[0];
        boolean track = layer.tracks();
        if (!frame.flows()) {
            return torch.batch_norm(
                    x,
                    of(layer.weight()),
                    of(layer.bias()),
                    of(layer.runningMean()),
                    of(layer.runningVar()),
                    track,
                    layer.momentum(),
                    eps,
                    false);
        }
        T_TensorTensorTensor_T result = torch.native_batch_norm(
                x,
                of(layer.weight()),
                of(layer.bias()),
                of(layer.runningMean()),
                of(layer.runningVar()),
                track,
                frame.replays() ? 0 : layer.momentum(),
                eps);
        Tensor batchMean = Tensors.own(result.get1());
        Tensor inverseDeviation = Tensors.own(result.get2());
        boolean whole = track || layer.learns();
        frame.remember(new Memo(track, whole));
        if (whole) {
            frame.save(batchMean, inverseDeviation);
        } else {
            frame.save(layer.scale().to(x.scalar_type()).view(1, -1, 1, 1));
        }
        return Tensors.own(result.get0());
    }

    @Override
    public void gradient(Frame frame, Tensor g) {
        BatchNormLayer layer = (BatchNormLayer) frame.layer();
        Memo memo = (Memo) frame.memo();
        if (!memo.whole) {
            Tensor scale = frame.saved(0);
            frame.give(0, frame.mine() ? Tensors.inPlace(g, g.mul_(scale)) : g.mul(scale));
            return;
        }
        boolean ofWeight = layer.weight().trains();
        boolean ofBias = layer.bias().trains();
        T_TensorTensorTensor_T gradients = torch.native_batch_norm_backward(
                g,
                frame.input(0),
                of(layer.weight()),
                of(layer.runningMean()),
                of(layer.runningVar()),
                new TensorOptional(frame.saved(0)),
                new TensorOptional(frame.saved(1)),
                memo.track,
                eps,
                GradientMask.of(frame.through(0), ofWeight, ofBias));
        if (ofWeight) {
            layer.weight().setGradient(gradients.get1());
        }
        if (ofBias) {
            layer.bias().setGradient(gradients.get2());
        }
        if (frame.through(0)) {
            frame.give(0, Tensors.own(gradients.get0()));
        }
    }

    /** With fixed statistics and nothing that trains the gradient is multiplied by the scale, whatever the input was. */
    @Override
    public boolean readsInput(int input, Outlook outlook) {
        return outlook.trains() || outlook.tracks();
    }

    private static TensorOptional of(Param param) {
        return new TensorOptional(param.value());
    }

    @Override
    public <R> R accept(OpVisitor<R> visitor) {
        return visitor.visit(this);
    }
}
