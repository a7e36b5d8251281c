package io.meristem.tune;

import io.meristem.data.feed.Batch;
import io.meristem.data.feed.Epoch;
import io.meristem.data.feed.Loader;
import io.meristem.data.feed.PerturbedPhotos;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.eval.Predictions;
import io.meristem.execute.LabelledFeed;
import io.meristem.execute.Network;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Photos through a network without training it. */
public final class Inference {

    /** Answers batches of photos. */
    @FunctionalInterface
    public interface Answers {

        /** Class probabilities (N, classes); NaN throughout a row whose logits are not finite. */
        float[][] of(Batch batch);
    }

    private Inference() {}

    /** Those of a network, which is left in evaluation mode. */
    public static Answers answers(Network network, int size) {
        network.train(false);
        return batch -> {
            try (PointerScope scope = new PointerScope()) {
                return probabilities(network, images(batch.nhwc(), batch.size(), size));
            }
        };
    }

    /**
     * A view (on a CPU without copy) of pixels (N, H, W, 3) as an image batch (N, 3, H, W), which is the channels-last layout. Valid as long as the buffer;
     * the caller's scope owns the tensor.
     *
     * @param nhwc a direct buffer
     */
    public static Tensor images(FloatBuffer nhwc, int n, int size) {
        return Engine.onDevice(torch.from_blob(new FloatPointer(nhwc), n, size, size, 3))
                .permute(0, 3, 1, 2);
    }

    /** Outputs (N, classes) of one batch, before the softmax. */
    public static float[][] logits(Network network, Tensor images) {
        return rows(network, images, false);
    }

    /** Class probabilities (N, classes) of one batch; NaN throughout a row whose logits are not finite. */
    public static float[][] probabilities(Network network, Tensor images) {
        return rows(network, images, true);
    }

    private static float[][] rows(Network network, Tensor images, boolean softmax) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor logits = network.forward(images);
            return softmax ? probabilities(logits) : rows(logits);
        }
    }

    /**
     * Probabilities (N, classes) of logits (N, classes). The engine's softmax gives a number for minus infinity, which is an overflow all the same: such a
     * row is NaN throughout, like those with another logit that is not finite.
     */
    public static float[][] probabilities(Tensor logits) {
        float[][] rows = rows(torch.softmax(logits, 1));
        float[][] before = rows(logits);
        for (int i = 0; i < rows.length; i++) {
            if (!Predictions.isAnswer(before[i])) {
                Arrays.fill(rows[i], Float.NaN);
            }
        }
        return rows;
    }

    private static float[][] rows(Tensor tensor) {
        float[] flat = Tensors.toFloats(tensor);
        float[][] rows = new float[Math.toIntExact(tensor.size(0))][Math.toIntExact(tensor.size(1))];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(flat, i * rows[i].length, rows[i], 0, rows[i].length);
        }
        return rows;
    }

    /**
     * All photos of a loader, in its order. The network is left in evaluation mode.
     *
     * @param keepGoing asked before each batch; when it says no, what is done so far is returned
     */
    public static Predictions predict(Network network, Loader loader, int size, BooleanSupplier keepGoing) {
        return predict(answers(network, size), loader, keepGoing);
    }

    /** The same, whoever answers. */
    public static Predictions predict(Answers answers, Loader loader, BooleanSupplier keepGoing) {
        Rows rows = new Rows(loader.photos().size());
        try (Epoch epoch = loader.epoch(0)) {
            while (epoch.hasNext() && keepGoing.getAsBoolean()) {
                try (Batch batch = epoch.next()) {
                    rows.add(answers, batch);
                }
            }
        }
        return rows.predictions();
    }

    /**
     * All photos under each perturbation.
     *
     * @param progress told how many batches have been predicted, of {@link PerturbedPhotos#batches}
     * @return in the order of {@link PerturbedPhotos#perturbations()}
     */
    public static List<Predictions> predict(Answers answers, PerturbedPhotos photos, IntConsumer progress) {
        List<Rows> rows = photos.perturbations().list().stream()
                .map(p -> new Rows(photos.photos().size()))
                .toList();
        int[] done = {0};
        photos.forEach((perturbation, batch) -> {
            rows.get(perturbation).add(answers, batch);
            progress.accept(++done[0]);
        });
        return rows.stream().map(Rows::predictions).toList();
    }

    /** Predictions, batch by batch. */
    private static final class Rows {

        private final float[][] probabilities;
        private final int[] labels;
        private final int[] photos;
        private int done;

        Rows(int total) {
            this.probabilities = new float[total][];
            this.labels = new int[total];
            this.photos = new int[total];
        }

        void add(Answers answers, Batch batch) {
            float[][] rows = answers.of(batch);
            for (int i = 0; i < batch.size(); i++, done++) {
                probabilities[done] = rows[i];
                labels[done] = (int) batch.labels()[i];
                photos[done] = batch.photoIndices()[i];
            }
        }

        Predictions predictions() {
            return new Predictions(
                    Arrays.copyOf(probabilities, done), Arrays.copyOf(labels, done), Arrays.copyOf(photos, done));
        }
    }

    /** The first {@code batches} full batches of a loader's first epoch, the same at each use. */
    public static LabelledFeed feed(Loader loader, int batches, int size) {
        return consumer -> {
            try (Epoch epoch = loader.epoch(0)) {
                for (int b = 0; b < batches && epoch.hasNext(); b++) {
                    try (Batch batch = epoch.next();
                            PointerScope scope = new PointerScope()) {
                        consumer.accept(
                                images(batch.nhwc(), batch.size(), size), Engine.onDevice(Tensors.of(batch.labels())));
                    }
                }
            }
        };
    }
}
