package io.meristem.cli;

import io.meristem.rank.ActivationScorer;
import io.meristem.rank.AlignmentScorer;
import io.meristem.rank.CkaScorer;
import io.meristem.rank.GradientScorer;
import io.meristem.rank.Importance;
import io.meristem.rank.NormalisedCkaScorer;
import io.meristem.rank.RandomScorer;
import io.meristem.rank.Scorer;
import io.meristem.rank.ShapeScorer;
import io.meristem.rank.SpectrumScorer;
import io.meristem.rank.StableRankScorer;
import io.meristem.rank.UniformScorer;
import io.meristem.rank.UpdateScorer;
import io.meristem.rank.WhitenedSpectrumScorer;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** DRA's scorers as they are named on the command line. */
enum ScorerName {
    CKA,
    CKA_NORMALISED,
    GRADIENT,
    SPECTRUM,
    SPECTRUM_WHITENED,
    ALIGNMENT,
    UPDATE,
    ACTIVATION,
    STABLE_RANK,
    SHAPE,
    UNIFORM,
    RANDOM;

    static final String OPTION = "--scorer";
    static final String DESCRIPTION =
            "What DRA's ranks follow: cka (similarity across a layer, with its correction), cka-normalised (its two terms stretched over the layers), gradient (the loss's pull at the weight), spectrum (what the gradient's directions bring on photos that they were not seen on), spectrum-whitened (the same, with every channel scaled alike), alignment (how well single photos' gradients tell classes apart), update (what the trained update does; equal ranks until the first update), activation (explained variance of the input), stable-rank (of the weight), shape (outputs over inputs of the layer), uniform (all alike) or random.";

    /** Whether it sorts directions by their gain over a power of their cost. */
    boolean hasCostPower() {
        return this == SPECTRUM || this == SPECTRUM_WHITENED || this == UPDATE;
    }

    /**
     * With settings of which each scorer takes those that are its own.
     *
     * @param importance the weights of the two scorers that are made of CKA
     * @param costPower null for the usual one
     * @param kappa likewise
     */
    Scorer with(Importance importance, Double costPower, Double kappa) {
        return switch (this) {
            case CKA -> new CkaScorer(importance);
            case CKA_NORMALISED -> new NormalisedCkaScorer(importance);
            case GRADIENT -> new GradientScorer();
            case SPECTRUM -> costPower == null ? SpectrumScorer.DEFAULT : new SpectrumScorer(costPower);
            case SPECTRUM_WHITENED ->
                costPower == null ? WhitenedSpectrumScorer.DEFAULT : new WhitenedSpectrumScorer(costPower);
            case ALIGNMENT -> kappa == null ? AlignmentScorer.DEFAULT : new AlignmentScorer(kappa);
            case UPDATE -> costPower == null ? UpdateScorer.DEFAULT : new UpdateScorer(costPower);
            case ACTIVATION -> new ActivationScorer();
            case STABLE_RANK -> new StableRankScorer();
            case SHAPE -> new ShapeScorer();
            case UNIFORM -> new UniformScorer();
            case RANDOM -> new RandomScorer();
        };
    }

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** In any case, with dashes. */
    static final class Converter implements ITypeConverter<ScorerName> {
        @Override
        public ScorerName convert(String text) {
            return Arrays.stream(values())
                    .filter(name -> name.word().equals(text.toLowerCase(Locale.ROOT)))
                    .findFirst()
                    .orElseThrow(() -> new TypeConversionException("expected one of "
                            + Arrays.stream(values()).map(ScorerName::word).collect(Collectors.joining(", "))
                            + " but was '" + text + "'"));
        }
    }
}
