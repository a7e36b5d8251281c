package io.meristem.examples;

import io.meristem.Meristem;
import io.meristem.data.image.UnreadableImageException;
import io.meristem.data.image.Views;
import io.meristem.job.Abstention;
import io.meristem.job.PredictJob;
import io.meristem.predict.Answer;
import io.meristem.predict.Predictor;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** One predictor, asked by several threads at once, as a service would: photos come as bytes. */
public final class ServePredictions {

    private static final int CLIENTS = 4;

    private ServePredictions() {}

    /** Arguments: the folder of a run, and a folder with photos. */
    public static void main(String[] args) throws IOException, InterruptedException, ExecutionException {
        run(Path.of(args[0]), Path.of(args[1]), System.out);
    }

    static List<Answer> run(Path run, Path photos, PrintStream console)
            throws IOException, InterruptedException, ExecutionException {
        // Two views of each photo; answers less probable than 60 % do not count.
        PredictJob.Request request = new PredictJob.Request(run, null, 1, Views.MIRROR, new Abstention(0.6, null));
        List<Answer> answers = new ArrayList<>();
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try (Predictor predictor = Meristem.predictor(request, 2)) {
            List<Future<Answer>> waiting = new ArrayList<>();
            for (Path photo : list(photos)) {
                waiting.add(clients.submit(() -> ask(predictor, Files.readAllBytes(photo))));
            }
            for (Future<Answer> answer : waiting) {
                answers.add(answer.get());
                console.println(answer.get() == null ? "no photo" : answer.get().name());
            }
        } finally {
            clients.shutdown();
        }
        return answers;
    }

    /** Null for bytes that are no photo. */
    private static Answer ask(Predictor predictor, byte[] upload) {
        try {
            return predictor.predict(upload);
        } catch (UnreadableImageException e) {
            return null;
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }
}
