package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.artifact.RunFolder;
import io.meristem.data.folder.Split;
import io.meristem.data.image.Views;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.explain.HeatmapMethod;
import io.meristem.predict.Answer;
import io.meristem.predict.Predictor;
import io.meristem.rank.RankOptions;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import io.meristem.tune.Method;
import io.meristem.weights.NetworkState;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** A network whose weights are finite and whose numbers overflow all the same: nobody makes an answer of that. */
class OverflowTest {

    @TempDir
    static Path folder;

    private static Path photos;
    private static Path run;

    @BeforeAll
    static void train() throws IOException {
        photos = ColourPhotos.write(folder.resolve("photos"), 4, 2, 2);
        run = folder.resolve("run");
        TrainJob.run(
                TinyRuns.run(TinyRuns.train(TinyRuns.lora(), 1, 3), photos, null),
                run,
                folder.resolve("cache"),
                JobListener.NONE);
        Files.delete(run.resolve(RunFolder.PREDICTIONS));
        Files.delete(run.resolve(RunFolder.CALIBRATION));
        overflowing(run.resolve(RunFolder.BEST), 3, run.resolve(RunFolder.BEST));
    }

    private static void overflowing(Path from, int classes, Path to) throws IOException {
        try (Network network = new Network(Models.find(TinyRuns.MODEL), classes).materialize(0);
                PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            NetworkState.read(from, network, NetworkState.ALL);
            Tensor head = network.head().weight().value();
            Tensors.inPlace(head, head.fill_(new Scalar(1e38)));
            network.batchNorms().values().forEach(norm -> {
                Tensor bias = norm.params().get("bias").value();
                Tensors.inPlace(bias, bias.fill_(new Scalar(1e3)));
            });
            NetworkState.write(
                    to, network, NetworkState.ALL, Map.of("format", "meristem-network", "model", TinyRuns.MODEL));
        }
    }

    private static void refuses(Executable work) {
        InputException e = assertThrows(InputException.class, work);
        assertTrue(e.getMessage().contains("numbers overflow"), e.getMessage());
    }

    @Test
    void aPhotoGetsALineThatSaysWhy() throws Exception {
        List<Path> files = List.of(photos.resolve("test/red/0.png"), photos.resolve("test/blue/0.png"));
        List<Answer> answers = new ArrayList<>();
        for (Views views : List.of(Views.ONE, Views.FLIPS)) {
            try (Predictor predictor =
                    PredictJob.open(new PredictJob.Request(run, null, 3, views, new Abstention(null, null)), 1)) {
                predictor.predict(files.iterator(), false, 1, answers::add);
                answers.add(predictor.predict(files.get(0)));
            }
        }
        assertEquals(6, answers.size());
        for (Answer answer : answers) {
            assertNull(answer.name());
            assertEquals(List.of(), answer.guesses());
            assertTrue(answer.problem().contains("numbers overflow"), answer.problem());
            assertTrue(answer.problem().contains(".png: "), answer.problem());
        }
    }

    @Test
    void nothingIsJudged() {
        Path cache = folder.resolve("cache");
        Path table = folder.resolve("answers.csv");
        InputException e = assertThrows(
                InputException.class,
                () -> EvaluateJob.run(EvaluateJob.Request.of(run).withPredictions(table), 1, cache, JobListener.NONE));
        assertTrue(e.getMessage().contains("overflow on 6 of 6 photos, the first is test/blue/0.png"), e.getMessage());
        assertFalse(Files.exists(table));
        refuses(() -> CalibrateJob.run(run, null, 1, cache, JobListener.NONE));
        assertFalse(Files.exists(run.resolve(RunFolder.CALIBRATION)));
        assertFalse(Files.exists(run.resolve(RunFolder.PREDICTIONS)));
        refuses(() -> CompareJob.run(List.of(run, folder.resolve("other")), Split.TEST, 0, 1, cache, JobListener.NONE));
        refuses(() -> HeatmapJob.write(
                HeatmapJob.Request.of(run, null, HeatmapMethod.GRAD_CAM, null),
                List.of(photos.resolve("test/red/0.png")),
                folder.resolve("heat"),
                1));
        refuses(() -> HeatmapJob.write(
                HeatmapJob.Request.of(run, null, HeatmapMethod.OCCLUSION, "red"),
                List.of(photos.resolve("test/red/0.png")),
                folder.resolve("heat"),
                1));
    }

    /** Pretrained weights whose body overflows, the new head being another one: neither ranks nor a training come of them, and both say why. */
    @Test
    void noTrainingBegins() throws IOException {
        Path weights = folder.resolve("wild.safetensors");
        Path calm = TinyRuns.pretrained(folder);
        try (Network network = new Network(Models.find(TinyRuns.MODEL), 10).materialize(0);
                PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            NetworkState.read(calm, network, NetworkState.ALL);
            // Opposite infinities meet in a sum, which no activation can clamp.
            network.batchNorms().values().forEach(norm -> {
                Tensor bias = norm.params().get("bias").value();
                float[] ends = new float[Math.toIntExact(bias.numel())];
                for (int i = 0; i < ends.length; i++) {
                    ends[i] = i % 2 == 0 ? 3e38f : -3e38f;
                }
                Tensors.inPlace(bias, bias.copy_(Tensors.of(ends, ends.length)));
            });
            NetworkState.write(
                    weights, network, NetworkState.ALL, Map.of("format", "meristem-network", "model", TinyRuns.MODEL));
        }
        assertTrue(refusal(weights, TinyRuns.dra(RankOptions.DEFAULT)).contains("numbers overflow"));
        String lora = refusal(weights, TinyRuns.lora());
        assertTrue(lora.contains("step 1: the loss became NaN; first numbers that are not finite"), lora);
    }

    private static String refusal(Path weights, Method method) {
        Path out = folder.resolve("wild");
        RuntimeException e = assertThrows(
                RuntimeException.class,
                () -> TrainJob.run(
                        TinyRuns.run(TinyRuns.train(method, 1, 3), photos, weights),
                        out,
                        folder.resolve("cache"),
                        JobListener.NONE));
        assertFalse(Files.exists(out), e.getMessage());
        return e.getMessage();
    }
}
