package io.meristem.tune;

import java.util.List;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.Type;

/**
 * One of the engine's kernels that move many tensors in one pass, which PyTorch calls fused. The optimisers of its C++ side make up to a dozen passes
 * over every tensor instead, which takes five times as long. The presets have no methods for the kernels, so they are called by name.
 */
final class FusedKernel {

    private final String name;
    private Type.TypePtr element;

    /** @param name as registered, with its name space */
    FusedKernel(String name) {
        this.name = name;
    }

    /**
     * Runs the kernel; the current scope gets what the call needs.
     *
     * @param lists the kernel's lists of tensors, in its order; tensors of one place must lie in memory alike, since it does not look at strides
     * @param values the numbers and switches that follow, in its order: Double or Boolean
     */
    void run(List<List<Tensor>> lists, Object... values) {
        OperatorHandle kernel = Dispatcher.singleton().findSchemaOrThrow(name, "");
        IValueVector stack = new IValueVector();
        for (int i = 0; i < lists.size(); i++) {
            GenericList list = new GenericList(element(kernel));
            lists.get(i).forEach(tensor -> list.push_back(new IValue(tensor)));
            stack.push_back(new IValue(list));
        }
        for (Object value : values) {
            stack.push_back(value instanceof Double number ? new IValue(number) : new IValue((boolean) value));
        }
        stack.push_back(new IValue()); // grad_scale
        stack.push_back(new IValue()); // found_inf
        kernel.callBoxed(stack);
    }

    /**
     * What the kernel's lists hold, tensors. Asked for once and kept: the list of a schema's arguments that the presets hand out is a copy of 3 KB that nobody
     * frees.
     */
    private synchronized Type.TypePtr element(OperatorHandle kernel) {
        if (element == null) {
            element = kernel.schema().arguments().getPointer(0).type().get().containedType(0);
            element.retainReference();
        }
        return element;
    }
}
