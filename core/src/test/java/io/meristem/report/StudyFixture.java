package io.meristem.report;

import io.meristem.artifact.Json;
import io.meristem.artifact.RunResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A study folder: two methods with three seeds each, a method with one seed, a failed run and two tables, one with published numbers. */
final class StudyFixture {

    static final String FAILURE = "The loss of epoch 2 is no number: choose a smaller learning rate.";

    /** Test accuracies by method, in the order of the seeds. */
    final Map<String, List<Double>> accuracies = new LinkedHashMap<>();

    private final Path study;
    private final Path photos;
    private final StringBuilder lines = new StringBuilder();

    private StudyFixture(Path study, Path photos) {
        this.study = study;
        this.photos = photos;
    }

    static StudyFixture write(Path study, Path photos, List<String> classes) throws IOException {
        StudyFixture fixture = new StudyFixture(study, photos);
        Files.createDirectories(study.resolve("tables"));
        Files.writeString(
                study.resolve("study.json"),
                Json.pretty(Map.of("title", "Leaves & <seeds>", "seeds", List.of(0, 1, 2))));
        for (long seed = 0; seed < 3; seed++) {
            fixture.run(RunFixture.dra(classes, seed), "dra", seed);
            fixture.run(RunFixture.lora(classes, 10 + seed), "lora r=2", seed);
        }
        fixture.run(RunFixture.lora(classes, 20), "lora r=4", 0);
        fixture.fail();
        Files.writeString(study.resolve("runs.jsonl"), fixture.lines);
        fixture.tables();
        return fixture;
    }

    private void run(RunFixture run, String method, long seed) throws IOException {
        String key = method.replace(' ', '-') + "-" + seed;
        RunResult result = run.write(study.resolve("runs").resolve(key), photos);
        accuracies
                .computeIfAbsent(method, m -> new ArrayList<>())
                .add(result.test().accuracy());
        Map<String, Object> line = line(key, method, seed, "finished");
        line.put("folder", "runs/" + key);
        line.put(
                "val",
                Map.of(
                        "accuracy",
                        result.val().accuracy(),
                        "macro_f1",
                        result.val().macroF1()));
        line.put(
                "test",
                Map.of(
                        "accuracy",
                        result.test().accuracy(),
                        "macro_f1",
                        result.test().macroF1()));
        line.put("average_mib", result.averageMib());
        line.put("head_mib", result.headMib());
        line.put("seconds_per_epoch", result.secondsPerEpoch());
        lines.append(Json.line(line)).append('\n');
    }

    private void fail() {
        Map<String, Object> line = line("full-0", "full", 0, "failed");
        line.put("error", FAILURE);
        lines.append(Json.line(line)).append('\n');
    }

    private static Map<String, Object> line(String key, String method, long seed, String status) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("key", key);
        line.put("model", "mobilenet_v2_035");
        line.put("data", "colours");
        line.put("method", method);
        line.put("seed", seed);
        line.put("status", status);
        return line;
    }

    private void tables() throws IOException {
        table("table2", "Second table", null);
        table(
                "table10",
                "Tenth table",
                Map.of(
                        "caption",
                        "Table 10 of the source",
                        "columns",
                        List.of("method", "mAP"),
                        "rows",
                        List.of(List.of("DRA", "96.12"))));
        Files.writeString(study.resolve("tables/table10.md"), "| method | accuracy |\n|---|---|\n| dra | 1 |\n");
        Files.writeString(study.resolve("tables/table10.csv"), "method,accuracy\ndra,1\n");
        Files.writeString(study.resolve("tables/table10.tex"), "\\begin{tabular}{lr}</pre>\\end{tabular}\n");
    }

    private void table(String id, String title, Object published) throws IOException {
        Map<String, Object> table = new LinkedHashMap<>();
        table.put("id", id);
        table.put("title", title);
        table.put("caption", "Our own");
        table.put("columns", List.of("method", "accuracy", "size"));
        table.put("rows", List.of(List.of("dra", "0.1235", "–"), List.of("lora r=2", "87.5 ± 0.6", "3")));
        table.put("notes", List.of("Three seeds."));
        table.put("published", published);
        Files.writeString(study.resolve("tables").resolve(id + ".json"), Json.pretty(table));
    }
}
