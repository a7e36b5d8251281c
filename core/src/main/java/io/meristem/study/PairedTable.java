package io.meristem.study;

import io.meristem.eval.Scores;
import io.meristem.eval.SignFlips;
import io.meristem.eval.Spread;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Each method beside the question's first, run by run: pairs have the same photos, model and seed. A row per photos, model and method, and one per method over all
 * of them where there are several.
 */
final class PairedTable {

    private static final List<String> COLUMNS = List.of(
            "photos",
            "model",
            "method",
            "accuracy %",
            "difference, points",
            "sd of differences",
            "better : worse",
            "p");

    private static final String ALL = "all";

    private PairedTable() {}

    static ResultTable of(Question question, Results results) {
        StudyMethod first = question.methods().get(0);
        List<List<String>> rows = new ArrayList<>();
        List<List<PairedValues>> pooled = new ArrayList<>();
        for (Results.Group group : results.groups(question)) {
            List<PairedValues> pairs = pairs(group, first, results);
            rows.add(row(group.data().name(), group.model().label(), group.method(), pairs));
            pooled.add(pairs);
        }
        int methods = question.methods().size();
        if (rows.size() > methods) {
            for (int m = 0; m < methods; m++) {
                List<PairedValues> pairs = new ArrayList<>();
                for (int i = m; i < pooled.size(); i += methods) {
                    pairs.addAll(pooled.get(i));
                }
                rows.add(row(ALL, ALL, question.methods().get(m), pairs));
            }
        }
        List<String> notes = new ArrayList<>(results.scoreNotes(question));
        notes.add("Differences to " + first.label()
                + " on the same photos, model and seed. p: two-sided, exact permutation"
                + " of their signs; nothing is corrected for the number of comparisons.");
        notes.addAll(results.notes(question));
        return ResultTable.of(question, COLUMNS, rows, notes);
    }

    /** Accuracies in percent. */
    private record PairedValues(double own, double first) {
        double difference() {
            return own - first;
        }
    }

    private static List<PairedValues> pairs(Results.Group group, StudyMethod first, Results results) {
        List<PairedValues> pairs = new ArrayList<>();
        for (long seed : results.study().seeds()) {
            FinishedRun own = results.of(group.model(), group.data(), group.method(), seed);
            FinishedRun other = results.of(group.model(), group.data(), first, seed);
            if (own != null && other != null && own.scores() != null && other.scores() != null) {
                pairs.add(new PairedValues(percent(own.scores()), percent(other.scores())));
            }
        }
        return pairs;
    }

    private static double percent(Scores scores) {
        return 100 * scores.accuracy();
    }

    private static List<String> row(String photos, String model, StudyMethod method, List<PairedValues> pairs) {
        List<String> row = new ArrayList<>(List.of(photos, model, method.label()));
        row.add(TableNumbers.percent(pairs.stream().map(pair -> pair.own / 100).toList()));
        Spread spread = Spread.of(pairs.stream().map(PairedValues::difference).toList());
        if (spread == null) {
            row.addAll(List.of(TableNumbers.NOTHING, TableNumbers.NOTHING, TableNumbers.NOTHING, TableNumbers.NOTHING));
            return row;
        }
        long better = pairs.stream().filter(pair -> pair.difference() > 0).count();
        long worse = pairs.stream().filter(pair -> pair.difference() < 0).count();
        row.add(String.format(Locale.ROOT, "%+.2f", spread.mean()));
        row.add(spread.n() < 2 ? TableNumbers.NOTHING : String.format(Locale.ROOT, "%.2f", spread.deviation()));
        row.add(better + " : " + worse);
        row.add(String.format(
                Locale.ROOT,
                "%.3f",
                new SignFlips(pairs.stream()
                                .mapToDouble(PairedValues::difference)
                                .toArray())
                        .p()));
        return row;
    }
}
