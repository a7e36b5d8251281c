package io.meristem.rank;

import com.fasterxml.jackson.annotation.JsonTypeName;

/**
 * The same as {@link SpectrumScorer} of whitened gradients, {@code G~ = (P + eps)^-1/2 G (T Q + eps)^-1/2} with the diagonals of {@link SecondMoments}:
 *
 * <pre>gain(l, k) = max(0, sigma_k u_k' G~b v_k),   G~a = sum_k sigma_k u_k v_k'</pre>
 *
 * <p>That is what a step of natural gradient along the direction would bring, with Fisher's matrix taken as a product over the layer's inputs and the gradients of its
 * outputs (Martens and Grosse 2015; for convolutions Grosse and Martens 2016) and of both the diagonals. It does not change when a single channel is scaled, and what
 * comes out of or goes into it scaled back.
 *
 * @param costPower 0 sorts by gain, 1 by gain per trainable number
 */
@JsonTypeName("spectrum-whitened")
public record WhitenedSpectrumScorer(double costPower) implements Scorer, SortsDirections {

    public static final WhitenedSpectrumScorer DEFAULT = new WhitenedSpectrumScorer(0.5);

    public WhitenedSpectrumScorer {
        Directions.requirePower(costPower);
    }

    @Override
    public Scorer withCostPower(double power) {
        return new WhitenedSpectrumScorer(power);
    }

    @Override
    public String about() {
        return "the same, with every channel scaled alike";
    }

    @Override
    public boolean keepsInputs() {
        return false;
    }

    @Override
    public boolean needsFittedHead() {
        return true;
    }

    @Override
    public Scoring score(ScoringContext subject, ScorerMemory memory) {
        return SpectrumScorer.scoring(subject, SpectrumScorer.measure(subject, true), costPower);
    }
}
