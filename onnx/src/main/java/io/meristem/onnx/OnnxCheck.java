package io.meristem.onnx;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.data.image.Preprocess;
import io.meristem.data.image.RgbImage;
import io.meristem.eval.Predictions;
import io.meristem.execute.Network;
import io.meristem.tune.Inference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;

/** Whether an ONNX file gives the logits that its network gives: differences are shares of the largest logit. */
public final class OnnxCheck {

    /** For one network in two runtimes, float32 both. */
    public static final double TOLERANCE = 1e-4;

    /** Of the numbers of a photo's image, those that may be one grey level off. */
    private static final double MOST_OFF = 0.01;

    private static final double ROUNDING = 1e-3;

    /**
     * On one photo.
     *
     * @param logits the difference between the network's and the file's, of the same image
     * @param off the share of the image's numbers that the file's own scaling rounds to another grey level: the order of a sum decides now and then. 1 where one of
     *     them is not the next.
     */
    public record OnPhoto(double logits, double off) {

        public boolean passes() {
            return logits <= TOLERANCE && off <= MOST_OFF;
        }
    }

    private static final int[] BATCHES = {3, 1};

    private final Network network;
    private final OnnxClassifier file;
    private final Preprocess preprocess;

    /** @param network in evaluation form, float32 */
    public OnnxCheck(Network network, OnnxClassifier file) {
        this.network = network;
        this.file = file;
        this.preprocess = file.preprocess();
    }

    /** The largest difference on random images, or random photos that need no scaling, three together and one alone. */
    public double onRandom(long seed) {
        Random random = new Random(seed);
        double largest = 0;
        for (int n : BATCHES) {
            FloatBuffer images = buffer(n);
            for (int i = 0; i < images.capacity(); i++) {
                images.put(i, (float) random.nextGaussian());
            }
            if (file.card().input() == OnnxInput.PHOTOS) {
                List<RgbImage> photos = Frames.of(images, n, preprocess);
                prepare(photos, images);
            }
            largest = Math.max(largest, difference(ours(images, n), file.logits(images, n)));
        }
        return largest;
    }

    /** On a photo as it was decoded. */
    public OnPhoto on(RgbImage photo) {
        FloatBuffer image = buffer(1);
        prepare(List.of(photo), image);
        if (file.card().input() == OnnxInput.IMAGES) {
            return new OnPhoto(difference(ours(image, 1), file.logits(image, 1)), 0);
        }
        OnnxClassifier.Seen seen = file.see(photo);
        double off = off(image, seen.image());
        image.put(0, seen.image());
        return new OnPhoto(difference(ours(image, 1), new float[][] {seen.logits()}), off);
    }

    private double off(FloatBuffer ours, float[] theirs) {
        float[] std = preprocess.std();
        int count = 0;
        for (int i = 0; i < theirs.length; i++) {
            double levels = Math.abs((double) ours.get(i) - theirs[i]) * std[i % 3] * 255;
            if (!(levels <= 1 + ROUNDING)) {
                return 1;
            }
            count += levels > ROUNDING ? 1 : 0;
        }
        return (double) count / theirs.length;
    }

    private FloatBuffer buffer(int n) {
        return ByteBuffer.allocateDirect(Math.multiplyExact(n * Float.BYTES, preprocess.length()))
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    private void prepare(List<RgbImage> photos, FloatBuffer images) {
        for (int i = 0; i < photos.size(); i++) {
            preprocess.apply(photos.get(i), images, i * preprocess.length());
        }
    }

    private float[][] ours(FloatBuffer images, int n) {
        try (PointerScope scope = new PointerScope()) {
            return Inference.logits(network, Inference.images(images, n, preprocess.size()));
        }
    }

    /**
     * The largest, as a share of the largest of our logits.
     *
     * @throws InputException when one of ours is not finite
     */
    private static double difference(float[][] ours, float[][] theirs) {
        double largest = 0;
        double scale = Float.MIN_NORMAL;
        for (int i = 0; i < ours.length; i++) {
            if (!Predictions.isAnswer(ours[i])) {
                throw new InputException(
                        ErrorCode.NOT_FINITE,
                        "The network's numbers overflow, so that no file can be compared with it, and none was written: its weights are damaged, or its training went wrong.");
            }
            for (int c = 0; c < ours[i].length; c++) {
                double difference = Math.abs((double) ours[i][c] - theirs[i][c]);
                // One that is no number must not count as equal.
                largest = difference >= 0 ? Math.max(largest, difference) : Double.POSITIVE_INFINITY;
                scale = Math.max(scale, Math.abs(ours[i][c]));
            }
        }
        return largest / scale;
    }
}
