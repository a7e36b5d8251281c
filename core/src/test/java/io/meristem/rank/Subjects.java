package io.meristem.rank;

import io.meristem.engine.Tensors;
import io.meristem.execute.LabelledFeed;
import io.meristem.execute.Network;
import io.meristem.testing.TinyNetworks;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** Small networks and photos for scorers to look at. */
final class Subjects {

    /** Batches of random images, each class a little brighter than the one before. */
    @SuppressWarnings("ArrayRecordComponent")
    record Photos(List<float[]> images, List<long[]> labels, int n, int side) implements LabelledFeed {
        @Override
        public void forEachLabelled(BiConsumer<Tensor, Tensor> consumer) {
            for (int b = 0; b < images.size(); b++) {
                try (PointerScope scope = new PointerScope()) {
                    consumer.accept(Tensors.of(images.get(b), n, 3, side, side), Tensors.of(labels.get(b)));
                }
            }
        }
    }

    private Subjects() {}

    static Photos photos(int batches, int n, int side) {
        Random random = new Random(17);
        List<float[]> images = new ArrayList<>();
        List<long[]> labels = new ArrayList<>();
        for (int b = 0; b < batches; b++) {
            float[] pixels = new float[n * 3 * side * side];
            long[] classes = new long[n];
            for (int i = 0; i < n; i++) {
                classes[i] = random.nextInt(TinyNetworks.CLASSES);
                for (int p = 0; p < 3 * side * side; p++) {
                    pixels[i * 3 * side * side + p] = (float) (0.5 * classes[i] + random.nextGaussian());
                }
            }
            images.add(pixels);
            labels.add(classes);
        }
        return new Photos(images, labels, n, side);
    }

    static ScoringContext of(Network network, LabelledFeed photos, RankOptions options, long seed, int round) {
        return new ScoringContext(network, network.weightedLayers(), photos, options, seed, round);
    }

    static ScoringContext of(Network network, LabelledFeed photos) {
        return of(network, photos, RankOptions.DEFAULT, 1, 0);
    }

    static double[] importances(Scoring scoring) {
        return scoring.scores().stream().mapToDouble(Scoring.Score::importance).toArray();
    }
}
