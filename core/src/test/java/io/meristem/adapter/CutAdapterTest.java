package io.meristem.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.meristem.adapter.AdapterFormTest.Kind;
import io.meristem.adapter.LowRankChange.Factors;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Execution;
import io.meristem.execute.Network;
import io.meristem.op.WeightedLayer;
import io.meristem.testing.TinyNetworks;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An adapter of which the first rows of A and columns of B take part is one with these and nothing else. */
class CutAdapterTest {

    private static final int RANK = 4;
    private static final int CUT = 2;
    private static final double SCALING = 3;

    @BeforeAll
    static void oneThread() {
        Engine.start(1);
    }

    @AfterAll
    static void allThreads() {
        Engine.start(0);
    }

    static java.util.stream.Stream<org.junit.jupiter.params.provider.Arguments> kindsAndForms() {
        return AdapterFormTest.kindsAndForms();
    }

    /** Output, and the gradients of A and B. */
    private record Result(float[] y, float[] ofA, float[] ofB) {}

    private static Result run(WeightedLayer layer, LowRankAdapter adapter, AdapterForm form, Tensor x) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Execution run = Execution.of(layer, true)) {
            layer.setForm(form.of(adapter));
            Tensor y = run.forward(x);
            run.backward(AdapterFormTest.gaussian(3, y.shape()));
            return new Result(
                    Tensors.toFloats(y),
                    Tensors.toFloats(adapter.a().grad()),
                    Tensors.toFloats(adapter.b().grad()));
        }
    }

    @ParameterizedTest
    @MethodSource("kindsAndForms")
    void cutIsSmall(Kind kind, AdapterForm form) {
        long kept = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = TinyNetworks.single(kind.layer.get()).materialize(5)) {
            WeightedLayer layer = network.weightedLayers().get("layer");
            Tensor x = AdapterFormTest.gaussian(1, kind.input);
            int columns = layer.columns();
            int out = layer.outFeatures();
            Tensor a = AdapterFormTest.gaussian(7, RANK, columns);
            Tensor b = AdapterFormTest.gaussian(8, out, RANK);
            Result small;
            float[] delta;
            try (AdapterSet set = set(network, a.narrow(0, 0, CUT), b.narrow(1, 0, CUT))) {
                LowRankAdapter adapter = set.adapters().get("layer");
                adapter.truncate(CUT, SCALING, false);
                small = run(layer, adapter, form, x);
                delta = Tensors.toFloats(adapter.delta());
            }
            try (AdapterSet set = set(network, a, b)) {
                LowRankAdapter adapter = set.adapters().get("layer");
                Result whole = run(layer, adapter, form, x);
                set.truncate(CUT, SCALING, false);
                Result cut = run(layer, adapter, form, x);
                AdapterFormTest.assertClose(small.y(), cut.y(), "output");
                AdapterFormTest.assertClose(delta, Tensors.toFloats(adapter.delta()), "update");
                AdapterFormTest.assertClose(placed(small.ofA(), CUT, columns, RANK, 0, 0), cut.ofA(), "gradient of A");
                AdapterFormTest.assertClose(placed(small.ofB(), out, CUT, RANK, 1, 0), cut.ofB(), "gradient of B");
                Factors factors = set.factors().get("layer");
                assertEquals(CUT, factors.rank());
                assertEquals(CUT * columns, factors.a().length);

                set.truncate(CUT, SCALING, true);
                Result last = run(layer, adapter, form, x);
                assertArrayEquals(cut.y(), last.y());
                AdapterFormTest.assertClose(
                        placed(small.ofA(), CUT, columns, RANK, 0, CUT - 1), last.ofA(), "gradient of the last row");
                AdapterFormTest.assertClose(
                        placed(small.ofB(), out, CUT, RANK, 1, CUT - 1), last.ofB(), "gradient of the last column");

                set.truncate(RANK, 1, false);
                assertArrayEquals(whole.y(), run(layer, adapter, form, x).y());
            }
        }
        assertEquals(kept, Tensors.kept());
    }

    /** {@code part} (rows, columns) as the start of a matrix that is {@code rank} long along {@code dim}, with zeros before entry {@code from} too. */
    private static float[] placed(float[] part, int rows, int columns, int rank, int dim, int from) {
        int width = dim == 0 ? columns : rank;
        float[] whole = new float[(dim == 0 ? rank : rows) * width];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                if ((dim == 0 ? r : c) >= from) {
                    whole[r * width + c] = part[r * columns + c];
                }
            }
        }
        return whole;
    }

    private static AdapterSet set(Network network, Tensor a, Tensor b) {
        return AdapterSet.attach(
                network,
                Map.of("layer", Math.toIntExact(a.size(0))),
                (name, layer, rank) -> new LowRankAdapter(layer, a.clone(), b.clone(), 1, 0));
    }

    @Test
    void aLayerOfLessRankIsCutToWhatItHas() {
        try (Network network = TinyNetworks.mixed().materialize(1);
                AdapterSet set =
                        AdapterSet.attach(network, Map.of("stem", 2, "grouped", 5), AdapterOptions.DEFAULT, 1)) {
            set.truncate(3, 1, false);
            assertEquals(2, set.adapters().get("stem").active());
            assertEquals(3, set.adapters().get("grouped").active());
            assertEquals(5, set.adapters().get("grouped").rank());
            assertEquals(2 * 35 + 5 * 35, set.numbers());
        }
    }
}
