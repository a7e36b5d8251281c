package io.meristem.report;

import io.meristem.artifact.EpochLine;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/** A run's course, epoch by epoch. */
final class RunCurves {

    /** An update stands between the epoch that it follows and the next one. */
    private static final double AFTER = 0.5;

    private static final int GREY = -1;

    private RunCurves() {}

    /** Loss, accuracy and, where there is one, the change that decides on updates; empty before the first epoch has ended. */
    static List<Figure> figures(RunFiles run) {
        List<Figure> figures = new ArrayList<>();
        if (run.epochs().isEmpty()) {
            return figures;
        }
        String marks = run.updates().isEmpty() ? "" : " Upright dashed lines: updates of the adapters.";
        figures.add(new Figure(
                "loss",
                "Loss",
                "The lower, the better. Training photos are varied at random and may be weighted, so the two curves need not meet."
                        + marks,
                plot(
                        run,
                        "loss (nats)",
                        false,
                        false,
                        line("training", 0, run, EpochLine::trainLoss),
                        line("validation", 1, run, EpochLine::valLoss))));
        figures.add(new Figure(
                "accuracy",
                "Accuracy",
                "Share of photos named rightly." + kept(run) + marks,
                plot(
                        run,
                        "accuracy",
                        true,
                        false,
                        line("training", 0, run, EpochLine::trainAccuracy),
                        line("validation", 1, run, EpochLine::valAccuracy))));
        if (run.epochs().stream().anyMatch(e -> e.threshold() != null)) {
            figures.add(new Figure(
                    "change",
                    "Change of the adapters",
                    "How much the adapters moved in each epoch. When the change falls below the threshold, the adapters are merged into the"
                            + " network and ranks are given anew." + marks,
                    plot(
                            run,
                            "relative change",
                            false,
                            true,
                            line("change", 0, run, EpochLine::change),
                            threshold(run))));
        }
        return figures;
    }

    /** Null when the size never changed: a sentence says more than a level line. */
    static Figure size(RunFiles run) {
        if (run.epochs().stream().map(EpochLine::adapterMib).distinct().count() < 2) {
            return null;
        }
        return new Figure(
                "size",
                "Size of the adapters",
                "What the method trains, in MiB of float32. Upright dashed lines: updates.",
                plot(run, "MiB", false, true, line("adapters", 2, run, EpochLine::adapterMib)));
    }

    static Grid epochs(RunFiles run) {
        Grid grid = Grid.of(
                "epochs",
                "Epoch by epoch",
                "epoch",
                "training loss",
                "validation loss",
                "training accuracy",
                "validation accuracy",
                "adapters, MiB",
                "change",
                "");
        for (EpochLine e : run.epochs()) {
            List<String> notes = new ArrayList<>();
            if (e.best()) {
                notes.add("best so far");
            }
            if (e.reallocated()) {
                notes.add("update");
            }
            grid.row(
                    TableCell.number(e.epoch()),
                    TableCell.number(NumberFormats.score(e.trainLoss())),
                    TableCell.number(NumberFormats.score(e.valLoss())),
                    TableCell.number(NumberFormats.percent(e.trainAccuracy())),
                    TableCell.number(NumberFormats.percent(e.valAccuracy())),
                    TableCell.number(NumberFormats.format("%.2f", e.adapterMib())),
                    TableCell.number(NumberFormats.number(e.change())),
                    TableCell.text(String.join(", ", notes)));
        }
        return grid;
    }

    private static String kept(RunFiles run) {
        return run.result() == null
                ? ""
                : " The network of epoch " + run.result().bestEpoch() + " was kept"
                        + (run.result().val() == null ? ", the last." : ", the best on the validation photos.");
    }

    /** What each epoch's change was compared with: the threshold after the epoch before. */
    private static Plot.Series threshold(RunFiles run) {
        List<Double> values = new ArrayList<>();
        Double before = null;
        for (EpochLine epoch : run.epochs()) {
            values.add(before);
            before = epoch.threshold();
        }
        return new Plot.Series("threshold", 1, true, values, null, null);
    }

    private static Plot.Series line(String label, int colour, RunFiles run, Function<EpochLine, Double> value) {
        List<Double> values = new ArrayList<>();
        run.epochs().forEach(e -> values.add(value.apply(e)));
        return Plot.Series.line(label, colour, values);
    }

    private static Plot plot(RunFiles run, String yLabel, boolean percent, boolean fromZero, Plot.Series... series) {
        List<Plot.Series> shown = new ArrayList<>();
        for (Plot.Series one : series) {
            if (one.values().stream().anyMatch(Objects::nonNull)) {
                shown.add(one);
            }
        }
        List<Double> xs = run.epochs().stream().map(e -> (double) e.epoch()).toList();
        List<Plot.Mark> marks = run.updates().stream()
                .map(e -> new Plot.Mark(e + AFTER, GREY, 1))
                .toList();
        return new Plot("epoch", yLabel, percent, fromZero, false, false, xs, shown, marks);
    }
}
