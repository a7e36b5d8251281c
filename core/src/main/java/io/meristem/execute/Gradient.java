package io.meristem.execute;

import io.meristem.engine.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/**
 * The gradient of one value, as far as it has been added up. A product, and what is one number for each channel, are not computed until they must be: as a rule the two come
 * together, from a gate and the mean that it is made of, and are one operation.
 */
final class Gradient {

    /** Memory that gradients share; it may be overwritten when one alone has it. */
    static final class Memory {
        private int holders;

        /** Of somebody else, never overwritten. */
        static Memory foreign() {
            Memory memory = new Memory();
            memory.holders = 1;
            return memory;
        }
    }

    private Memory memory;
    private Tensor whole;
    private Tensor a;
    private Tensor b;
    private Tensor spread;
    private long[] shape;

    private void setWhole(Tensor tensor, Memory of) {
        whole = Tensors.keep(tensor);
        memory = of;
        memory.holders++;
    }

    /** Adds {@code gradient}, which lies in {@code of}. */
    void add(Tensor gradient, Memory of) {
        if (whole != null) {
            Tensor sum;
            if (memory.holders == 1) {
                sum = Tensors.inPlace(whole, whole.add_(gradient));
            } else if (of.holders == 0) {
                sum = Tensors.inPlace(gradient, gradient.add_(whole));
            } else {
                sum = whole.add(gradient);
            }
            replace(sum);
        } else if (a != null) {
            replace(torch.addcmul(gradient, a, b));
        } else if (spread != null) {
            replace(gradient.add(spread));
        } else {
            setWhole(gradient, of);
        }
    }

    /** Adds {@code x * y}, whose first factor lies in {@code of}; they stay in use until the product is computed. */
    void addProduct(Tensor x, Tensor y, Memory of) {
        if (a != null) {
            compute();
        }
        if (whole != null || spread != null) {
            replace(torch.addcmul(whole != null ? whole : spread, x, y));
        } else {
            a = Tensors.keep(x);
            b = Tensors.keep(y);
            memory = of;
            memory.holders++;
        }
    }

    /** Adds {@code perChannel} (N, C, 1, 1) at each position of a value of that shape. */
    void addSpread(Tensor perChannel, long[] ofShape) {
        if (a != null) {
            replace(torch.addcmul(perChannel, a, b));
        } else if (whole != null) {
            replace(whole.add(perChannel));
        } else {
            Tensor sum = Tensors.keep(spread == null ? perChannel : spread.add(perChannel));
            Tensors.free(spread);
            spread = sum;
            shape = ofShape.clone();
        }
    }

    /** In a tensor of its own, or the one that there is. */
    private void replace(Tensor sum) {
        Tensor kept = Tensors.keep(sum);
        free();
        whole = kept;
        memory = new Memory();
        memory.holders = 1;
    }

    private void compute() {
        if (a != null) {
            replace(a.mul(b));
        } else if (spread != null) {
            replace(spread.expand(shape).contiguous(MemoryFormat.ChannelsLast));
        }
    }

    /** The gradient as a tensor, which this owns. */
    Tensor tensor() {
        compute();
        return whole;
    }

    /** Whether nobody else reads the memory of {@link #tensor}. */
    boolean mine() {
        return memory.holders == 1;
    }

    /** What {@link #tensor} lies in. */
    Memory memory() {
        return memory;
    }

    /** {@link #memory}, of which this is no longer a holder where {@link #tensor} is handed over to another gradient; free this then. */
    Memory handOver() {
        Memory handed = new Memory();
        handed.holders = memory.holders - 1;
        return handed;
    }

    void free() {
        Tensors.free(whole);
        Tensors.free(a);
        Tensors.free(b);
        Tensors.free(spread);
        whole = null;
        a = null;
        b = null;
        spread = null;
        if (memory != null) {
            memory.holders--;
            memory = null;
        }
    }
}
