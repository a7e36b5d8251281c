package io.meristem.rank;

import com.fasterxml.jackson.annotation.JsonTypeName;
import io.meristem.adapter.LayerSize;
import io.meristem.rank.Scoring.Score;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How many directions of a layer's input are worth a rank, after EVA (Paischer et al. 2024): the principal components of what enters each layer are sorted by
 * the share of its variance that they explain, over all layers together, and the first of them are kept. A layer's count, over the greatest rank, is its
 * importance.
 *
 * <p>As many are kept as their ranks fit the budget; without one, half the greatest rank for each layer on average. No layer keeps more than the greatest rank
 * or its own full one.
 */
@JsonTypeName("activation")
public record ActivationScorer() implements Scorer {

    private record Component(int layer, double ratio) {}

    @Override
    public String about() {
        return "explained variance of the input";
    }

    @Override
    public boolean keepsInputs() {
        return true;
    }

    @Override
    public Scoring score(ScoringContext subject, ScorerMemory memory) {
        Map<String, double[]> measured =
                InputPatches.explainedVariance(subject.network(), subject.layers(), subject.photos());
        List<LayerSize> sizes = subject.sizes();
        List<double[]> ratios =
                sizes.stream().map(size -> measured.get(size.name())).toList();
        int[] kept = kept(sizes, ratios, subject.options());
        List<Score> scores = new ArrayList<>();
        for (int i = 0; i < kept.length; i++) {
            Map<String, Double> measures = new LinkedHashMap<>();
            measures.put("first_component", ratios.get(i)[0]);
            measures.put("components", (double) kept[i]);
            scores.add(new Score((double) kept[i] / subject.options().max(), measures));
        }
        RankOptions free = subject.options().withoutBudget();
        int[] unbounded = kept(sizes, ratios, free);
        List<Integer> own = new ArrayList<>();
        for (int i = 0; i < unbounded.length; i++) {
            own.add(Allocator.rank(
                    (double) unbounded[i] / free.max(),
                    free.min(),
                    free.max(),
                    sizes.get(i).fullRank()));
        }
        return new Scoring(List.copyOf(scores), ScorerMemory.NONE, null, own);
    }

    /** Components of each layer that are kept; {@code ratios} fall in each layer. */
    static int[] kept(List<LayerSize> layers, List<double[]> ratios, RankOptions options) {
        List<Component> sorted = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            int most = Math.min(ratios.get(i).length, Allocator.most(layers.get(i), options));
            for (int j = 0; j < most; j++) {
                sorted.add(new Component(i, ratios.get(i)[j]));
            }
        }
        sorted.sort(Comparator.comparingDouble(Component::ratio).reversed());
        boolean bounded = options.budgetMib() > 0;
        long left = bounded ? options.budgetNumbers() : (long) layers.size() * options.max() / 2;
        int[] kept = new int[layers.size()];
        for (Component component : sorted) {
            left -= bounded ? layers.get(component.layer()).perRank() : 1;
            if (left < 0) {
                break;
            }
            kept[component.layer()]++;
        }
        return kept;
    }
}
