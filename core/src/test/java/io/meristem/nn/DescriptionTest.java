package io.meristem.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every network of the registry says what it does, with shapes that fit. */
class DescriptionTest {

    static Stream<String> models() {
        return Models.all().stream().map(ModelSpec::name);
    }

    @ParameterizedTest
    @MethodSource("models")
    void namesEveryLayerOnce(String model) {
        Network network = new Network(Models.find(model), 7);
        Shapes shapes = new Shapes();
        assertArrayEquals(new long[] {7}, network.describe(new long[] {3, 224, 224}, shapes));
        assertEquals(new HashSet<>(network.weightedLayers().values()), shapes.seen);
        assertEquals(network.batchNorms().size(), shapes.norms);
    }

    /** Values are shapes without N. */
    private static final class Shapes implements GraphOps<long[]> {

        private final Set<WeightedLayer> seen = new HashSet<>();
        private int norms;

        @Override
        public long[] conv(long[] x, Conv2d layer) {
            seen(layer);
            assertEquals(layer.in(), x[0]);
            return new long[] {layer.outFeatures(), side(x[1], layer), side(x[2], layer)};
        }

        private void seen(WeightedLayer layer) {
            assertEquals(true, seen.add(layer));
        }

        private static long side(long in, Conv2d layer) {
            return (in + 2L * layer.padding() - layer.kernel()) / layer.stride() + 1;
        }

        @Override
        public long[] linear(long[] x, Linear layer) {
            seen(layer);
            long[] y = x.clone();
            assertEquals(layer.columns(), y[y.length - 1]);
            y[y.length - 1] = layer.outFeatures();
            return y;
        }

        @Override
        public long[] batchNorm(long[] x, BatchNorm2d layer) {
            norms++;
            assertEquals(layer.runningMean().numel(), x[0]);
            return x;
        }

        @Override
        public long[] layerNorm(long[] x, LayerNorm layer) {
            assertEquals(layer.weight().numel(), x[x.length - 1]);
            return x;
        }

        @Override
        public long[] activation(long[] x, Activation function) {
            return x;
        }

        @Override
        public long[] add(long[] a, long[] b) {
            assertArrayEquals(a, b);
            return a;
        }

        @Override
        public long[] gate(long[] x, long[] gate) {
            assertArrayEquals(new long[] {x[0], 1, 1}, gate);
            return x;
        }

        @Override
        public long[] scale(long[] x, Param scale) {
            assertEquals(scale.numel(), x[0]);
            return x;
        }

        @Override
        public long[] mean(long[] x) {
            return new long[] {x[0], 1, 1};
        }

        @Override
        public long[] gridMeans(long[] x, int side) {
            return new long[] {x[0], side, side};
        }

        @Override
        public long[] maxPool(long[] x, int kernel, int stride) {
            return new long[] {x[0], (x[1] - kernel) / stride + 1, (x[2] - kernel) / stride + 1};
        }

        @Override
        public long[] flatten(long[] x) {
            return new long[] {x[0] * x[1] * x[2]};
        }

        @Override
        public long[] channelsLast(long[] x) {
            return new long[] {x[1], x[2], x[0]};
        }

        @Override
        public long[] channelsFirst(long[] x) {
            return new long[] {x[2], x[0], x[1]};
        }
    }
}
