package io.meristem.tune;

import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * AdamW (Loshchilov and Hutter 2019) in the engine's one-pass kernel, which PyTorch calls {@code fused}. The C++ optimiser of the engine makes a dozen
 * passes over every tensor instead; on AlexNet's 57 million weights they took longer than the gradients. The presets have no method for the kernel,
 * so it is called by its name.
 */
final class FusedAdamw implements Optimiser.Rule {

    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final double EPS = 1e-8;

    /** What the optimiser knows of one tensor: running means of its gradient and of the gradient's square, laid out as it is. */
    private record Moments(Tensor tensor, Tensor mean, Tensor square) {}

    private final List<Moments> all;
    private final double weightDecay;
    private final Tensor steps;

    /** @param tensors float32 */
    FusedAdamw(List<Tensor> tensors, double weightDecay) {
        this.weightDecay = weightDecay;
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            steps = Tensors.keep(Engine.onDevice(torch.zeros(new long[0])));
            all = tensors.stream()
                    .map(tensor -> new Moments(
                            tensor, Tensors.keep(torch.zeros_like(tensor)), Tensors.keep(torch.zeros_like(tensor))))
                    .toList();
        }
    }

    /** Moves every tensor that has a gradient. */
    @Override
    public void step(double rate) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensors.inPlace(steps, steps.add_(new Scalar(1.0)));
            OperatorHandle kernel = Dispatcher.singleton().findSchemaOrThrow("aten::_fused_adamw_", "");
            GenericList[] lists =
                    new GenericList[6]; // tensors, gradients, means, squares, greatest squares (unused), steps
            for (int i = 0; i < lists.length; i++) {
                lists[i] = new GenericList(
                        kernel.schema().arguments().getPointer(i).type().get().containedType(0));
            }
            for (Moments moments : all) {
                Tensor gradient = moments.tensor.grad();
                if (gradient.defined()) {
                    lists[0].push_back(new IValue(moments.tensor));
                    lists[1].push_back(new IValue(laidOutAs(moments.tensor, gradient)));
                    lists[2].push_back(new IValue(moments.mean));
                    lists[3].push_back(new IValue(moments.square));
                    lists[5].push_back(new IValue(steps));
                }
            }
            IValueVector stack = new IValueVector();
            for (GenericList list : lists) {
                stack.push_back(new IValue(list));
            }
            for (double value : new double[] {rate, BETA1, BETA2, weightDecay, EPS}) {
                stack.push_back(new IValue(value));
            }
            stack.push_back(new IValue(false)); // amsgrad
            stack.push_back(new IValue(false)); // maximize
            stack.push_back(new IValue()); // grad_scale
            stack.push_back(new IValue()); // found_inf
            kernel.callBoxed(stack);
        }
    }

    /** The kernel reads memory in order and does not look at strides. */
    private static Tensor laidOutAs(Tensor tensor, Tensor gradient) {
        boolean same = tensor.is_contiguous() && gradient.is_contiguous()
                || tensor.dim() == 4
                        && tensor.is_contiguous(torch.MemoryFormat.ChannelsLast)
                        && gradient.is_contiguous(torch.MemoryFormat.ChannelsLast);
        if (same) {
            return gradient;
        }
        Tensor copy = torch.empty_like(tensor);
        return Tensors.inPlace(copy, copy.copy_(gradient));
    }

    @Override
    public void close() {
        Tensors.free(steps);
        for (Moments moments : all) {
            Tensors.free(moments.mean);
            Tensors.free(moments.square);
        }
    }
}
