package io.meristem.bench.kernels;

import io.meristem.adapter.AdapterForm;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.LowRankAdapter;
import io.meristem.engine.Precision;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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

/** One layer, forward and backward: frozen (the gradient of its input only), and adapted in every form. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 150, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 4, time = 150, timeUnit = TimeUnit.MILLISECONDS)
public class FormBenchmark {

    /** What is common to both. */
    @State(Scope.Thread)
    public static class Frozen {
        @Param({
            "POINTWISE_24_144_AT_56",
            "POINTWISE_576_96_AT_14",
            "DEPTHWISE_144_K3_AT_56",
            "DEPTHWISE_96_K7_AT_56",
            "GROUPED_192_BY_3_AT_28",
            "DENSE_192_384_K3_AT_13",
            "LINEAR_384_1536_AT_14"
        })
        public LayerShape layer;

        @Param
        public Precision precision;

        @Param("32")
        public int batch;

        LoneLayer lone;

        @Setup
        public void open() {
            lone = new LoneLayer(layer, precision, batch);
        }

        @TearDown
        public void close() {
            lone.close();
        }
    }

    /** With an adapter on the layer. */
    @State(Scope.Thread)
    public static class Adapted extends Frozen {
        @Param
        public AdapterForm form;

        @Param("8")
        public int rank;

        private AdapterSet set;

        @Override
        @Setup
        public void open() {
            super.open();
            set = AdapterSet.attach(lone.network(), Map.of(LoneLayer.NAME, rank), AdapterOptions.DEFAULT, 9);
            LowRankAdapter adapter = set.adapters().get(LoneLayer.NAME);
            try (NoGradGuard guard = new NoGradGuard()) {
                adapter.b().fill_(adapter.a().mean());
            }
            lone.layer().setForm(form.of(adapter));
        }

        @Override
        @TearDown
        public void close() {
            set.close();
            super.close();
        }
    }

    @Benchmark
    public void frozen(Frozen state) {
        state.lone.forwardAndBackward();
    }

    @Benchmark
    public void adapted(Adapted state) {
        state.lone.forwardAndBackward();
    }
}
