package io.meristem.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.data.feed.Augmentation;
import io.meristem.data.feed.Loader;
import io.meristem.data.feed.PixelCache;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.Split;
import io.meristem.data.folder.SplitOptions;
import io.meristem.data.image.Fit;
import io.meristem.data.image.Preprocess;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.rank.RankOptions;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import io.meristem.zoo.Models;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every method on a network of each family: one epoch of a few photos ends, the size is that of the tensors, saved and merged states are the same function,
 * and no tensor is left. One seed; {@code -Dmeristem.matrixSeeds=2} takes two, in about a minute.
 */
class MethodMatrixTest {

    private static final List<String> NETWORKS = List.of("alexnet", "mobilenet_v2", "regnety_040", "convnext_tiny");
    private static final int SIZE = 64;
    private static final int BATCH = 4;
    private static final double CLOSE = 1e-4;

    @TempDir
    static Path folder;

    private static ImageFolder images;
    private static PixelCache cache;
    private static Preprocess preprocess;

    /** One thread: several wait for each other more than they work where the machine is busy. */
    @BeforeAll
    static void draw() {
        Engine.start(1);
        float[] half = {0.5f, 0.5f, 0.5f};
        preprocess = new Preprocess(SIZE, 1, Fit.CROP, half, half);
        images = ImageFolder.scan(ColourPhotos.write(folder.resolve("photos"), 4, 1, 1), SplitOptions.defaults());
        cache = PixelCache.open(folder.resolve("cache"), images, preprocess, 1, (done, total) -> {});
    }

    @AfterAll
    static void threads() {
        Engine.start(0);
    }

    static List<Method> methods() {
        return List.of(
                TinyRuns.dra(RankOptions.DEFAULT),
                TinyRuns.lora(),
                TinyRuns.adaLora(3, 2, 0),
                TinyRuns.dyLora(false),
                new FullTuning(),
                new HeadOnly());
    }

    static Stream<Arguments> matrix() {
        List<Arguments> all = new ArrayList<>();
        for (String network : NETWORKS) {
            for (Method method : methods()) {
                for (int seed = 1; seed <= Integer.getInteger("meristem.matrixSeeds", 1); seed++) {
                    all.add(Arguments.of(network, method, seed));
                }
            }
        }
        return all.stream();
    }

    private static Trainer.Photos photos() {
        var train = cache.photos(Split.TRAIN);
        return new Trainer.Photos(
                Loader.training(cache, train, preprocess, Augmentation.NONE, BATCH, 1, 3),
                Loader.evaluation(cache, cache.photos(Split.VAL), preprocess, BATCH, 1),
                (batches, size) -> Inference.feed(
                        new Loader(cache, train, preprocess, null, new Loader.Options(size, 1, 3, true, true)),
                        batches,
                        SIZE),
                SIZE,
                images.classes());
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void endsSoundly(String name, Method method, int seed) {
        long kept = Tensors.kept();
        TrainConfig config = TrainConfig.builder(method, 1, BATCH, seed, TinyRuns.FALLING)
                .norm(NormPolicy.RECALIBRATED)
                .build();
        try (PointerScope scope = new PointerScope();
                Network network =
                        new Network(Models.find(name), images.classes().size())) {
            network.materialize(seed);
            Tensor x = torch.randn(2, 3, SIZE, SIZE);
            float[] start = logits(network, x);
            List<Long> numbers = new ArrayList<>();
            List<float[]> trained = new ArrayList<>();
            TrainListener listener = new TrainListener() {
                @Override
                public void onEpoch(EpochReport report, boolean best) {
                    numbers.add(report.numbers());
                    assertTrue(Double.isFinite(report.trainLoss()));
                    assertTrue(best && report.numbers() == report.allocated());
                }

                @Override
                public void onEnd(ModelState state) {
                    numbers.add(counted(network, method, state));
                    trained.add(logits(network, x));
                    try (Network plain =
                            new Network(Models.find(name), images.classes().size())) {
                        plain.materialize(0);
                        state.merged()
                                .forEach((key, t) -> plain.params().get(key).set(t));
                        assertClose(trained.get(0), logits(plain, x), "saved");
                    }
                }
            };
            new Trainer(network, config, photos(), listener).run();
            assertEquals(numbers.get(1), numbers.get(0));
            float[] merged = logits(network, x);
            assertClose(trained.get(0), merged, "merged");
            assertTrue(!java.util.Arrays.equals(start, merged), "nothing was trained");
        }
        assertEquals(kept, Tensors.kept());
    }

    /** By the tensors that there are. */
    private static long counted(Network network, Method method, ModelState state) {
        if (method instanceof FullTuning) {
            return network.parameterCount()
                    - network.head().weight().numel()
                    - network.head().bias().numel();
        }
        long sum = 0;
        for (var factors : state.update().values()) {
            int lambda = method instanceof AdaLora ? 1 : 0;
            assertEquals(factors.b().length, factors.out() * factors.rank());
            sum += factors.b().length + factors.a().length + lambda * factors.rank();
        }
        return sum;
    }

    private static float[] logits(Network network, Tensor x) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            network.train(false);
            return Tensors.toFloats(network.forward(x));
        }
    }

    private static void assertClose(float[] expected, float[] found, String what) {
        double scale = 0;
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            scale = Math.max(scale, Math.abs(expected[i]));
            worst = Math.max(worst, Math.abs(expected[i] - found[i]));
        }
        assertTrue(worst <= CLOSE * Math.max(scale, 1e-3), what + " logits are off by " + worst + " of " + scale);
    }
}
