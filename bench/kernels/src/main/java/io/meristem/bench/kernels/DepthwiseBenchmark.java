package io.meristem.bench.kernels;

import io.meristem.engine.Precision;
import io.meristem.op.Conv2d;
import io.meristem.op.ConvKernels;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Every kernel for the gradients of a depthwise convolution, beside the forward pass. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 150, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 4, time = 150, timeUnit = TimeUnit.MILLISECONDS)
public class DepthwiseBenchmark {

    /** Kernels in Java are compiled while they run, which takes longer than to wake the engine's threads. */
    private static final int WARM = 800;

    /** The layer, its input and its output's gradient. */
    @State(Scope.Thread)
    public abstract static class Depthwise {
        @Param("32")
        public int batch;

        LoneLayer lone;
        Conv2d conv;

        void open(LayerShape layer, Precision precision) {
            lone = new LoneLayer(layer, precision, batch);
            conv = (Conv2d) lone.layer().op();
        }

        @TearDown
        public void close() {
            lone.close();
        }
    }

    /** For the forward pass. */
    public static class Forward extends Depthwise {
        @Param({"DEPTHWISE_144_K3_AT_56", "DEPTHWISE_96_K3_S2_AT_112", "DEPTHWISE_96_K7_AT_56"})
        public LayerShape layer;

        @Param
        public Precision precision;

        @Setup
        public void open() {
            open(layer, precision);
        }
    }

    /** For the input's gradient. */
    public static class InputGradient extends Depthwise {
        @Param({"DEPTHWISE_144_K3_AT_56", "DEPTHWISE_96_K3_S2_AT_112", "DEPTHWISE_96_K7_AT_56"})
        public LayerShape layer;

        /** The layer's precision and the kernel. */
        @Param({"FP32/NATIVE", "FP32/MIRRORED", "BF16/NATIVE", "BF16/FLOAT32", "BF16/MIRRORED"})
        public String way;

        private ConvKernels.Input kernel;

        @Setup
        public void open() {
            Precision precision = Precision.valueOf(way.substring(0, way.indexOf('/')));
            kernel = ConvKernels.Input.valueOf(way.substring(way.indexOf('/') + 1));
            open(layer, precision);
            check(kernel.fits(conv, precision), this);
        }
    }

    /** For the input's gradient by LANES, which knows strided layers only. */
    public static class StridedInputGradient extends Depthwise {
        @Param("DEPTHWISE_96_K3_S2_AT_112")
        public LayerShape layer;

        @Param
        public Precision precision;

        @Setup
        public void open() {
            open(layer, precision);
            check(ConvKernels.Input.LANES.fits(conv, precision), this);
        }
    }

    /** For the weight's gradient. */
    public static class WeightGradient extends Depthwise {
        @Param({"DEPTHWISE_144_K3_AT_56", "DEPTHWISE_96_K3_S2_AT_112", "DEPTHWISE_96_K7_AT_56"})
        public LayerShape layer;

        /** The layer's precision and the kernel. */
        @Param({"FP32/NATIVE", "FP32/LANES", "BF16/NATIVE", "BF16/FLOAT32", "BF16/LANES"})
        public String way;

        private ConvKernels.Weight kernel;

        @Setup
        public void open() {
            Precision precision = Precision.valueOf(way.substring(0, way.indexOf('/')));
            kernel = ConvKernels.Weight.valueOf(way.substring(way.indexOf('/') + 1));
            open(layer, precision);
            check(kernel.fits(conv, precision), this);
        }
    }

    private static void check(boolean fits, Depthwise state) {
        if (!fits) {
            state.close();
            throw new IllegalStateException("this kernel does not fit here");
        }
    }

    @Benchmark
    public void forward(Forward state) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            state.lone.layer().forward(state.lone.x());
        }
    }

    @Benchmark
    public void input(InputGradient state) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            state.kernel.compute(
                    state.conv,
                    state.lone.g(),
                    state.lone.x(),
                    state.lone.layer().readyWeight());
        }
    }

    @Benchmark
    @Warmup(iterations = 2, time = WARM, timeUnit = TimeUnit.MILLISECONDS)
    public void inputByLanes(StridedInputGradient state) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            ConvKernels.Input.LANES.compute(
                    state.conv,
                    state.lone.g(),
                    state.lone.x(),
                    state.lone.layer().readyWeight());
        }
    }

    @Benchmark
    @Warmup(iterations = 2, time = WARM, timeUnit = TimeUnit.MILLISECONDS)
    public void weight(WeightGradient state) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            state.kernel.compute(
                    state.conv,
                    state.lone.g(),
                    state.lone.x(),
                    state.lone.layer().readyWeight());
        }
    }
}
