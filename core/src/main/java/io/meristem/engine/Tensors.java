package io.meristem.engine;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Ownership and conversion of tensors.
 *
 * <p>The rule: a tensor made inside a {@link org.bytedeco.javacpp.PointerScope} dies with the scope; one that must outlive it is
 * {@linkplain #keep kept} by exactly one owner, who {@linkplain #free frees} it.
 */
public final class Tensors {

    private static final AtomicLong KEPT = new AtomicLong();

    private Tensors() {}

    /** Takes ownership: the tensor outlives the scope that it was made in until {@link #free}. */
    public static Tensor keep(Tensor tensor) {
        tensor.retainReference();
        KEPT.incrementAndGet();
        return tensor;
    }

    /** Gives up ownership taken with {@link #keep}; null is allowed. */
    public static void free(Tensor tensor) {
        if (tensor != null && !tensor.isNull()) {
            tensor.releaseReference();
            KEPT.decrementAndGet();
        }
    }

    /**
     * {@code target}, after {@code overwritten} has been computed into it. The engine's in-place operations return a second reference to the tensor's
     * handle, which owns nothing and dangles once the tensor is freed: it is dropped here.
     */
    public static Tensor inPlace(Tensor target, Tensor overwritten) {
        if (!overwritten.is_same(target)) {
            throw new IllegalArgumentException("this was not computed in place");
        }
        return target;
    }

    /**
     * A handle of its own for a tensor inside something else, such as one of the results of an operation that gives several: what the engine returns
     * there dangles once the other is freed. The current scope owns it.
     */
    public static Tensor own(Tensor member) {
        return new Tensor(member);
    }

    /** Gives a kept tensor to the current scope, which frees it when it closes. */
    public static Tensor lend(Tensor kept) {
        PointerScope scope = PointerScope.getInnerScope();
        if (scope == null) {
            throw new IllegalStateException("there is no scope to give the tensor to");
        }
        scope.attach(kept);
        free(kept);
        return kept;
    }

    /** How many tensors are kept and not yet freed, for leak tests. */
    public static long kept() {
        return KEPT.get();
    }

    /** A float32 tensor with a copy of {@code values}; the current scope owns it. */
    public static Tensor of(float[] values, long... shape) {
        Natives.load(); // the program may not have started the engine
        if (values.length != Arrays.stream(shape).reduce(1, Math::multiplyExact)) {
            throw new IllegalArgumentException(values.length + " values do not fill " + Arrays.toString(shape));
        }
        Tensor tensor = torch.empty(shape);
        try (FloatPointer data = new FloatPointer(tensor.data_ptr())) {
            data.capacity(values.length).put(values);
        }
        return tensor;
    }

    /** A float64 tensor (rows, columns) with a copy of {@code values}; the current scope owns it. */
    public static Tensor of(double[] values, int rows, int columns) {
        Natives.load();
        try (DoublePointer data = new DoublePointer(values);
                TensorOptions options = new TensorOptions(ScalarType.Double)) {
            return torch.from_blob(data, new long[] {rows, columns}, options).clone();
        }
    }

    /** An int64 vector (N) with a copy of {@code values}; the current scope owns it. */
    public static Tensor of(long[] values) {
        Natives.load();
        try (LongPointer data = new LongPointer(values);
                TensorOptions options = new TensorOptions(ScalarType.Long)) {
            return torch.from_blob(data, new long[] {values.length}, options).clone();
        }
    }

    /** All values as float32 in row-major order of the tensor's shape, whatever its dtype and layout. */
    public static float[] toFloats(Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.numel())];
        if (values.length == 0) {
            return values;
        }
        try (Tensor plain = tensor.detach();
                Tensor cpu = plain.cpu();
                Tensor floats = cpu.to(ScalarType.Float);
                Tensor dense = floats.contiguous()) {
            FloatBuffer buffer = dense.createBuffer();
            buffer.get(values);
        }
        return values;
    }

    /** All values as float64 in row-major order. */
    public static double[] toDoubles(Tensor tensor) {
        double[] values = new double[Math.toIntExact(tensor.numel())];
        if (values.length == 0) {
            return values;
        }
        try (Tensor plain = tensor.detach();
                Tensor cpu = plain.cpu();
                Tensor doubles = cpu.to(ScalarType.Double);
                Tensor dense = doubles.contiguous()) {
            java.nio.DoubleBuffer buffer = dense.createBuffer();
            buffer.get(values);
        }
        return values;
    }

    /** The same image batch (N, C, H, W) or convolution weight with channels innermost in memory, the layout the engine's kernels prefer. */
    public static Tensor channelsLast(Tensor tensor) {
        return tensor.contiguous(torch.MemoryFormat.ChannelsLast);
    }
}
