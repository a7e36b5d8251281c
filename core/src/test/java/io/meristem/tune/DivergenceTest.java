package io.meristem.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.DivergedException;
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
import io.meristem.testing.TinyNetworks;
import io.meristem.testing.TinyRuns;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Numbers gone wrong: noticed, traced to a layer, and recovered from. */
class DivergenceTest {

    private static final int SIZE = 16;
    private static final int BATCH = 4;

    @TempDir
    static Path folder;

    private static Trainer.Photos photos;

    @BeforeAll
    static void draw() {
        Engine.start(1);
        float[] half = {0.5f, 0.5f, 0.5f};
        Preprocess preprocess = new Preprocess(SIZE, 1, Fit.CROP, half, half);
        ImageFolder images =
                ImageFolder.scan(ColourPhotos.write(folder.resolve("photos"), 8, 3, 1), SplitOptions.defaults());
        PixelCache cache = PixelCache.open(folder.resolve("cache"), images, preprocess, 1, (done, total) -> {});
        var train = cache.photos(Split.TRAIN);
        photos = new Trainer.Photos(
                Loader.training(cache, train, preprocess, Augmentation.NONE, BATCH, 1, 3),
                Loader.evaluation(cache, cache.photos(Split.VAL), preprocess, 8, 1),
                (batches, size) -> Inference.feed(
                        new Loader(cache, train, preprocess, null, new Loader.Options(size, 1, 3, true, true)),
                        batches,
                        SIZE),
                SIZE,
                images.classes());
    }

    private static Optimization sgd(double rate) {
        return Optimization.plain(rate).withKind(Optimization.Kind.SGD);
    }

    private static TrainConfig config(Method method, Optimization optimization, OnDivergence what) {
        return TrainConfig.builder(method, 4, BATCH, 1, optimization)
                .onDivergence(what)
                .build();
    }

    /** Hears everything; breaks a parameter once, in a step of the second epoch. */
    private static final class Saboteur implements TrainListener {
        final List<String> notes = new ArrayList<>();
        final List<EpochReport> epochs = new ArrayList<>();
        final Tensor victim;
        boolean done;

        Saboteur(Tensor victim) {
            this.victim = victim;
        }

        @Override
        public void onNote(String sentence) {
            notes.add(sentence);
        }

        @Override
        public void onStep(int epoch, int step, int steps, double loss) {
            if (epoch == 2 && step == 2 && !done && victim != null) {
                done = true;
                try (PointerScope scope = new PointerScope();
                        NoGradGuard guard = new NoGradGuard()) {
                    Tensors.inPlace(victim, victim.fill_(new Scalar(Double.NaN)));
                }
            }
        }

        @Override
        public void onEpoch(EpochReport report, boolean best) {
            epochs.add(report);
        }
    }

    @Test
    void aRateOfAMillionStopsWithASentence() {
        for (Method method : List.of(new FullTuning(), TinyRuns.lora(), new HeadOnly())) {
            try (Network network = TinyNetworks.mixed().materialize(5)) {
                Trainer trainer =
                        new Trainer(network, config(method, sgd(1e6), OnDivergence.STOP), photos, TrainListener.NONE);
                DivergedException e = assertThrows(DivergedException.class, trainer::run);
                assertTrue(e.getMessage().startsWith("Training went wrong in epoch 1, step "), e.getMessage());
            }
        }
    }

    @Test
    void theSecondLookNamesTheFirstLayer() {
        for (String layer : List.of("depthwise", "grouped", "mixer")) {
            try (Network network = TinyNetworks.mixed().materialize(5)) {
                Saboteur saboteur =
                        new Saboteur(network.params().get(layer + ".weight").value());
                Trainer trainer =
                        new Trainer(network, config(new FullTuning(), sgd(1e-2), OnDivergence.STOP), photos, saboteur);
                DivergedException e = assertThrows(DivergedException.class, trainer::run);
                assertEquals(
                        "Training went wrong in epoch 2, step 3: the loss became NaN; first numbers that are not finite: they come out of layer "
                                + layer,
                        e.getMessage());
                assertEquals(1, saboteur.epochs.size());
            }
        }
    }

    static Stream<Method> methods() {
        return Stream.of(
                TinyRuns.lora(),
                TinyRuns.dra(RankOptions.DEFAULT),
                TinyRuns.adaLora(4, 2, 0),
                TinyRuns.dyLora(false),
                new FullTuning(),
                new HeadOnly());
    }

    @ParameterizedTest
    @MethodSource("methods")
    void lowerRatesGoOnFromTheLastGoodEpoch(Method method) {
        long kept = Tensors.kept();
        try (Network network = TinyNetworks.normed().materialize(5)) {
            Saboteur saboteur = new Saboteur(network.head().weight().value());
            new Trainer(network, config(method, sgd(1e-2), OnDivergence.LOWER_LR), photos, saboteur).run();
            assertEquals(
                    List.of(1, 2, 3, 4),
                    saboteur.epochs.stream().map(EpochReport::epoch).toList());
            assertEquals(
                    List.of(0, 1, 1, 1),
                    saboteur.epochs.stream().map(EpochReport::lowered).toList());
            assertEquals(
                    saboteur.epochs.get(0).rate() / 2, saboteur.epochs.get(3).rate(), 1e-9);
            assertTrue(Double.isFinite(saboteur.epochs.get(3).trainLoss()));
            assertEquals(
                    1,
                    saboteur.notes.stream().filter(n -> n.contains("half the")).count(),
                    saboteur.notes.toString());
            for (float value : Tensors.toFloats(network.head().weight().value())) {
                assertTrue(Float.isFinite(value));
            }
        }
        assertEquals(kept, Tensors.kept());
    }

    @Test
    void aRateThatIsTooHighIsLoweredUntilItWorks() {
        try (Network network = TinyNetworks.mixed().materialize(5)) {
            Saboteur course = new Saboteur(null);
            new Trainer(network, config(new FullTuning(), sgd(TOO_HIGH), OnDivergence.LOWER_LR), photos, course).run();
            assertEquals(4, course.epochs.size());
            int lowered = course.epochs.get(3).lowered();
            assertTrue(lowered > 0 && lowered <= OnDivergence.MOST, course.notes.toString());
        }
    }

    /** Diverges, and does not any more at a thirty-second of it. */
    private static final double TOO_HIGH = 40;

    @Test
    void afterSomeTimesItGivesUp() {
        try (Network network = TinyNetworks.mixed().materialize(5)) {
            Trainer trainer = new Trainer(
                    network, config(new FullTuning(), sgd(1e9), OnDivergence.LOWER_LR), photos, TrainListener.NONE);
            DivergedException e = assertThrows(DivergedException.class, trainer::run);
            assertTrue(e.getMessage().endsWith("the learning rate had been halved 5 times before"), e.getMessage());
        }
    }

    @Test
    void noiseIsNoExplosion() {
        LossWatch watch = new LossWatch(5, 100);
        assertFalse(watch.explodes(2));
        for (int step = 0; step < 1000; step++) {
            assertFalse(watch.explodes(step % LossWatch.STEPS == 0 ? 1.5 : 1000));
        }
        watch.endEpoch(1.5);
        assertEquals(10 * Math.log(5), watch.limit(), 1e-9, "a good first epoch does not make it strict");
        assertFalse(watch.explodes(1));
        for (int step = 1; step < LossWatch.STEPS; step++) {
            assertFalse(watch.explodes(17));
        }
        assertTrue(watch.explodes(17));
        watch.goBack();
        assertFalse(watch.explodes(17));
    }

    @Test
    void anEpochEndsBrokenWhenItsLastStepAndAllValidationPhotosSaySo() {
        LossWatch watch = new LossWatch(5, 100);
        watch.explodes(1);
        assertFalse(watch.endsBroken(22));
        watch.explodes(50);
        assertTrue(watch.endsBroken(22));
        assertFalse(watch.endsBroken(19));
        assertTrue(watch.endsBroken(Double.NaN));
    }

    @Test
    void inShortEpochsFewerStepsExplode() {
        LossWatch watch = new LossWatch(2, 3);
        assertFalse(watch.explodes(4));
        for (int step = 1; step < LossWatch.LEAST_STEPS; step++) {
            assertFalse(watch.explodes(41));
        }
        assertTrue(watch.explodes(41));
    }
}
