package io.meristem.op;

import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.engine.Seeds;
import io.meristem.engine.Tensors;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * One tensor of a layer: a shape from the definition on, a float32 tensor once its network is {materialised}. So
 * sizes can be counted without memory and without the engine.
 */
public final class Param {

    private final long[] shape;
    private final Init init;
    private final boolean buffer;
    private Tensor value;

    Param(boolean buffer, Init init, long... shape) {
        this.shape = shape.clone();
        this.init = init;
        this.buffer = buffer;
    }

    public long[] shape() {
        return shape.clone();
    }

    public long numel() {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    /** Whether this is state that no optimiser trains, such as a running mean. */
    public boolean isBuffer() {
        return buffer;
    }

    /** The tensor; the network owns it. Its {@code requires_grad} says whether it trains. */
    public Tensor value() {
        if (value == null) {
            throw new IllegalStateException("the network is a definition only; materialise it first");
        }
        return value;
    }

    /** The tensor in the dtype of {@code other}: itself, or a copy that the current scope owns. */
    Tensor like(Tensor other) {
        Tensor tensor = value();
        return tensor.scalar_type().intern() == other.scalar_type().intern() ? tensor : tensor.to(other.scalar_type());
    }

    /** Whether an optimiser trains it now. */
    public boolean trains() {
        return value().requires_grad();
    }

    /** Hands the optimiser a gradient, of any dtype; the one before is dropped. */
    public void setGradient(Tensor gradient) {
        value().mutable_grad().put(Precision.FP32.of(gradient));
    }

    /** Copies {@code source}, of the same shape and any dtype, into the tensor. */
    public void set(Tensor source) {
        if (!Arrays.equals(source.shape(), shape)) {
            throw new IllegalArgumentException(
                    "shape " + Arrays.toString(source.shape()) + " does not fit " + Arrays.toString(shape));
        }
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            value().copy_(source);
        }
    }

    public void materialize(String name, long seed) {
        if (value != null) {
            return;
        }
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor tensor = torch.empty(shape);
            Generator generator = torch.make_generator_cpu(Seeds.of(seed, name));
            init.fill(tensor, generator);
            Tensor there = Engine.onDevice(tensor);
            value = Tensors.keep(shape.length == 4 ? Tensors.channelsLast(there) : there);
        }
    }

    public void free() {
        Tensors.free(value);
        value = null;
    }
}
