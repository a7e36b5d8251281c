package io.meristem.report;

import io.meristem.artifact.EpochLine;
import io.meristem.eval.Spread;
import io.meristem.study.RunLine;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Plots over the runs of one network and one set of photos. */
final class StudyCurves {

    private static final double AFTER = 0.5;

    /** With more methods than these, bands and marks of updates cover each other and the lines. */
    private static final int TELLABLE = 6;

    private StudyCurves() {}

    /** Validation accuracy by method, or null when no run's folder tells. */
    static Figure validation(String id, StudyFiles study, Map<String, List<RunLine>> methods) {
        TreeSet<Integer> epochs = new TreeSet<>();
        methods.values()
                .forEach(runs -> study.folders(runs).forEach(run -> run.epochs().forEach(e -> epochs.add(e.epoch()))));
        List<Plot.Series> series = new ArrayList<>();
        List<Plot.Mark> marks = new ArrayList<>();
        boolean tellable = methods.size() <= TELLABLE;
        int colour = 0;
        for (Map.Entry<String, List<RunLine>> method : methods.entrySet()) {
            List<RunFiles> runs = study.folders(method.getValue());
            Plot.Series line = series(method.getKey(), colour, runs, epochs, tellable);
            if (line.values().stream().anyMatch(Objects::nonNull)) {
                series.add(line);
                marks.addAll(tellable ? marks(runs, colour) : List.of());
            }
            colour++;
        }
        if (series.isEmpty()) {
            return null;
        }
        return new Figure(
                id,
                "Validation accuracy, epoch by epoch",
                "Lines: mean over the seeds of a method."
                        + (tellable
                                ? " Bands: lowest to highest seed."
                                : " So many methods are shown without their spread and their updates: see the tables, and each run's own report.")
                        + (marks.isEmpty()
                                ? ""
                                : " Upright dashed lines: updates of the adapters, in the method's colour; the plainer, the more seeds had one there."),
                new Plot(
                        "epoch",
                        "validation accuracy",
                        true,
                        false,
                        false,
                        false,
                        epochs.stream().map(Integer::doubleValue).toList(),
                        series,
                        marks));
    }

    private static Plot.Series series(
            String method, int colour, List<RunFiles> runs, Set<Integer> epochs, boolean tellable) {
        List<Double> mean = new ArrayList<>();
        List<Double> low = new ArrayList<>();
        List<Double> high = new ArrayList<>();
        for (int epoch : epochs) {
            Spread spread = Spread.of(runs.stream()
                    .flatMap(run -> run.epochs().stream())
                    .filter(e -> e.epoch() == epoch)
                    .map(EpochLine::valAccuracy)
                    .toList());
            mean.add(spread == null ? null : spread.mean());
            low.add(spread == null ? null : spread.least());
            high.add(spread == null ? null : spread.most());
        }
        boolean band = tellable && runs.size() > 1;
        return new Plot.Series(method, colour, false, mean, band ? low : null, band ? high : null);
    }

    private static List<Plot.Mark> marks(List<RunFiles> runs, int colour) {
        Map<Integer, Integer> counts = new TreeMap<>();
        runs.forEach(run -> run.updates().forEach(epoch -> counts.merge(epoch, 1, Integer::sum)));
        List<Plot.Mark> marks = new ArrayList<>();
        counts.forEach((epoch, count) -> marks.add(new Plot.Mark(epoch + AFTER, colour, (double) count / runs.size())));
        return marks;
    }

    /** One point a run, or null when sizes or accuracies are not known. */
    static Figure sizes(String id, Map<String, List<RunLine>> methods) {
        List<RunLine> placed = methods.values().stream()
                .flatMap(List::stream)
                .filter(run -> run.accuracy() != null && run.trainedMib() != null && run.trainedMib() > 0)
                .sorted(Comparator.comparingDouble(RunLine::trainedMib))
                .toList();
        if (placed.isEmpty()) {
            return null;
        }
        List<Plot.Series> series = new ArrayList<>();
        int colour = 0;
        for (String method : methods.keySet()) {
            List<Double> values = new ArrayList<>();
            placed.forEach(run -> values.add(run.method().equals(method) ? run.accuracy() : null));
            series.add(Plot.Series.line(method, colour, values));
            colour++;
        }
        return new Figure(
                id,
                "Size and accuracy",
                "Each point is one run: all that it trained, head included (mean over the epochs, logarithmic scale), and its accuracy on the "
                        + (placed.stream().allMatch(run -> run.testAccuracy() != null) ? "test" : "test or validation")
                        + " photos. Up and to the left is better.",
                new Plot(
                        "trained, MiB",
                        "accuracy",
                        true,
                        false,
                        true,
                        true,
                        placed.stream().map(RunLine::trainedMib).toList(),
                        series,
                        List.of()));
    }
}
