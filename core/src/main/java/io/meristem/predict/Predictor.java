package io.meristem.predict;

import io.meristem.CancelledException;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.data.feed.PhotoStream;
import io.meristem.data.image.ImageDecoder;
import io.meristem.data.image.Preprocess;
import io.meristem.data.image.RgbImage;
import io.meristem.data.image.UnreadableImageException;
import io.meristem.data.image.Views;
import io.meristem.eval.Predictions;
import io.meristem.eval.Temperature;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Answers questions about photos with a classifier: prepares photos, averages views, calibrates, names classes.
 *
 * <p>Safe for concurrent calls: photos are decoded and scaled on the callers' threads, at the same time; the network, which has threads of its own,
 * takes one call after another. Calls to a closed predictor throw {@link IllegalStateException}; {@link #close} waits for the call in the network.
 */
public final class Predictor implements AutoCloseable {

    /** Photos and views that go through the network together. */
    private static final int BATCH = 16;

    /** Photos that may wait, decoded, for the network. */
    private static final int AHEAD = 2 * BATCH;

    /**
     * How to answer.
     *
     * @param top how many classes to name for each photo, at least 1
     * @param views whose probabilities are averaged
     * @param abstain an answer less probable than this is marked as unsure; 0 for none
     */
    public record Options(int top, Views views, double abstain) {

        public static final Options DEFAULT = new Options(3, Views.ONE, 0);

        public Options {
            if (top < 1) {
                throw new InputException(
                        ErrorCode.OUT_OF_RANGE,
                        "At least one class is to be named, not %s: give a larger %s.",
                        top,
                        Setting.TOP);
            }
            if (!(abstain >= 0 && abstain <= 1)) {
                throw new InputException(
                        ErrorCode.OUT_OF_RANGE,
                        "An answer cannot be withheld below the probability %s: give %s a value from 0 to 1.",
                        abstain,
                        Setting.ABSTAIN.the());
            }
        }
    }

    private final Classifier classifier;
    private final Options options;
    private final FloatBuffer buffer;
    private final int atOnce;
    private boolean closed;

    /** @param classifier from now on this object's, which closes it, also when this fails */
    public Predictor(Classifier classifier, Options options) {
        this.classifier = classifier;
        this.options = options;
        try {
            Preprocess preprocess = classifier.preprocess();
            options.views().requireFit(preprocess);
            int views = options.views().list().size();
            this.atOnce = Math.max(1, BATCH / views);
            this.buffer = ByteBuffer.allocateDirect(
                            Math.multiplyExact(atOnce * views, preprocess.length() * Float.BYTES))
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer();
        } catch (RuntimeException e) {
            classifier.close();
            throw e;
        }
    }

    /** Names in label order. */
    public List<String> classes() {
        return classifier.classes();
    }

    public Options options() {
        return options;
    }

    /** Whether probabilities have been calibrated on validation photos. */
    public boolean calibrated() {
        return classifier.temperature().isPresent();
    }

    /** @throws UnreadableImageException when the file is no photo that can be read */
    public Answer predict(Path photo) throws UnreadableImageException {
        RgbImage scaled = ImageDecoder.decode(photo, classifier.preprocess()::scaled);
        return answer(photo, probabilities(List.of(scaled)).get(0));
    }

    /**
     * @param photo contents of a photo's file, of any format that can be read
     * @throws UnreadableImageException when they are no photo that can be read
     */
    public Answer predict(byte[] photo) throws UnreadableImageException {
        return answer(null, ImageDecoder.decode(photo, Path.of("photo")));
    }

    /** @param photo upright, of any size; {@link RgbImage#of} makes one of a {@link java.awt.image.BufferedImage} */
    public Answer predict(RgbImage photo) {
        return answer(null, photo);
    }

    private Answer answer(Path file, RgbImage photo) {
        RgbImage scaled = classifier.preprocess().scaled(photo);
        return answer(file, probabilities(List.of(scaled)).get(0));
    }

    /**
     * Answers about many photos. The next ones are decoded while the network looks at others.
     *
     * @param photos may block until there is a next one; asked on another thread
     * @param streaming whether photos come in one by one, and each is to be answered as soon as it has come; otherwise photos wait for others, which
     *     is faster
     * @param threads that decode
     * @param consumer gets one answer per photo, in order, on this thread
     * @throws CancelledException when this thread is interrupted
     */
    public void predict(Iterator<Path> photos, boolean streaming, int threads, Consumer<Answer> consumer) {
        try (PhotoStream stream = new PhotoStream(photos, classifier.preprocess(), threads, AHEAD)) {
            for (List<PhotoStream.Decoded> batch = stream.next(BATCH, !streaming);
                    !batch.isEmpty();
                    batch = stream.next(BATCH, !streaming)) {
                Iterator<float[]> rows = probabilities(batch.stream()
                                .filter(photo -> photo.problem() == null)
                                .map(PhotoStream.Decoded::scaled)
                                .toList())
                        .iterator();
                for (PhotoStream.Decoded photo : batch) {
                    consumer.accept(
                            photo.problem() == null
                                    ? answer(photo.file(), rows.next())
                                    : Answer.none(photo.file(), photo.problem()));
                }
            }
        }
    }

    private Answer answer(Path file, float[] row) {
        if (!Predictions.isAnswer(row)) {
            return Answer.none(file, (file == null ? "" : file + ": ") + Predictions.OVERFLOW + ".");
        }
        List<Guess> guesses = IntStream.range(0, row.length)
                .boxed()
                .sorted(Comparator.comparingDouble(c -> -row[c]))
                .limit(options.top())
                .map(c -> new Guess(classes().get(c), row[c]))
                .toList();
        return new Answer(file, guesses, guesses.get(0).probability() < options.abstain(), null);
    }

    /**
     * Calibrated probabilities, one row per photo.
     *
     * @param scaled photos at evaluation scale
     */
    private List<float[]> probabilities(List<RgbImage> scaled) {
        Preprocess preprocess = classifier.preprocess();
        int views = options.views().list().size();
        double temperature = classifier.temperature().orElse(1);
        List<float[]> rows = new ArrayList<>();
        for (int from = 0; from < scaled.size(); from += atOnce) {
            int n = Math.min(atOnce, scaled.size() - from);
            float[][] logits;
            synchronized (this) {
                if (closed) {
                    throw new IllegalStateException("the predictor is closed");
                }
                for (int i = 0; i < n; i++) {
                    options.views().write(scaled.get(from + i), preprocess, buffer, i * views * preprocess.length());
                }
                logits = classifier.logits(buffer, n * views);
            }
            for (int i = 0; i < n; i++) {
                List<float[]> some = new ArrayList<>();
                for (int v = 0; v < views; v++) {
                    some.add(Temperature.softmax(logits[i * views + v]));
                }
                rows.add(Temperature.apply(Temperature.mean(some), temperature));
            }
        }
        return rows;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            classifier.close();
        }
    }
}
