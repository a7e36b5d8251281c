package io.meristem.report;

import io.meristem.data.folder.Split;
import io.meristem.eval.Scores;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What a reader of a run's figures must keep in mind, a sentence each. */
final class Cautions {

    /** With fewer photos the share of a class that was found is hardly known: 95 % intervals are then wider than 40 points. */
    private static final int FEW = 20;

    private Cautions() {}

    static List<String> of(RunFiles run) {
        List<String> sentences = new ArrayList<>();
        sentences.add("This is one run, with seed " + run.config().train().seed()
                + ". Another seed gives another figure; comparing methods takes several runs of each.");
        if (run.result() != null && run.result().test() == null) {
            sentences.add(
                    run.result().val() == null
                            ? "There were no validation and no test photos: nothing is known of how good this network is on photos that it has not seen."
                            : "There were no test photos. The figures are of the validation photos, by which the best epoch was chosen, so they flatter the network.");
        }
        Scores scores = run.judged();
        if (scores != null) {
            sentences.addAll(of(scores, run));
        }
        if (run.config().model().weights() == null) {
            sentences.add("The network started from random numbers, not from pretrained weights.");
        }
        sentences.addAll(run.provenance().dataNotes());
        return sentences;
    }

    private static List<String> of(Scores scores, RunFiles run) {
        List<String> sentences = new ArrayList<>();
        Scores.ClassScore largest = scores.classes().stream()
                .max(Comparator.comparingInt(Scores.ClassScore::photos))
                .orElseThrow();
        sentences.add("Always answering " + largest.name() + ", the most frequent class, would be right on "
                + NumberFormats.percent((double) largest.photos() / Math.max(1, scores.photos()))
                + " of these photos.");
        List<String> few = scores.classes().stream()
                .filter(c -> c.photos() < FEW)
                .map(c -> c.name() + " (" + c.photos() + ")")
                .toList();
        if (!few.isEmpty()) {
            sentences.add("Classes with fewer than " + FEW + " " + (run.judgedOnTest() ? "test" : "validation")
                    + " photos, of which little can be said: " + String.join(", ", few) + ".");
        }
        long trained = run.provenance().photos().values().stream()
                .mapToLong(sides -> sides.getOrDefault(Split.TRAIN, 0))
                .sum();
        if (trained < 10L * run.classes().size()) {
            sentences.add("There were only " + NumberFormats.count(trained, "training photo") + " for "
                    + run.classes().size() + " classes.");
        }
        return sentences;
    }
}
