package io.meristem.tune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.DivergedException;
import io.meristem.InputException;
import io.meristem.adapter.AdapterOptions;
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
import io.meristem.rank.Allocation;
import io.meristem.rank.RankOptions;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyNetworks;
import io.meristem.testing.TinyRuns;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The loop itself, on networks of a few layers. */
class TrainerTest {

    private static final int SIZE = 16;

    private static final Optimization PLAIN = Optimization.plain(1e-2).withMomentum(0.9);

    @TempDir
    static Path folder;

    private static ImageFolder images;
    private static PixelCache cache;
    private static Preprocess preprocess;

    @BeforeAll
    static void draw() {
        Engine.start(1);
        float[] half = {0.5f, 0.5f, 0.5f};
        preprocess = new Preprocess(SIZE, 1, Fit.CROP, half, half);
        images = ImageFolder.scan(ColourPhotos.write(folder.resolve("photos"), 8, 3, 1), SplitOptions.defaults());
        cache = PixelCache.open(folder.resolve("cache"), images, preprocess, 1, (done, total) -> {});
    }

    /** @param val whether there are validation photos */
    private static Trainer.Photos photos(boolean val, int batch) {
        var train = cache.photos(Split.TRAIN);
        return new Trainer.Photos(
                Loader.training(cache, train, preprocess, Augmentation.NONE, batch, 1, 3),
                val ? Loader.evaluation(cache, cache.photos(Split.VAL), preprocess, 8, 1) : null,
                (batches, size) -> Inference.feed(
                        new Loader(cache, train, preprocess, null, new Loader.Options(size, 1, 3, true, true)),
                        batches,
                        SIZE),
                SIZE,
                images.classes());
    }

    private static TrainConfig config(
            Method method, int epochs, Optimization optimization, HeadPolicy head, NormPolicy norm) {
        return TrainConfig.builder(method, epochs, 8, 11, optimization)
                .head(head)
                .norm(norm)
                .build();
    }

    /** What a training said, and the network's values before and after it. */
    private static final class Course implements TrainListener {
        final Map<String, float[]> before = new LinkedHashMap<>();
        final Map<String, float[]> after = new LinkedHashMap<>();
        final List<EpochReport> epochs = new ArrayList<>();
        final List<Double> losses = new ArrayList<>();
        final List<Integer> allocations = new ArrayList<>();
        final List<String> notes = new ArrayList<>();
        final List<Boolean> best = new ArrayList<>();

        @Override
        public void onNote(String sentence) {
            notes.add(sentence);
        }

        @Override
        public void onAllocation(int firstEpoch, Allocation allocation) {
            allocations.add(firstEpoch);
        }

        @Override
        public void onStep(int epoch, int step, int steps, double loss) {
            losses.add(loss);
        }

        @Override
        public void onEpoch(EpochReport report, boolean isBest) {
            epochs.add(report);
            best.add(isBest);
        }

        /** Names of tensors that training moved. */
        List<String> moved() {
            return before.keySet().stream()
                    .filter(name -> !java.util.Arrays.equals(before.get(name), after.get(name)))
                    .toList();
        }
    }

    private static Course train(Network network, TrainConfig config) {
        Course course = new Course();
        try (network) {
            network.materialize(5);
            network.params().forEach((name, p) -> course.before.put(name, Tensors.toFloats(p.value())));
            new Trainer(network, config, photos(true, 8), course).run();
            network.params().forEach((name, p) -> {
                course.after.put(name, Tensors.toFloats(p.value()));
                assertFalse(p.value().requires_grad(), name + " still asks for gradients");
            });
        }
        return course;
    }

    private static Course train(Method method, HeadPolicy head, NormPolicy norm) {
        return train(TinyNetworks.normed(), config(method, 2, PLAIN, head, norm));
    }

    @Test
    void everyMethodMovesWhatItShould() {
        assertEquals(
                List.of("head.weight", "head.bias"),
                train(new HeadOnly(), HeadPolicy.TRAINED, NormPolicy.FROZEN).moved());
        assertEquals(
                List.of("first.weight", "second.weight", "head.weight", "head.bias"),
                train(TinyRuns.lora(), HeadPolicy.TRAINED, NormPolicy.FROZEN).moved());
        assertEquals(
                List.of("first.weight", "second.weight", "head.weight"),
                train(TinyRuns.lora(), HeadPolicy.ADAPTED, NormPolicy.FROZEN).moved());
        for (HeadPolicy head : HeadPolicy.values()) {
            Course full = train(new FullTuning(), head, NormPolicy.FROZEN);
            List<String> still = new ArrayList<>(full.before.keySet());
            still.removeAll(full.moved());
            assertEquals(
                    List.of("norm1.running_mean", "norm1.running_var", "norm2.running_mean", "norm2.running_var"),
                    still);
        }
    }

    @Test
    void trainableNumbersAreCountedApartFromTheHead() {
        EpochReport trained = train(TinyRuns.lora(), HeadPolicy.TRAINED, NormPolicy.FROZEN)
                .epochs
                .get(0);
        // first (6, 27), second (6, 9): rank 2; head 6 x 3 + 3.
        assertEquals(2 * (6 + 27) + 2 * (6 + 9), trained.numbers());
        assertEquals(21, trained.headNumbers());
        EpochReport adapted = train(TinyRuns.lora(), HeadPolicy.ADAPTED, NormPolicy.FROZEN)
                .epochs
                .get(0);
        assertEquals(trained.numbers() + 2 * (3 + 6), adapted.numbers());
        assertEquals(0, adapted.headNumbers());
        EpochReport full = train(new FullTuning(), HeadPolicy.TRAINED, NormPolicy.FROZEN)
                .epochs
                .get(0);
        assertEquals(6 * 27 + 12 + 6 * 9 + 12, full.numbers());
        assertEquals(21, full.headNumbers());
    }

    @Test
    void headOnlyNeedsAHeadThatTrains() {
        long kept = Tensors.kept();
        InputException e =
                assertThrows(InputException.class, () -> train(new HeadOnly(), HeadPolicy.ADAPTED, NormPolicy.FROZEN));
        assertTrue(e.getMessage().contains("head trained") || e.getMessage().contains("the head at trained"));
        assertEquals(kept, Tensors.kept());
    }

    @Test
    void aBudgetThatBuysNothingIsSaid() {
        long kept = Tensors.kept();
        Dra none = TinyRuns.dra(new RankOptions(0, 1, 1e-9, false));
        InputException e = assertThrows(InputException.class, () -> train(none, HeadPolicy.ADAPTED, NormPolicy.FROZEN));
        assertTrue(e.getMessage().contains("buys no rank"), e.getMessage());
        assertEquals(kept, Tensors.kept());
    }

    @Test
    void statisticsFollowTheirPolicy() {
        Course trained = train(TinyRuns.lora(), HeadPolicy.TRAINED, NormPolicy.TRAINED);
        assertTrue(trained.moved().containsAll(List.of("norm1.running_mean", "norm2.running_var")));
        assertFalse(trained.moved().contains("norm1.weight"));
        Course recalibrated = train(TinyRuns.lora(), HeadPolicy.TRAINED, NormPolicy.RECALIBRATED);
        assertTrue(recalibrated.moved().containsAll(List.of("norm1.running_mean", "norm2.running_var")));
        assertEquals(1, recalibrated.notes.size());
        // Re-estimated before the first epoch and then frozen: another number of epochs gives the same.
        Course longer = train(
                TinyNetworks.normed(), config(TinyRuns.lora(), 4, PLAIN, HeadPolicy.TRAINED, NormPolicy.RECALIBRATED));
        assertArrayEquals(recalibrated.after.get("norm2.running_mean"), longer.after.get("norm2.running_mean"));
    }

    @Test
    void statisticsAreEstimatedAgainAfterEachMerge() {
        Course course = train(
                TinyNetworks.normed(),
                config(
                        TinyRuns.dra(RankOptions.DEFAULT),
                        5,
                        TinyRuns.FALLING,
                        HeadPolicy.TRAINED,
                        NormPolicy.RECALIBRATED));
        assertTrue(course.allocations.size() > 1, "no merge");
        assertEquals(course.allocations.size(), course.notes.size());
    }

    @Test
    void aTrainingTooShortForAnUpdateSaysSo() {
        for (int epochs = 1; epochs <= 3; epochs++) {
            Course course = train(
                    TinyNetworks.normed(),
                    config(
                            TinyRuns.dra(RankOptions.DEFAULT),
                            epochs,
                            TinyRuns.FALLING,
                            HeadPolicy.TRAINED,
                            NormPolicy.FROZEN));
            assertEquals(epochs < 3, !course.notes.isEmpty(), epochs + " epochs");
            assertEquals(epochs < 3 ? List.of(1) : List.of(1, 3), course.allocations);
        }
    }

    @Test
    void sgdLearnsToo() {
        Optimization sgd = Optimization.plain(2e-2)
                .withKind(Optimization.Kind.SGD)
                .withWeightDecay(1e-4)
                .withMomentum(0.9)
                .withSchedule(Optimization.Schedule.COSINE)
                .withWarmup(0.5);
        Course course =
                train(TinyNetworks.normed(), config(new FullTuning(), 12, sgd, HeadPolicy.TRAINED, NormPolicy.TRAINED));
        EpochReport last = course.epochs.get(11);
        assertTrue(last.trainLoss() < 0.8 * course.epochs.get(0).trainLoss(), "loss " + last.trainLoss());
        assertTrue(last.val().accuracy() > 0.6, "accuracy " + last.val().accuracy());
        Optimization noMomentum = Optimization.plain(1e-2).withKind(Optimization.Kind.SGD);
        train(TinyNetworks.normed(), config(TinyRuns.lora(), 1, noMomentum, HeadPolicy.TRAINED, NormPolicy.FROZEN));
    }

    @Test
    void clippingBoundsEachStep() {
        // Plain SGD with rate 1: one step moves the parameters by the gradient, so its norm is the bound.
        double bound = 1e-3;
        Optimization clipped =
                Optimization.plain(1).withKind(Optimization.Kind.SGD).withClipNorm(bound);
        Course course =
                train(TinyNetworks.normed(), config(new HeadOnly(), 1, clipped, HeadPolicy.TRAINED, NormPolicy.FROZEN));
        double moved = 0;
        for (String name : List.of("head.weight", "head.bias")) {
            for (int i = 0; i < course.before.get(name).length; i++) {
                moved += Math.pow(course.after.get(name)[i] - course.before.get(name)[i], 2);
            }
        }
        int steps = course.losses.size();
        assertTrue(Math.sqrt(moved) <= steps * bound * 1.01, Math.sqrt(moved) + " in " + steps + " steps");
        assertTrue(moved > 0);
    }

    @Test
    void labelSmoothingAndClassWeightsEnterTheLoss() {
        double plain = firstLoss(0, false);
        assertNotEquals(plain, firstLoss(0.3, false), 1e-4);
        // The classes are of one size here, so weights are all 1.
        assertEquals(plain, firstLoss(0, true), 1e-6);
    }

    private static double firstLoss(double smoothing, boolean weights) {
        Optimization optimization = Optimization.plain(1e-3)
                .withMomentum(0.9)
                .withSchedule(Optimization.Schedule.COSINE)
                .withLabelSmoothing(smoothing)
                .withClassWeights(weights);
        return train(
                        TinyNetworks.normed(),
                        config(new HeadOnly(), 1, optimization, HeadPolicy.TRAINED, NormPolicy.FROZEN))
                .losses
                .get(0);
    }

    @Test
    void rareClassesWeighMore() {
        // All of green and red, two of blue: the weights are proportional to 1/2, 1/8, 1/8.
        List<io.meristem.data.folder.Photo> few = cache.photos(Split.TRAIN).stream()
                .filter(p -> p.label() != 0 || p.relative().matches(".*/[01]\\.png"))
                .toList();
        double[] losses = new double[2];
        for (int weighted = 0; weighted < 2; weighted++) {
            Optimization still =
                    Optimization.plain(1e-9).withKind(Optimization.Kind.SGD).withClassWeights(weighted == 1);
            Course course = new Course();
            try (Network network = TinyNetworks.normed()) {
                network.materialize(5);
                Trainer.Photos all = photos(true, 8);
                Loader one = Loader.training(cache, few, preprocess, Augmentation.NONE, few.size(), 1, 3);
                new Trainer(
                                network,
                                config(new HeadOnly(), 1, still, HeadPolicy.TRAINED, NormPolicy.FROZEN),
                                new Trainer.Photos(one, all.val(), all.calibration(), SIZE, images.classes()),
                                course)
                        .run();
                losses[weighted] = course.losses.get(0);
                if (weighted == 1) {
                    assertEquals(weightedLoss(network, few), losses[1], 1e-5);
                }
            }
        }
        assertNotEquals(losses[0], losses[1], 1e-5);
    }

    /** Mean negative log probability, each photo weighed by the inverse of its class's count. */
    private static double weightedLoss(Network network, List<io.meristem.data.folder.Photo> few) {
        var p = Inference.predict(network, Loader.evaluation(cache, few, preprocess, 8, 1), SIZE, () -> true);
        double sum = 0;
        double weights = 0;
        for (int i = 0; i < p.size(); i++) {
            double weight = p.labels()[i] == 0 ? 1.0 / 2 : 1.0 / 8;
            sum -= weight * Math.log(p.probabilities()[i][p.labels()[i]]);
            weights += weight;
        }
        return sum / weights;
    }

    @Test
    void aDivergingTrainingSaysWhere() {
        long kept = Tensors.kept();
        Optimization wild = Optimization.plain(1e30).withKind(Optimization.Kind.SGD);
        DivergedException e = assertThrows(
                DivergedException.class,
                () -> train(
                        TinyNetworks.normed(),
                        config(new FullTuning(), 3, wild, HeadPolicy.TRAINED, NormPolicy.FROZEN)));
        assertTrue(e.getMessage().contains("epoch 1, step 2"), e.getMessage());
        assertEquals(kept, Tensors.kept());
    }

    @Test
    void theBestEpochIsTheFirstOfTheBest() {
        Course course = train(
                TinyNetworks.normed(), config(new FullTuning(), 6, PLAIN, HeadPolicy.TRAINED, NormPolicy.TRAINED));
        double best = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < 6; i++) {
            double accuracy = course.epochs.get(i).val().accuracy();
            assertEquals(accuracy > best, course.best.get(i), "epoch " + (i + 1));
            best = Math.max(best, accuracy);
        }
    }

    @Test
    void aMergeLeavesTheFunctionAsItIs() {
        // Without validation photos every epoch is the best, so the state just before each merge is seen.
        try (Network network = TinyNetworks.mixed();
                PointerScope scope = new PointerScope()) {
            network.materialize(5);
            var x = torch.randn(4, 3, SIZE, SIZE);
            List<float[]> before = new ArrayList<>();
            List<Integer> merged = new ArrayList<>();
            TreeSet<String> checked = new TreeSet<>();
            TrainListener listener = new TrainListener() {
                @Override
                public void onBest(int epoch, ModelState state) {
                    before.add(logits(network, x));
                    // The saved state is the same function without any adapter.
                    checked.add("best " + epoch);
                    try (Network plain = TinyNetworks.mixed();
                            PointerScope inner = new PointerScope()) {
                        plain.materialize(0);
                        state.merged()
                                .forEach((name, t) -> plain.params().get(name).set(t));
                        assertArrayEquals(before.get(epoch - 1), logits(plain, x), 1e-4f);
                    }
                }

                @Override
                public void onEpoch(EpochReport report, boolean best) {
                    assertTrue(best);
                    if (report.reallocated()) {
                        merged.add(report.epoch());
                        assertArrayEquals(before.get(report.epoch() - 1), logits(network, x), 1e-4f);
                    }
                }
            };
            new Trainer(
                            network,
                            config(
                                    TinyRuns.dra(RankOptions.DEFAULT),
                                    6,
                                    TinyRuns.FALLING,
                                    HeadPolicy.ADAPTED,
                                    NormPolicy.FROZEN),
                            photos(false, 8),
                            listener)
                    .run();
            assertTrue(merged.size() >= 2, "merges: " + merged);
            assertFalse(merged.contains(6), "after the last epoch there is nothing to train new ranks");
            assertEquals(6, checked.size());
            // In the end every update is merged and no adapter is left.
            assertArrayEquals(before.get(5), logits(network, x), 1e-4f);
        }
    }

    private static float[] logits(Network network, org.bytedeco.pytorch.Tensor x) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            return Tensors.toFloats(network.forward(x));
        }
    }

    @Test
    void hundredsOfStepsKeepNoTensors() {
        long kept = Tensors.kept();
        try (Network network = TinyNetworks.normed()) {
            network.materialize(5);
            List<Long> counts = new ArrayList<>();
            TrainListener listener = new TrainListener() {
                @Override
                public void onStep(int epoch, int step, int steps, double loss) {
                    counts.add(Tensors.kept());
                }
            };
            Lora lora = new Lora(2, new AdapterOptions(0, false, 0.1));
            Optimization weighted = Optimization.plain(1e-3)
                    .withMomentum(0.9)
                    .withSchedule(Optimization.Schedule.COSINE)
                    .withClipNorm(1)
                    .withLabelSmoothing(0.1)
                    .withClassWeights(true);
            new Trainer(
                            network,
                            config(lora, 26, weighted, HeadPolicy.TRAINED, NormPolicy.TRAINED),
                            photos(true, 2),
                            listener)
                    .run();
            assertTrue(counts.size() > 300, counts.size() + " steps");
            assertEquals(1, counts.stream().distinct().count(), "kept tensors: " + new TreeSet<>(counts));
        }
        assertEquals(kept, Tensors.kept());
    }
}
