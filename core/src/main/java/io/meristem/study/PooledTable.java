package io.meristem.study;

import io.meristem.eval.Interval;
import io.meristem.eval.Paired;
import io.meristem.eval.Scores;
import io.meristem.eval.Stratified;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Each method beside the question's first, pooled over sets of photos and models: pairs have the same photos, model and seed, and each set of photos with a
 * model is a stratum.
 */
final class PooledTable {

    private static final List<String> COLUMNS = List.of(
            "method",
            "accuracy %",
            "difference, points",
            "90 % interval",
            "95 % interval",
            "better : worse",
            "p",
            "p (Holm)",
            "log loss",
            "difference of log loss",
            "95 % interval of it",
            "p of it (Holm)",
            "size MiB",
            "pairs",
            "trials");

    private static final double NARROW = 0.9;
    private static final double WIDE = 0.95;

    private PooledTable() {}

    /** One method's pairs, a list for each stratum that has any. */
    private record Arm(StudyMethod method, List<List<FinishedRun[]>> strata, List<FinishedRun> runs) {

        /** Null where there are no pairs. */
        Stratified differences(ToDoubleFunction<FinishedRun> measure) {
            return strata.isEmpty()
                    ? null
                    : new Stratified(strata.stream()
                            .map(pairs -> pairs.stream()
                                    .mapToDouble(
                                            pair -> measure.applyAsDouble(pair[0]) - measure.applyAsDouble(pair[1]))
                                    .toArray())
                            .toList());
        }

        /** Mean over the strata of the means of the pairs' own runs. */
        String mean(ToDoubleFunction<FinishedRun> measure, String format) {
            return strata.isEmpty()
                    ? TableNumbers.NOTHING
                    : String.format(
                            Locale.ROOT,
                            format,
                            strata.stream()
                                    .mapToDouble(pairs -> pairs.stream()
                                            .mapToDouble(pair -> measure.applyAsDouble(pair[0]))
                                            .average()
                                            .orElseThrow())
                                    .average()
                                    .orElseThrow());
        }
    }

    static ResultTable of(Question question, Results results) {
        List<Arm> arms = question.methods().stream()
                .map(method -> arm(method, question, results))
                .toList();
        ToDoubleFunction<FinishedRun> accuracy =
                run -> 100 * scores(run, question.side()).accuracy();
        ToDoubleFunction<FinishedRun> loss = run -> scores(run, question.side()).logLoss();
        List<Stratified> points =
                arms.stream().map(arm -> arm.differences(accuracy)).toList();
        List<Stratified> losses =
                arms.stream().map(arm -> arm.differences(loss)).toList();
        double[] p = p(points);
        double[] corrected = corrected(p);
        double[] ofLoss = corrected(p(losses));
        List<List<String>> rows = new ArrayList<>();
        for (int i = 0; i < arms.size(); i++) {
            Arm arm = arms.get(i);
            List<String> row = new ArrayList<>(List.of(arm.method().label(), arm.mean(accuracy, "%.2f")));
            Stratified difference = i == 0 ? null : points.get(i);
            row.add(difference == null ? TableNumbers.NOTHING : String.format(Locale.ROOT, "%+.2f", difference.mean()));
            row.add(interval(difference, NARROW, "%+.2f to %+.2f"));
            row.add(interval(difference, WIDE, "%+.2f to %+.2f"));
            row.add(difference == null ? TableNumbers.NOTHING : balance(difference));
            row.add(p(p, i));
            row.add(p(corrected, i));
            row.add(arm.mean(loss, "%.4f"));
            Stratified other = i == 0 ? null : losses.get(i);
            row.add(other == null ? TableNumbers.NOTHING : String.format(Locale.ROOT, "%+.4f", other.mean()));
            row.add(interval(other, WIDE, "%+.4f to %+.4f"));
            row.add(p(ofLoss, i));
            row.add(Measure.SIZE.cell(arm.runs()));
            row.add(i == 0 ? TableNumbers.NOTHING : pairs(arm));
            row.add(String.valueOf(arm.method().trials().size()));
            rows.add(row);
        }
        return ResultTable.of(question, COLUMNS, rows, notes(question, results));
    }

    private static List<String> notes(Question question, Results results) {
        List<String> notes = new ArrayList<>();
        notes.add(
                question.side() == Question.Side.VAL
                        ? "Scores on the validation photos that the best epoch was chosen on, which flatters all methods."
                        : "Scores on the test photos, which were looked at once, of the epoch that was best on validation; runs without test photos are left out.");
        notes.add("Differences to " + question.methods().get(0).label()
                + " on the same photos, model and seed. Each set of photos with a model is a stratum, and all strata count the same. Intervals: Student's t,"
                + " with the spread within strata; they speak of these photos and models. p: two-sided permutation of the pairs' signs;"
                + " Holm: corrected for the number of methods.");
        notes.addAll(TuningTable.trials(question, results.study()));
        notes.addAll(results.notes(question));
        return notes;
    }

    private static Arm arm(StudyMethod method, Question question, Results results) {
        List<List<FinishedRun[]>> strata = new ArrayList<>();
        List<FinishedRun> runs = new ArrayList<>();
        StudyMethod first = question.methods().get(0);
        for (StudyData data : results.study().data()) {
            for (StudyModel model : results.study().models()) {
                List<FinishedRun[]> pairs = new ArrayList<>();
                for (long seed : results.study().seeds()) {
                    FinishedRun own = judged(results.of(model, data, method, seed), question.side());
                    FinishedRun other = judged(results.of(model, data, first, seed), question.side());
                    if (own != null && other != null) {
                        pairs.add(new FinishedRun[] {own, other});
                    }
                    if (own != null) {
                        runs.add(own);
                    }
                }
                if (!pairs.isEmpty()) {
                    strata.add(pairs);
                }
            }
        }
        return new Arm(method, strata, runs);
    }

    /** Null without scores on these photos. */
    private static FinishedRun judged(FinishedRun run, Question.Side side) {
        return run == null || scores(run, side) == null ? null : run;
    }

    private static Scores scores(FinishedRun run, Question.Side side) {
        return side == Question.Side.VAL ? run.result().val() : run.result().test();
    }

    /** NaN for the first method, and for those without pairs or numbers. */
    private static double[] p(List<Stratified> differences) {
        double[] p = new double[differences.size()];
        for (int i = 0; i < p.length; i++) {
            Stratified difference = i == 0 ? null : differences.get(i);
            p[i] = difference == null || Double.isNaN(difference.mean()) ? Double.NaN : difference.p();
        }
        return p;
    }

    private static double[] corrected(double[] p) {
        double[] known = Arrays.stream(p).filter(x -> !Double.isNaN(x)).toArray();
        double[] raised = Paired.holm(known);
        double[] all = p.clone();
        int at = 0;
        for (int i = 0; i < all.length; i++) {
            if (!Double.isNaN(all[i])) {
                all[i] = raised[at++];
            }
        }
        return all;
    }

    private static String p(double[] p, int i) {
        return Double.isNaN(p[i])
                ? TableNumbers.NOTHING
                : String.format(Locale.ROOT, p[i] < 0.001 ? "%.1e" : "%.3f", p[i]);
    }

    private static String interval(Stratified difference, double level, String format) {
        Interval interval = difference == null ? null : difference.interval(level);
        return interval == null
                ? TableNumbers.NOTHING
                : String.format(Locale.ROOT, format, interval.low(), interval.high());
    }

    private static String balance(Stratified difference) {
        long better = difference.strata().stream()
                .flatMapToDouble(Arrays::stream)
                .filter(d -> d > 0)
                .count();
        long worse = difference.strata().stream()
                .flatMapToDouble(Arrays::stream)
                .filter(d -> d < 0)
                .count();
        return better + " : " + worse;
    }

    private static String pairs(Arm arm) {
        int pairs = arm.strata().stream().mapToInt(List::size).sum();
        return pairs + (arm.strata().size() > 1 ? " in " + arm.strata().size() : "");
    }
}
