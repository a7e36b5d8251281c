package io.meristem.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import io.meristem.execute.Execution;
import io.meristem.execute.Network;
import io.meristem.op.Conv2d;
import io.meristem.op.Linear;
import io.meristem.op.Weighted;
import io.meristem.op.WeightedLayer;
import io.meristem.op.Window;
import io.meristem.testing.TinyNetworks;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** One adapted layer of each kind: what it computes, and that every way of computing it gives the same. */
class AdapterFormTest {

    /** Relative to the largest entry; float32 sums over a few hundred terms. */
    private static final double CLOSE = 1e-5;

    private static final double CLOSE_BF16 = 2e-2;

    /** Layers this small are slower on several threads. */
    @BeforeAll
    static void oneThread() {
        Engine.start(1);
    }

    @AfterAll
    static void allThreads() {
        Engine.start(0);
    }

    @SuppressWarnings("ImmutableEnumChecker")
    enum Kind {
        LINEAR(() -> new Linear(10, 7, true), 3, 5, 10),
        LINEAR_MAP(() -> new Linear(10, 7, false), 3, 4, 5, 10),
        DENSE(() -> new Conv2d(6, 8, 3, 1, 1, 1, true), 2, 6, 9, 7),
        STRIDED(() -> new Conv2d(6, 8, 3, 2, 1, 1, false), 2, 6, 9, 8),
        LARGE_STRIDE(() -> new Conv2d(3, 8, 4, 4, 0, 1, true), 2, 3, 12, 8),
        POINTWISE(() -> new Conv2d(6, 8, 1, 1, 0, 1, false), 2, 6, 5, 7),
        STRIDED_POINTWISE(() -> new Conv2d(6, 8, 1, 2, 0, 1, true), 2, 6, 5, 7),
        GROUPED(() -> new Conv2d(8, 12, 3, 1, 1, 4, true), 2, 8, 6, 6),
        STRIDED_GROUPED(() -> new Conv2d(8, 12, 3, 2, 1, 2, false), 2, 8, 6, 6),
        DEPTHWISE(() -> new Conv2d(8, 8, 3, 1, 1, 8, false), 2, 8, 7, 6),
        STRIDED_DEPTHWISE(() -> new Conv2d(8, 8, 3, 2, 1, 8, true), 2, 8, 7, 6),
        DEPTHWISE_7(() -> new Conv2d(4, 4, 7, 1, 3, 4, true), 2, 4, 9, 9),
        SAME(() -> new Conv2d(6, 8, Window.same(3, 2), 1, true), 2, 6, 8, 7),
        SAME_GROUPED(() -> new Conv2d(8, 12, Window.same(3, 2), 2, false), 2, 8, 6, 6),
        SAME_DEPTHWISE(() -> new Conv2d(8, 8, Window.same(5, 2), 8, false), 2, 8, 7, 6),
        RECTANGULAR(() -> new Conv2d(6, 8, Window.centred(1, 7), 1, false), 2, 6, 9, 7);

        final Supplier<Weighted> layer;
        final long[] input;

        Kind(Supplier<Weighted> layer, long... input) {
            this.layer = layer;
            this.input = input;
        }
    }

    /** A single layer with an adapter, and inputs. Made inside a scope; close it there. */
    private static final class Bench implements AutoCloseable {
        final Network network;
        final WeightedLayer layer;
        final AdapterSet set;
        final LowRankAdapter adapter;
        final Tensor x;

        Bench(Kind kind, AdapterOptions options, boolean trained) {
            network = TinyNetworks.single(kind.layer.get()).materialize(5);
            layer = network.weightedLayers().get("layer");
            set = AdapterSet.attach(network, Map.of("layer", 3), options, 9);
            adapter = set.adapters().get("layer");
            x = gaussian(1, kind.input);
            if (trained) {
                try (NoGradGuard guard = new NoGradGuard()) {
                    adapter.b().copy_(gaussian(2, adapter.b().shape()));
                }
            }
        }

        Tensor frozen() {
            return layer.apply(
                    x,
                    layer.weight().value(),
                    layer.bias() == null ? null : layer.bias().value());
        }

        @Override
        public void close() {
            set.close();
            network.close();
        }
    }

    static Tensor gaussian(long seed, long... shape) {
        Tensor tensor = torch.empty(shape);
        Generator generator = torch.make_generator_cpu(seed);
        return tensor.normal_(0, 1, new GeneratorOptional(generator));
    }

    static Stream<Arguments> kindsAndForms() {
        return Arrays.stream(Kind.values())
                .flatMap(kind -> Arrays.stream(AdapterForm.values()).map(form -> Arguments.of(kind, form)));
    }

    /** Every form, by the engine's own differentiation and by ours, against the merged one by the engine's. */
    @ParameterizedTest
    @MethodSource("kindsAndForms")
    void allFormsGiveEqualOutputsAndGradients(Kind kind, AdapterForm form) {
        try (PointerScope scope = new PointerScope();
                Bench bench = new Bench(kind, new AdapterOptions(5, false, 0), true)) {
            float[][] plain = differentiated(bench, AdapterForm.MERGED);
            assertAllClose(plain, differentiated(bench, form), CLOSE, kind + " " + form + ", differentiated");
            long kept = Tensors.kept();
            assertAllClose(plain, recorded(bench, form, true), CLOSE, kind + " " + form + ", recorded");
            float[][] withoutInput = recorded(bench, form, false);
            assertNull(withoutInput[3], "a gradient of the input came back though nobody asked");
            withoutInput[3] = plain[3];
            assertAllClose(plain, withoutInput, CLOSE, kind + " " + form + ", recorded without the input's");
            assertEquals(kept, Tensors.kept());
            assertFalse(bench.layer.weight().value().grad().defined(), "the frozen weight got a gradient");
        }
    }

    /** In bfloat16, whose rounding is 0.4 %: within 2 % of the largest entry. */
    @ParameterizedTest
    @MethodSource("kindsAndForms")
    void allFormsAgreeInBf16(Kind kind, AdapterForm form) {
        try (PointerScope scope = new PointerScope();
                Bench bench = new Bench(kind, new AdapterOptions(5, false, 0), true)) {
            float[][] plain = differentiated(bench, AdapterForm.MERGED);
            bench.network.setPrecision(Precision.BF16);
            assertAllClose(plain, recorded(bench, form, true), CLOSE_BF16, kind + " " + form);
        }
    }

    private static final String[] WHAT = {"output", "gradient of A", "gradient of B", "gradient of x"};

    private static void assertAllClose(float[][] expected, float[][] found, double tolerance, String what) {
        for (int i = 0; i < WHAT.length; i++) {
            assertClose(expected[i], found[i], tolerance, what + ": " + WHAT[i]);
        }
    }

    /** Output and gradients of sum(output * G) for a fixed G, by the engine's automatic differentiation. */
    private static float[][] differentiated(Bench bench, AdapterForm form) {
        try (PointerScope scope = new PointerScope()) {
            Tensor x = bench.x.clone().requires_grad_(true);
            bench.layer.setForm(form.of(bench.adapter));
            Tensor y = bench.layer.forward(x);
            y.mul(gaussian(3, y.shape())).sum().backward();
            return gradients(bench, y, x.grad());
        }
    }

    /** The same by our own backward pass. */
    private static float[][] recorded(Bench bench, AdapterForm form, boolean input) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Execution run = Execution.of(bench.layer, input)) {
            bench.layer.setForm(form.of(bench.adapter));
            Tensor y = run.forward(bench.x);
            return gradients(bench, y, run.backward(gaussian(3, y.shape()).to(y.scalar_type())));
        }
    }

    private static float[][] gradients(Bench bench, Tensor y, Tensor ofX) {
        float[][] all = {
            Tensors.toFloats(y),
            Tensors.toFloats(bench.adapter.a().grad()),
            Tensors.toFloats(bench.adapter.b().grad()),
            ofX == null ? null : Tensors.toFloats(ofX)
        };
        bench.adapter.a().mutable_grad().reset();
        bench.adapter.b().mutable_grad().reset();
        return all;
    }

    /** The gradients against central differences of the plain function, in the direction of one random change of A, B and x. */
    @ParameterizedTest
    @EnumSource
    void gradientsAreThoseOfTheUpdatedWeight(Kind kind) {
        try (PointerScope scope = new PointerScope();
                Bench bench = new Bench(kind, new AdapterOptions(5, false, 0), true)) {
            float[][] found = recorded(bench, AdapterForm.TWO_BRANCH, true);
            Tensor[] points = {bench.adapter.a(), bench.adapter.b(), bench.x};
            for (int i = 0; i < points.length; i++) {
                Tensor direction = gaussian(20 + i, points[i].shape());
                float[] d = Tensors.toFloats(direction);
                double slope = 0;
                for (int j = 0; j < d.length; j++) {
                    slope += d[j] * found[i + 1][j];
                }
                double step = 1e-2;
                double up = objective(bench, i, points[i], direction, step);
                double down = objective(bench, i, points[i], direction, -step);
                assertEquals(slope, (up - down) / (2 * step), 1e-3 * Math.max(1, Math.abs(slope)), kind + " " + i);
            }
        }
    }

    /** In float64: sum of G times the layer with weight W + s reshape(B A), where one of A, B, x is moved. */
    private static double objective(Bench bench, int which, Tensor point, Tensor direction, double step) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor moved = dbl(point).add(dbl(direction), new Scalar(step));
            Tensor a = which == 0 ? moved : dbl(bench.adapter.a());
            Tensor b = which == 1 ? moved : dbl(bench.adapter.b());
            Tensor x = which == 2 ? moved : dbl(bench.x);
            Tensor update = b.matmul(a)
                    .mul(new Scalar(bench.adapter.scaling()))
                    .reshape(bench.layer.weight().shape());
            Tensor y = bench.layer.apply(
                    x,
                    dbl(bench.layer.weight().value()).add(update),
                    bench.layer.bias() == null ? null : dbl(bench.layer.bias().value()));
            return y.mul(dbl(gaussian(3, y.shape()))).sum().item_double();
        }
    }

    private static Tensor dbl(Tensor tensor) {
        return tensor.detach().to(torch.ScalarType.Double);
    }

    @ParameterizedTest
    @EnumSource
    void startsAtThePretrainedFunctionExactly(Kind kind) {
        try (PointerScope scope = new PointerScope();
                Bench bench = new Bench(kind, AdapterOptions.DEFAULT, false)) {
            float[] frozen = Tensors.toFloats(bench.frozen());
            float[] weight = Tensors.toFloats(bench.layer.weight().value());
            float[] sum = Tensors.toFloats(bench.layer.weight().value().add(bench.adapter.delta()));
            for (int i = 0; i < weight.length; i++) {
                assertTrue(weight[i] == sum[i], "W + 0 is not W");
            }
            for (AdapterForm form : AdapterForm.values()) {
                bench.layer.setForm(form.of(bench.adapter));
                assertArrayEquals(frozen, Tensors.toFloats(bench.layer.forward(bench.x)), 0, kind + " " + form);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theUpdateIsThePlainProduct(Kind kind) {
        try (PointerScope scope = new PointerScope();
                Bench bench = new Bench(kind, new AdapterOptions(7, false, 0), true)) {
            int out = bench.layer.outFeatures();
            int columns = bench.layer.columns();
            double[] a = Tensors.toDoubles(bench.adapter.a());
            double[] b = Tensors.toDoubles(bench.adapter.b());
            float[] expected = new float[out * columns];
            for (int o = 0; o < out; o++) {
                for (int c = 0; c < columns; c++) {
                    double sum = 0;
                    for (int r = 0; r < 3; r++) {
                        sum += b[o * 3 + r] * a[r * columns + c];
                    }
                    expected[o * columns + c] = (float) (7.0 / 3 * sum);
                }
            }
            Tensor delta = bench.adapter.delta();
            assertArrayEquals(bench.layer.weight().shape(), delta.shape());
            assertClose(expected, Tensors.toFloats(delta), kind + ": delta");
        }
    }

    private static final AdapterOptions RELATIVE =
            new AdapterOptions(5, LoraScaling.BY_RANK, 0, LoraInit.GAUSSIAN, true);

    /** A relative update is that of a plain adapter whose B has the rows' norms in it, and so are its gradients. */
    @ParameterizedTest
    @MethodSource("kindsAndForms")
    void aRelativeUpdateIsInUnitsOfTheRows(Kind kind, AdapterForm form) {
        try (PointerScope scope = new PointerScope();
                Bench relative = new Bench(kind, RELATIVE, true);
                Bench plain = new Bench(kind, new AdapterOptions(5, false, 0), true)) {
            Tensor weight = plain.layer.weight().value();
            Tensor norms = dbl(weight)
                    .reshape(plain.layer.outFeatures(), plain.layer.columns())
                    .pow(new Scalar(2))
                    .sum(1)
                    .sqrt()
                    .unsqueeze(1)
                    .to(torch.ScalarType.Float);
            try (NoGradGuard guard = new NoGradGuard()) {
                plain.adapter.b().mul_(norms);
            }
            float[][] expected = recorded(plain, form, true);
            float[][] found = recorded(relative, form, true);
            expected[2] = Tensors.toFloats(
                    Tensors.of(expected[2], plain.adapter.b().shape()).mul(norms));
            assertAllClose(expected, found, 1e-5, kind + " " + form);
            assertClose(
                    Tensors.toFloats(plain.adapter.delta()),
                    Tensors.toFloats(relative.adapter.delta()),
                    kind + ": delta");
            double[] exported = relative.set.factors().get("layer").b();
            double[] same = plain.set.factors().get("layer").b();
            for (int i = 0; i < same.length; i++) {
                assertEquals(same[i], exported[i], 1e-6 * Math.max(1, Math.abs(same[i])));
            }
        }
    }

    /** Takes every update out of its weight again, up to float32 rounding. */
    static void unmerge(AdapterSet set) {
        set.adapters().values().forEach(adapter -> adapter.addToWeight(-1));
    }

    @ParameterizedTest
    @EnumSource
    void mergingKeepsTheFunctionAndUnmergingTheWeight(Kind kind) {
        try (PointerScope scope = new PointerScope();
                Bench bench = new Bench(kind, AdapterOptions.DEFAULT, true)) {
            float[] weight = Tensors.toFloats(bench.layer.weight().value());
            float[] adapted = Tensors.toFloats(bench.layer.forward(bench.x));
            bench.set.merge();
            assertClose(adapted, Tensors.toFloats(bench.frozen()), kind + ": merged");
            unmerge(bench.set);
            assertClose(weight, Tensors.toFloats(bench.layer.weight().value()), kind + ": unmerged");
            bench.set.merge();
            bench.set.close();
            assertClose(adapted, Tensors.toFloats(bench.layer.forward(bench.x)), kind + ": merged and closed");
        }
    }

    @ParameterizedTest
    @EnumSource
    void dropoutWorksInTrainingOnly(Kind kind) {
        try (PointerScope scope = new PointerScope();
                Bench bench = new Bench(kind, new AdapterOptions(0, false, 0.5), true)) {
            Engine.seed(4);
            float[] quiet = Tensors.toFloats(bench.layer.forward(bench.x));
            assertArrayEquals(quiet, Tensors.toFloats(bench.layer.forward(bench.x)));
            bench.layer.setForm(AdapterForm.MERGED.of(bench.adapter));
            assertClose(quiet, Tensors.toFloats(bench.layer.forward(bench.x)), kind + ": outside training");
            bench.layer.setForm(AdapterForm.forLayer(bench.layer, 0.5).of(bench.adapter));
            bench.set.train(true);
            int draws = 150;
            double[] mean = new double[quiet.length];
            boolean differs = false;
            for (int i = 0; i < draws; i++) {
                try (PointerScope step = new PointerScope()) {
                    float[] noisy = Tensors.toFloats(bench.layer.forward(bench.x));
                    for (int j = 0; j < mean.length; j++) {
                        mean[j] += (double) noisy[j] / draws;
                        differs |= noisy[j] != quiet[j];
                    }
                }
            }
            assertTrue(differs, "dropout did nothing");
            double error = 0;
            double size = 0;
            for (int j = 0; j < mean.length; j++) {
                error += Math.pow(mean[j] - quiet[j], 2);
                size += (double) quiet[j] * quiet[j];
            }
            assertTrue(Math.sqrt(error / size) < 0.25, "dropout moves the mean by " + Math.sqrt(error / size));
            bench.set.train(false);
            assertArrayEquals(quiet, Tensors.toFloats(bench.layer.forward(bench.x)));
        }
    }

    @ParameterizedTest
    @EnumSource(AdapterForm.class)
    void formIsChosenByKind(AdapterForm form) {
        List<Weighted> layers =
                switch (form) {
                    case MERGED -> List.of(new Conv2d(8, 8, 3, 1, 1, 8, false), new Conv2d(512, 8, 1, 1, 0, 1, false));
                    case LOW_RANK ->
                        List.of(new Conv2d(512, 512, 3, 1, 1, 2, false), new Conv2d(64, 64, 3, 1, 1, 1, false));
                    case TWO_BRANCH -> List.of(new Linear(4, 4, true));
                };
        layers.forEach(layer -> assertEquals(form, AdapterForm.forLayer(layer.layer("layer"), 0)));
        layers.forEach(layer -> assertEquals(AdapterForm.TWO_BRANCH, AdapterForm.forLayer(layer.layer("layer"), 0.1)));
    }

    static void assertClose(float[] expected, float[] found, String what) {
        assertClose(expected, found, CLOSE, what);
    }

    private static void assertClose(float[] expected, float[] found, double tolerance, String what) {
        assertEquals(expected.length, found.length, what);
        double scale = 0;
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            scale = Math.max(scale, Math.abs(expected[i]));
            worst = Math.max(worst, Math.abs(expected[i] - found[i]));
        }
        assertTrue(scale > 0, what + " is all zero");
        assertTrue(worst <= tolerance * scale, what + " is off by " + worst + " of " + scale);
    }
}
