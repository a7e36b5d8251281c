package io.meristem.op;

import io.meristem.engine.ComputeDevice;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import java.util.List;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Layer normalisation over the channels: {@code (x - mean) / sqrt(var + eps) * weight + bias}, mean and variance per position.
 *
 * <p>Tensors: weight (C), bias (C). Input and output (N, ..., C).
 */
public record LayerNorm(int channels, double eps) implements Op {

    @Override
    public List<Slot> slots() {
        return List.of(Slot.of("weight", Init.constant(1), channels), Slot.of("bias", Init.constant(0), channels));
    }

    @Override
    public Shape shape(List<Shape> inputs) {
        Shape x = inputs.get(0);
        if (x.size(-1) != channels) {
            throw new IllegalArgumentException("a layer normalisation of " + channels + " channels does not take " + x);
        }
        return x;
    }

    /** The engine's kernels for GPUs want parameters of the input's type; those for CPUs take float32 beside bfloat16, which rounds less. */
    private static TensorOptional beside(Param parameter, Tensor x) {
        Tensor value = parameter.value();
        return new TensorOptional(Engine.device() == ComputeDevice.CUDA ? value.to(x.scalar_type()) : value);
    }

    @Override
    public Tensor forward(Frame frame, Tensor... inputs) {
        Tensor x = inputs[0];
        TensorOptional w = beside(frame.layer().params().get("weight"), x);
        TensorOptional b = beside(frame.layer().params().get("bias"), x);
        long[] shape = {channels};
        if (!frame.flows()) {
            return torch.layer_norm(x, shape, w, b, eps, true);
        }
        T_TensorTensorTensor_T result = torch.native_layer_norm(x, shape, w, b, eps);
        frame.save(Tensors.own(result.get1()), Tensors.own(result.get2()));
        return Tensors.own(result.get0());
    }

    @Override
    public void gradient(Frame frame, Tensor g) {
        Param weight = frame.layer().params().get("weight");
        Param bias = frame.layer().params().get("bias");
        boolean ofWeight = weight.trains();
        boolean ofBias = bias.trains();
        Tensor x = frame.input(0);
        T_TensorTensorTensor_T gradients = torch.native_layer_norm_backward(
                g,
                x,
                new long[] {channels},
                frame.saved(0),
                frame.saved(1),
                beside(weight, x),
                beside(bias, x),
                GradientMask.of(frame.through(0), ofWeight, ofBias));
        if (ofWeight) {
            weight.setGradient(gradients.get1());
        }
        if (ofBias) {
            bias.setGradient(gradients.get2());
        }
        if (frame.through(0)) {
            frame.give(0, Tensors.own(gradients.get0()));
        }
    }

    @Override
    public boolean readsInput(int input, Outlook outlook) {
        return true;
    }

    @Override
    public <R> R accept(OpVisitor<R> visitor) {
        return visitor.visit(this);
    }
}
