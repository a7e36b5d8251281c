package io.meristem.artifact;

import io.meristem.Escape;
import io.meristem.eval.Scores;
import io.meristem.rank.SizeHistory;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The readable account of a run. */
final class Summary {

    /** Unreadable photos that the summary names. */
    private static final int MOST_NAMED = 10;

    private Summary() {}

    /** @param calibration null without validation photos */
    static String text(RunConfig config, RunResult result, Provenance provenance, Calibration calibration) {
        StringBuilder out = new StringBuilder();
        RunConfig.Model model = config.model();
        line(out, "%s on %s, %s", model.name(), config.data().folder(), result.method());
        if (provenance.synthetic()) {
            line(out, "The photos are SYNTHETIC: drawn by a program. These figures say nothing about real plants.");
        }
        line(out, "");
        line(out, "weights    %s", model.weights() == null ? "none, random start" : model.weights());
        line(out, "input      %d x %d px, mean %s, std %s", model.size(), model.size(), model.mean(), model.std());
        line(
                out,
                "epochs     %d, best on validation: %d; seed %d",
                result.epochs(),
                result.bestEpoch(),
                config.train().seed());
        line(out, "adapter    %.2f MiB on average; %s", result.averageMib(), sizes(result.sizes()));
        line(out, "head       %.2f MiB trained in full beside it", result.headMib());
        line(out, "network    %.2f MiB", result.modelMib());
        line(out, "time       %.1f s an epoch (median), %d threads", result.secondsPerEpoch(), config.threads());
        line(out, "memory     %.0f MiB at the peak", result.peakMemoryMib());
        if (!provenance.unreadable().isEmpty()) {
            skipped(out, provenance.unreadable());
        }
        provenance.dataNotes().forEach(note -> line(out, "note       %s", note));
        calibration(out, calibration);
        result.ranks().forEach(at -> line(out, "rank %-5d %.2f MiB%s", at.rank(), at.mib(), accuracies(at)));
        scores(out, "validation", result.val());
        scores(out, "test (looked at once, after training)", result.test());
        return out.toString();
    }

    private static void calibration(StringBuilder out, Calibration calibration) {
        if (calibration == null) {
            line(out, "calibrated no, there are no validation photos: probabilities are as the network gives them");
            return;
        }
        Calibration.Side side = calibration.test() == null ? calibration.val() : calibration.test();
        line(
                out,
                "calibrated temperature %.3f, from %d validation photos; calibration error on the %s photos %.4f before, %.4f after",
                calibration.temperature(),
                calibration.photos(),
                calibration.test() == null ? "same" : "test",
                side.before().calibrationError(),
                side.after().calibrationError());
        if (calibration.note() != null) {
            line(out, "note       %s", calibration.note());
        }
    }

    private static void skipped(StringBuilder out, List<String> unreadable) {
        line(
                out,
                "skipped    %d unreadable photo%s%s",
                unreadable.size(),
                unreadable.size() == 1 ? "" : "s",
                unreadable.size() > MOST_NAMED
                        ? ", the first " + MOST_NAMED + " of them here, all in " + RunFolder.PROVENANCE
                        : "");
        unreadable.stream().limit(MOST_NAMED).forEach(sentence -> line(out, "           %s", sentence));
    }

    private static String sizes(List<SizeHistory.Span> spans) {
        return spans.stream()
                .map(span -> String.format(Locale.ROOT, "%.2f from epoch %d", span.size(), span.firstEpoch()))
                .collect(Collectors.joining(", "));
    }

    private static String accuracies(RunResult.AtRank at) {
        return (at.val() == null ? "" : String.format(Locale.ROOT, ", val %s", accuracy(at.val())))
                + (at.test() == null ? "" : String.format(Locale.ROOT, ", test %s", accuracy(at.test())));
    }

    private static String accuracy(Scores scores) {
        return String.format(
                Locale.ROOT,
                "%.2f %% (95 %% interval %s)",
                100 * scores.accuracy(),
                scores.interval().percent());
    }

    private static void scores(StringBuilder out, String title, Scores scores) {
        if (scores == null) {
            return;
        }
        line(out, "");
        line(out, "%s: %d photos, one run", title, scores.photos());
        line(
                out,
                "  accuracy %s   macro F1 %.4f   mAP %.4f   log loss %.4f",
                accuracy(scores),
                scores.macroF1(),
                scores.meanAveragePrecision(),
                scores.logLoss());
        int width = scores.classes().stream()
                .mapToInt(c -> Escape.line(c.name()).length())
                .max()
                .orElse(5);
        line(out, "  %-" + width + "s  photos  precision  recall      F1      AP", "class");
        for (Scores.ClassScore c : scores.classes()) {
            line(
                    out,
                    "  %-" + width + "s  %6d  %9.4f  %6s  %6s  %6s",
                    Escape.line(c.name()),
                    c.photos(),
                    c.precision(),
                    figure(c.recall()),
                    figure(c.f1()),
                    figure(c.averagePrecision()));
        }
        if (!scores.absent().isEmpty()) {
            line(
                    out,
                    "  No photo of %s is among these: macro F1 and mAP are over the other classes.",
                    String.join(", ", scores.absent()));
        }
    }

    /** @param value null where there is none */
    private static String figure(Double value) {
        return value == null ? "-" : String.format(Locale.ROOT, "%.4f", value);
    }

    static String confusionCsv(Scores scores, List<String> classes) {
        if (scores == null) {
            return "";
        }
        StringBuilder out = new StringBuilder("true \\ predicted");
        classes.forEach(name -> out.append(',').append(quoted(name)));
        out.append('\n');
        for (int i = 0; i < classes.size(); i++) {
            out.append(quoted(classes.get(i)));
            for (int count : scores.confusion()[i]) {
                out.append(',').append(count);
            }
            out.append('\n');
        }
        return out.toString();
    }

    private static String quoted(String name) {
        String cell = Escape.cell(name);
        return cell.contains(",") || cell.contains("\"") ? '"' + cell.replace("\"", "\"\"") + '"' : cell;
    }

    private static void line(StringBuilder out, String format, Object... values) {
        out.append(Escape.line(String.format(Locale.ROOT, format, values))).append('\n');
    }
}
