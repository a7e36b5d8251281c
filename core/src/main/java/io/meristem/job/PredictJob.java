package io.meristem.job;

import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.data.ImageDecoder;
import io.meristem.data.Preprocess;
import io.meristem.data.UnreadableImageException;
import io.meristem.engine.Engine;
import io.meristem.nn.Network;
import io.meristem.tune.Inference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;

/** Says what is on photos, with a run's best state. */
public final class PredictJob {

    private static final int BATCH = 16;

    /** A class and its probability, not calibrated. */
    public record Guess(String name, double probability) {}

    /**
     * One photo's answer.
     *
     * @param guesses the most probable classes, best first; empty when the photo could not be read
     * @param problem why it could not be read, or null
     */
    public record Answer(Path photo, List<Guess> guesses, String problem) {}

    private PredictJob() {}

    /**
     * @param rank one that a DyLoRA run was trained for, or null for the run as it is
     * @param top how many classes to name for each photo
     * @param consumer gets one answer per photo, in order, as soon as it is known
     */
    public static void run(
            Path runPath, Integer rank, List<Path> photos, int top, int threads, Consumer<Answer> consumer) {
        RunFolder run = RunFolder.open(runPath).at(rank);
        RunConfig config = run.config();
        Engine.start(threads);
        Preprocess preprocess = config.model().preprocess();
        FloatBuffer buffer = ByteBuffer.allocateDirect(BATCH * preprocess.length() * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        try (Network network = Networks.tuned(run)) {
            network.train(false);
            for (int from = 0; from < photos.size(); from += BATCH) {
                List<Path> part = photos.subList(from, Math.min(from + BATCH, photos.size()));
                batch(network, preprocess, part, buffer, run.classes(), top).forEach(consumer);
            }
        }
    }

    private static List<Answer> batch(
            Network network,
            Preprocess preprocess,
            List<Path> photos,
            FloatBuffer buffer,
            List<String> classes,
            int top) {
        List<String> problems = new ArrayList<>();
        int readable = 0;
        for (Path photo : photos) {
            try {
                preprocess.apply(ImageDecoder.decode(photo), buffer, readable * preprocess.length());
                readable++;
                problems.add(null);
            } catch (UnreadableImageException e) {
                problems.add(e.getMessage());
            }
        }
        float[][] rows = new float[0][];
        if (readable > 0) {
            try (PointerScope scope = new PointerScope()) {
                rows = Inference.probabilities(network, Inference.images(buffer, readable, preprocess.size()));
            }
        }
        List<Answer> answers = new ArrayList<>();
        int row = 0;
        for (int i = 0; i < photos.size(); i++) {
            List<Guess> guesses = problems.get(i) == null ? best(rows[row++], classes, top) : List.of();
            answers.add(new Answer(photos.get(i), guesses, problems.get(i)));
        }
        return answers;
    }

    private static List<Guess> best(float[] row, List<String> classes, int top) {
        return IntStream.range(0, row.length)
                .boxed()
                .sorted(Comparator.comparingDouble(c -> -row[c]))
                .limit(top)
                .map(c -> new Guess(classes.get(c), row[c]))
                .toList();
    }
}
