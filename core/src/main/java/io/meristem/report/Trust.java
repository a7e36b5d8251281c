package io.meristem.report;

import io.meristem.artifact.Calibration;
import io.meristem.eval.Coverage;
import io.meristem.eval.Interval;
import io.meristem.eval.Reliability;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** How far a run's probabilities can be trusted. */
record Trust(Calibration calibration) {

    private static final int GREY = -1;

    /** The photos that are shown: test photos, or validation photos where there are none. */
    private Calibration.Side shown() {
        return calibration.test() == null ? calibration.val() : calibration.test();
    }

    /** "test" or "validation". */
    String side() {
        return calibration.test() == null ? "validation" : "test";
    }

    String sentence() {
        String fitted = NumberFormats.format(
                "The temperature is %.3f, fitted on %s: predictions divide the network's outputs by it, which %s.",
                calibration.temperature(),
                NumberFormats.count(calibration.photos(), "validation photo"),
                calibration.temperature() == 1
                        ? "leaves the probabilities as they are"
                        : "makes the answers " + (calibration.temperature() > 1 ? "less" : "more")
                                + " sure of themselves and changes none of them");
        return calibration.note() == null ? fitted : fitted + " " + calibration.note();
    }

    Grid sides() {
        Grid grid = Grid.of(
                "calibration",
                "Probabilities before and after",
                "photos of",
                "temperature",
                "photos",
                "accuracy",
                "probability",
                "calibration error",
                "log loss");
        rows(grid, "test", calibration.test());
        rows(grid, "validation", calibration.val());
        return grid;
    }

    private void rows(Grid grid, String name, Calibration.Side side) {
        if (side != null) {
            row(grid, name, "1", side.before());
            row(grid, name, NumberFormats.format("%.3f", calibration.temperature()), side.after());
        }
    }

    private static void row(Grid grid, String name, String temperature, Reliability r) {
        grid.row(
                TableCell.text(name),
                TableCell.number(temperature),
                TableCell.number(r.photos()),
                TableCell.number(NumberFormats.percent(r.accuracy())),
                TableCell.number(NumberFormats.percent(r.confidence())),
                TableCell.number(NumberFormats.percent(r.calibrationError())),
                TableCell.number(NumberFormats.score(r.logLoss())));
    }

    Figure reliability() {
        List<Double> xs = new ArrayList<>();
        shown().before().bins().forEach(bin -> xs.add((bin.from() + bin.to()) / 2));
        return new Figure(
                "reliability",
                "Reliability, " + side() + " photos",
                "How often answers of a probability are right. Probabilities that can be trusted lie on the dashed line; below it the network is too sure. Ranges"
                        + " with few photos scatter.",
                new Plot(
                        "probability of the class named",
                        "share right",
                        true,
                        true,
                        false,
                        false,
                        xs,
                        List.of(
                                new Plot.Series("as right as sure", GREY, true, xs, null, null),
                                Plot.Series.line("as the network gives them", 1, accuracies(shown().before())),
                                Plot.Series.line("at the temperature", 0, accuracies(shown().after()))),
                        List.of()));
    }

    private static List<Double> accuracies(Reliability r) {
        List<Double> values = new ArrayList<>();
        r.bins().forEach(bin -> values.add(bin.photos() == 0 ? null : bin.accuracy()));
        return values;
    }

    Grid bins() {
        Grid grid = Grid.of(
                "bins",
                "Answers by their probability, " + side() + " photos",
                "probability",
                "photos before",
                "right",
                "photos after",
                "right");
        for (int b = Reliability.BINS - 1; b >= 0; b--) {
            Reliability.Bin before = shown().before().bins().get(b);
            Reliability.Bin after = shown().after().bins().get(b);
            if (before.photos() + after.photos() > 0) {
                grid.row(
                        TableCell.text(NumberFormats.format("%.1f to %.1f %%", 100 * before.from(), 100 * before.to())),
                        TableCell.number(before.photos()),
                        TableCell.number(NumberFormats.percent(before.photos() == 0 ? null : before.accuracy())),
                        TableCell.number(after.photos()),
                        TableCell.number(NumberFormats.percent(after.photos() == 0 ? null : after.accuracy())));
            }
        }
        return grid;
    }

    Grid coverage() {
        Grid grid = Grid.of(
                "coverage",
                "When answers below a probability are withheld",
                "least probability",
                "answered",
                "of the photos",
                "right",
                "95 % interval");
        for (Coverage.Point point : shown().coverage()) {
            grid.row(
                    TableCell.text(
                            point.threshold() == 0 ? "all answers" : NumberFormats.setPercent(point.threshold())),
                    TableCell.number(point.answered()),
                    TableCell.number(NumberFormats.percent(point.coverage())),
                    TableCell.number(NumberFormats.percent(point.accuracy())),
                    TableCell.number(
                            point.answered() == 0
                                    ? NumberFormats.percent((Double) null)
                                    : NumberFormats.percent(Interval.wilson(point.right(), point.answered()))));
        }
        return grid;
    }

    Figure curve() {
        List<Coverage.Point> points = shown().curve();
        return new Figure(
                "withheld",
                "Fewer answers, better answers",
                "Share of the answers that are right when only the surest are given, from few answers on the left to all on the right.",
                new Plot(
                        "share of the photos answered",
                        "right, of the answers",
                        true,
                        false,
                        false,
                        false,
                        values(points, Coverage.Point::coverage),
                        List.of(Plot.Series.line("right", 0, values(points, Coverage.Point::accuracy))),
                        List.of()));
    }

    private static List<Double> values(List<Coverage.Point> points, Function<Coverage.Point, Double> value) {
        return points.stream().map(value).toList();
    }
}
