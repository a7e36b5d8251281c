package io.meristem.report;

import io.meristem.artifact.Json;
import io.meristem.eval.Scores;
import io.meristem.eval.Spread;
import io.meristem.study.RunLine;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** What the page of a study shows. */
record StudyPage(StudyFiles study) {

    /** What was learnt with one network from one set of photos. */
    record Block(String title, Grid accuracy, Figure curves, Figure sizes) {}

    /** The rank maps of one method in one setting, one for each seed. */
    record Maps(String title, List<RankMap> maps) {}

    String title() {
        return study.name();
    }

    /** Whether all photos are drawn, some, or none that we know of: 1, 0 or -1. */
    int synthetic() {
        List<Boolean> drawn = study.folders().values().stream()
                .map(run -> run.provenance().synthetic())
                .distinct()
                .toList();
        return drawn.size() == 2 ? 0 : drawn.equals(List.of(true)) ? 1 : -1;
    }

    List<TableCell> tiles() {
        List<RunLine> finished = study.compared();
        List<TableCell> tiles = new ArrayList<>();
        int tuning = study.finished().size() - finished.size();
        if (tuning > 0) {
            tiles.add(tile(tuning, "finished runs that chose settings"));
        }
        tiles.addAll(List.of(
                tile(finished.size(), tuning > 0 ? "finished runs that compare" : "finished runs"),
                tile(study.failed().size(), "failed runs"),
                tile(finished.stream().map(RunLine::method).distinct().count(), "methods"),
                tile(finished.stream().map(RunLine::model).distinct().count(), "networks"),
                tile(finished.stream().map(RunLine::data).distinct().count(), "photo sets"),
                tile(finished.stream().map(RunLine::seed).distinct().count(), "seeds")));
        return tiles;
    }

    private static TableCell tile(long value, String name) {
        return new TableCell(String.valueOf(value), true, null, name);
    }

    /** A sentence for each method of the study. */
    List<String> methods() {
        Set<String> sentences = new LinkedHashSet<>();
        for (RunLine run : study.runs()) {
            if (run.tuned()) {
                continue;
            }
            RunFiles files = study.folders().get(run.key());
            // A study may call a method what it likes; its run knows what it is.
            sentences.add(
                    files == null
                            ? RunSettings.sentence(run.method())
                            : RunSettings.sentence(files.config().train().method()));
        }
        return List.copyOf(sentences);
    }

    List<String> cautions() {
        List<String> sentences = new ArrayList<>();
        Set<String> lone = new LinkedHashSet<>();
        for (StudyFiles.ModelOnData setting : study.settings()) {
            study.byMethod(setting).forEach((method, runs) -> {
                if (runs.size() == 1) {
                    lone.add(method + " (" + setting.model() + ", " + setting.data() + ")");
                }
            });
        }
        if (!lone.isEmpty()) {
            sentences.add("Of these there is one run only, which says nothing of the spread over seeds: "
                    + String.join("; ", lone) + ".");
        }
        if (!study.failed().isEmpty()) {
            sentences.add("Failed runs: " + study.failed().size()
                    + ". They count in no mean; what they said stands further down.");
        }
        Set<String> notes = new LinkedHashSet<>();
        study.folders().values().forEach(run -> run.provenance().dataNotes().forEach(note -> {
            notes.add(run.dataName() + ": " + note);
        }));
        sentences.addAll(notes);
        int absent = study.finished().size() - study.folders().size();
        if (absent > 0) {
            sentences.add("The folders of " + NumberFormats.count(absent, "finished run")
                    + " are not there: their curves and ranks are missing here.");
        }
        return sentences;
    }

    List<Block> blocks() {
        List<Block> blocks = new ArrayList<>();
        for (StudyFiles.ModelOnData setting : study.settings()) {
            Map<String, List<RunLine>> methods = study.byMethod(setting);
            int n = blocks.size() + 1;
            blocks.add(new Block(
                    setting.model() + " on " + setting.data(),
                    accuracy("accuracy-" + n, methods),
                    StudyCurves.validation("curves-" + n, study, methods),
                    StudyCurves.sizes("scatter-" + n, methods)));
        }
        return blocks;
    }

    private Grid accuracy(String id, Map<String, List<RunLine>> methods) {
        Grid grid = Grid.of(
                id,
                "Mean over the seeds, and the standard deviation from seed to seed",
                "method",
                "seeds",
                "test photos",
                "test accuracy",
                "lowest to highest",
                "macro F1",
                "validation accuracy",
                "method, MiB",
                "head, MiB",
                "seconds an epoch");
        methods.forEach((method, runs) -> {
            Spread test = Spread.of(runs.stream().map(RunLine::testAccuracy).toList());
            grid.row(
                    TableCell.text(method),
                    TableCell.number(runs.size() == 1 ? "one run" : String.valueOf(runs.size())),
                    TableCell.number(testPhotos(runs)),
                    TableCell.number(percent(test)),
                    TableCell.number(
                            test == null || test.n() < 2
                                    ? "–"
                                    : NumberFormats.format("%.1f to %.1f %%", 100 * test.least(), 100 * test.most())),
                    TableCell.number(
                            mean(runs.stream().map(RunLine::testMacroF1).toList(), "%.3f")),
                    TableCell.number(percent(
                            Spread.of(runs.stream().map(RunLine::valAccuracy).toList()))),
                    TableCell.number(mean(runs.stream().map(RunLine::averageMib).toList(), "%.2f")),
                    TableCell.number(mean(runs.stream().map(RunLine::headMib).toList(), "%.2f")),
                    TableCell.number(
                            mean(runs.stream().map(RunLine::secondsPerEpoch).toList(), "%.1f")));
        });
        return grid;
    }

    private String testPhotos(List<RunLine> runs) {
        List<String> counts = study.folders(runs).stream()
                .map(run -> run.result() == null ? null : run.result().test())
                .filter(Objects::nonNull)
                .map(Scores::photos)
                .distinct()
                .map(String::valueOf)
                .toList();
        return counts.isEmpty() ? "–" : String.join(", ", counts);
    }

    private static String percent(Spread spread) {
        return spread == null
                ? "–"
                : spread.n() < 2
                        ? NumberFormats.percent(spread.mean())
                        : NumberFormats.format("%.1f ± %.1f %%", 100 * spread.mean(), 100 * spread.deviation());
    }

    private static String mean(List<Double> values, String format) {
        Spread spread = Spread.of(values);
        return spread == null ? "–" : NumberFormats.format(format, spread.mean());
    }

    List<Maps> maps() {
        List<Maps> maps = new ArrayList<>();
        for (StudyFiles.ModelOnData setting : study.settings()) {
            study.byMethod(setting).forEach((method, runs) -> {
                List<RankMap> some = new ArrayList<>();
                for (RunLine run : runs) {
                    RunFiles files = study.folders().get(run.key());
                    if (files != null && !files.ranks().isEmpty()) {
                        some.add(RankMap.of("ranks-" + run.key(), "Seed " + run.seed(), files.ranks()));
                    }
                }
                if (!some.isEmpty()) {
                    maps.add(new Maps(method + ", " + setting.model() + " on " + setting.data(), some));
                }
            });
        }
        return maps;
    }

    Grid failed() {
        Grid grid = Grid.of("failed", "What the runs said", "run", "network", "photos", "method", "seed", "why");
        study.failed()
                .forEach(run -> grid.row(
                        TableCell.text(run.key()),
                        TableCell.text(run.model()),
                        TableCell.text(run.data()),
                        TableCell.text(run.methodAndTrial()),
                        TableCell.number(run.seed()),
                        TableCell.text(run.error() == null ? "no reason known" : run.error())));
        return grid;
    }

    Grid runs() {
        Grid grid = Grid.of(
                "runs",
                "Every finished run",
                "run",
                "method",
                "seed",
                "test accuracy",
                "macro F1",
                "validation accuracy",
                "method, MiB",
                "seconds an epoch");
        study.finished()
                .forEach(run -> grid.row(
                        TableCell.text(run.key()),
                        TableCell.text((run.tuned() ? "tuning: " : "") + run.methodAndTrial()),
                        TableCell.number(run.seed()),
                        TableCell.number(NumberFormats.percent(run.testAccuracy())),
                        TableCell.number(NumberFormats.score(run.testMacroF1())),
                        TableCell.number(NumberFormats.percent(run.valAccuracy())),
                        TableCell.number(
                                run.averageMib() == null ? "–" : NumberFormats.format("%.2f", run.averageMib())),
                        TableCell.number(
                                run.secondsPerEpoch() == null
                                        ? "–"
                                        : NumberFormats.format("%.1f", run.secondsPerEpoch()))));
        return grid;
    }

    String specification() {
        return Json.pretty(study.specification());
    }
}
