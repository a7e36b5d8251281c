package io.meristem.op;

import io.meristem.engine.Tensors;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;

/**
 * An operation without a gradient of its own: the engine differentiates it, and nothing around it. Its inputs are kept, and it is computed again when the gradient comes
 * by, which is what such an operation costs. It owns no tensors.
 */
public sealed interface Differentiated extends Op permits Attention, GridMeans {

    /** The operation's function, which the engine can differentiate. */
    Tensor compute(Tensor... inputs);

    @Override
    default Tensor forward(Frame frame, Tensor... inputs) {
        return compute(inputs);
    }

    @Override
    default void gradient(Frame frame, Tensor g) {
        try (AutoGradMode on = new AutoGradMode(true)) {
            int count = inputs();
            Tensor[] leaves = new Tensor[count];
            for (int i = 0; i < count; i++) {
                leaves[i] = frame.input(i).detach().requires_grad_(frame.through(i));
            }
            compute(leaves).backward(g, new BoolOptional(), false, new TensorArrayRefOptional());
            for (int i = 0; i < count; i++) {
                if (frame.through(i)) {
                    frame.give(i, Tensors.own(leaves[i].grad()));
                }
            }
        }
    }

    /** How many inputs there are. */
    default int inputs() {
        return 1;
    }

    @Override
    default boolean readsInput(int input, Outlook outlook) {
        return true;
    }
}
