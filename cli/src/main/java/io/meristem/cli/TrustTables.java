package io.meristem.cli;

import io.meristem.artifact.Calibration;
import io.meristem.eval.Coverage;
import io.meristem.eval.Interval;
import io.meristem.eval.Reliability;
import io.meristem.job.EvaluateJob;
import java.io.PrintWriter;
import java.util.Locale;

/** Says how far probabilities can be trusted. */
final class TrustTables {

    private TrustTables() {}

    static void print(PrintWriter out, EvaluateJob.Trust trust) {
        if (trust.temperature() == null) {
            out.println(
                    "The probabilities are not calibrated; 'meristem calibrate' does that for a run with validation photos.");
        } else {
            out.printf(
                    Locale.ROOT,
                    "Probabilities at temperature %.3f%s%n",
                    trust.temperature(),
                    trust.fittedHere() ? "; it was fitted on photos that are among these, which flatters:" : ":");
        }
        print(out, trust.side());
        if (trust.abstained() != null) {
            out.println();
            Coverage.Point point = trust.abstained();
            out.printf(
                    Locale.ROOT,
                    "Below a probability of %.1f %% unsure: %d of %d photos are answered%s.%n",
                    100 * point.threshold(),
                    point.answered(),
                    point.photos(),
                    point.answered() == 0
                            ? ""
                            : ", " + percent(point.accuracy()) + " of them rightly (95 % interval " + interval(point)
                                    + ")");
        }
    }

    static void print(PrintWriter out, Calibration.Side side) {
        Table sums = new Table("", "probability", "accuracy", "calibration error", "log loss");
        row(sums, side.after() == null ? "" : "before", side.before());
        if (side.after() != null) {
            row(sums, "after", side.after());
        }
        sums.print(out);
        out.println();
        Table bins = side.after() == null
                ? new Table("probability", "photos", "right")
                : new Table("probability", "photos before", "right", "photos after", "right");
        for (int b = Reliability.BINS - 1; b >= 0; b--) {
            bin(
                    bins,
                    side.before().bins().get(b),
                    side.after() == null ? null : side.after().bins().get(b));
        }
        bins.print(out);
        out.println();
        Table coverage = new Table("least probability", "answered", "of photos", "right", "95 % interval");
        for (Coverage.Point point : side.coverage()) {
            coverage.row(
                    point.threshold() == 0
                            ? "all answers"
                            : String.format(Locale.ROOT, "%.0f %%", 100 * point.threshold()),
                    String.valueOf(point.answered()),
                    percent(point.coverage()),
                    point.answered() == 0 ? "-" : percent(point.accuracy()),
                    point.answered() == 0 ? "-" : interval(point));
        }
        coverage.print(out);
    }

    private static void row(Table table, String name, Reliability r) {
        table.row(
                name,
                percent(r.confidence()),
                percent(r.accuracy()),
                String.format(Locale.ROOT, "%.4f", r.calibrationError()),
                String.format(Locale.ROOT, "%.4f", r.logLoss()));
    }

    private static void bin(Table table, Reliability.Bin before, Reliability.Bin after) {
        String range = String.format(Locale.ROOT, "%.1f to %.1f %%", 100 * before.from(), 100 * before.to());
        if (after == null && before.photos() > 0) {
            table.row(range, String.valueOf(before.photos()), percent(before.accuracy()));
        } else if (after != null && before.photos() + after.photos() > 0) {
            table.row(
                    range,
                    String.valueOf(before.photos()),
                    before.photos() == 0 ? "-" : percent(before.accuracy()),
                    String.valueOf(after.photos()),
                    after.photos() == 0 ? "-" : percent(after.accuracy()));
        }
    }

    private static String interval(Coverage.Point point) {
        return Interval.wilson(point.right(), point.answered()).percent();
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }
}
