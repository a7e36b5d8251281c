package io.meristem.report;

import io.meristem.artifact.Calibration;
import io.meristem.artifact.Json;
import io.meristem.artifact.PhotoAnswer;
import io.meristem.artifact.PredictionTable;
import io.meristem.artifact.Provenance;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunResult;
import io.meristem.data.folder.Split;
import io.meristem.engine.Engine;
import io.meristem.eval.Predictions;
import io.meristem.eval.Scores;
import io.meristem.rank.RankOptions;
import io.meristem.rank.SizeHistory;
import io.meristem.testing.TinyRuns;
import io.meristem.tune.Method;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Run folders as a training of four epochs leaves them, without a training: an update follows the second epoch of {@code dra}. */
final class RunFixture {

    static final int EPOCHS = 4;
    static final int TEST = 8;

    private final List<String> classes;
    private final Random random;
    private final long seed;
    private final Method method;
    private boolean synthetic;
    private boolean calibrated;
    private List<String> unreadable = List.of();

    private RunFixture(List<String> classes, Method method, long seed) {
        this.classes = classes;
        this.method = method;
        this.seed = seed;
        this.random = new Random(seed);
    }

    static RunFixture dra(List<String> classes, long seed) {
        return new RunFixture(classes, TinyRuns.dra(RankOptions.DEFAULT), seed);
    }

    static RunFixture lora(List<String> classes, long seed) {
        return new RunFixture(classes, TinyRuns.lora(), seed);
    }

    RunFixture synthetic() {
        synthetic = true;
        return this;
    }

    RunFixture calibrated() {
        calibrated = true;
        return this;
    }

    RunFixture unreadable(String... sentences) {
        unreadable = List.of(sentences);
        return this;
    }

    /**
     * @param photos {@value #TEST} test photos of each class are called {@code test/<class>/<i>.png} below it
     * @return the folder's result
     */
    RunResult write(Path run, Path photos) throws IOException {
        Files.createDirectories(run);
        RunConfig config = TinyRuns.run(TinyRuns.train(method, EPOCHS, seed), photos, null);
        Files.writeString(run.resolve(RunFolder.CONFIG), Json.pretty(config));
        Files.writeString(run.resolve(RunFolder.CLASSES), Json.pretty(classes));
        Files.writeString(run.resolve(RunFolder.PROVENANCE), Json.pretty(provenance()));
        List<PhotoAnswer> answers = new ArrayList<>();
        Scores val = judge("val", answers);
        Scores test = judge("test", answers);
        Files.writeString(run.resolve(RunFolder.PREDICTIONS), PredictionTable.text(classes, answers));
        if (calibrated) {
            Calibration calibration = Calibration.of(answers, List.of()).orElseThrow();
            Files.writeString(run.resolve(RunFolder.CALIBRATION), Json.pretty(calibration));
        }
        Files.writeString(run.resolve(RunFolder.METRICS), metrics(val.accuracy()));
        if (dra()) {
            Files.writeString(run.resolve(RunFolder.RANKS), ranks(1) + ranks(3));
        }
        List<SizeHistory.Span> sizes = dra()
                ? List.of(new SizeHistory.Span(1, 0.4), new SizeHistory.Span(3, 0.3))
                : List.of(new SizeHistory.Span(1, 0.5));
        RunResult result = new RunResult(
                method.label(),
                EPOCHS,
                3,
                val,
                test,
                8.5,
                sizes,
                SizeHistory.average(sizes, EPOCHS),
                0.02,
                6.5,
                List.of(),
                900);
        Files.writeString(run.resolve(RunFolder.RESULT), Json.pretty(result));
        return result;
    }

    private boolean dra() {
        return method.label().equals("dra");
    }

    private Provenance provenance() {
        Map<String, Map<Split, Integer>> photos = new LinkedHashMap<>();
        classes.forEach(name -> photos.put(name, Map.of(Split.TRAIN, 20, Split.VAL, 8, Split.TEST, TEST)));
        Engine.Info engine = new Engine.Info(
                "2.10", "1.5", "OpenBLAS", "AVX2", 1, 2, "a Java", "a system", List.of("MALLOC_ARENA_MAX=1"));
        return new Provenance(
                "0.1",
                engine,
                "f".repeat(64),
                photos,
                unreadable,
                List.of("3 of 24 test photos share a group with a training photo."),
                List.of(),
                synthetic,
                null,
                "no pretrained weights",
                seed,
                "float32",
                null);
    }

    /** Two in three photos are named rightly, and all answers are between sure and unsure. */
    private Scores judge(String side, List<PhotoAnswer> answers) {
        int n = classes.size() * TEST;
        Predictions predictions = new Predictions(new float[n][classes.size()], new int[n], new int[n]);
        for (int i = 0; i < n; i++) {
            int label = i / TEST;
            int named = random.nextInt(3) > 0 ? label : random.nextInt(classes.size());
            float sure = 0.6f + 0.4f * random.nextFloat();
            float[] row = predictions.probabilities()[i];
            java.util.Arrays.fill(row, (1 - sure) / (classes.size() - 1));
            row[named] = sure;
            predictions.labels()[i] = label;
            predictions.photos()[i] = i;
            answers.add(new PhotoAnswer(
                    side, side + "/" + classes.get(label) + "/" + i % TEST + ".png", label, row.clone()));
        }
        return Scores.of(predictions, classes);
    }

    private String metrics(double best) {
        StringBuilder lines = new StringBuilder();
        for (int epoch = 1; epoch <= EPOCHS; epoch++) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("epoch", epoch);
            line.put("rate", 1e-3);
            line.put("train_loss", 1.5 / epoch + 0.1 * random.nextDouble());
            line.put("train_accuracy", 0.4 + 0.1 * epoch + 0.05 * random.nextDouble());
            line.put("val_accuracy", epoch == 3 ? best : best - 0.05 * epoch);
            line.put("val_macro_f1", 0.5);
            line.put("val_map", 0.5);
            line.put("val_loss", 1.2 / epoch);
            line.put("best", epoch == 1 || epoch == 3);
            line.put("adapter_numbers", 1000);
            line.put("adapter_mib", dra() ? epoch < 3 ? 0.4 : 0.3 : 0.5);
            line.put("head_numbers", 100);
            line.put("change", 0.1 / epoch);
            line.put("threshold", dra() ? 0.1 / Math.min(2, epoch) : Double.NaN);
            line.put("reallocated", dra() && epoch == 2);
            line.put("field_of_a_later_version", "x");
            lines.append(Json.line(line)).append('\n');
        }
        return lines.toString();
    }

    private String ranks(int firstEpoch) {
        List<Map<String, Object>> layers = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            Map<String, Object> layer = new LinkedHashMap<>();
            layer.put("layer", "features." + i + ".conv");
            layer.put("kind", i % 2 == 0 ? "pointwise" : "depthwise");
            layer.put("cka_raw", 0.9);
            layer.put("importance", 0.2);
            layer.put("rank", i % 9 + firstEpoch % 2);
            layer.put("numbers", 10 * i);
            layers.add(layer);
        }
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("first_epoch", firstEpoch);
        line.put("layers", layers);
        return Json.line(line) + "\n";
    }
}
