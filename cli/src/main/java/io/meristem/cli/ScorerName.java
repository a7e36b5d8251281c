package io.meristem.cli;

import io.meristem.rank.ActivationScorer;
import io.meristem.rank.AlignmentScorer;
import io.meristem.rank.CkaScorer;
import io.meristem.rank.GradientScorer;
import io.meristem.rank.Importance;
import io.meristem.rank.NormalisedCkaScorer;
import io.meristem.rank.RandomScorer;
import io.meristem.rank.Scorer;
import io.meristem.rank.SpectrumScorer;
import io.meristem.rank.StableRankScorer;
import io.meristem.rank.UniformScorer;
import io.meristem.rank.UpdateScorer;
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
    ALIGNMENT,
    UPDATE,
    ACTIVATION,
    STABLE_RANK,
    UNIFORM,
    RANDOM;

    static final String OPTION = "--scorer";
    static final String DESCRIPTION =
            "What DRA's ranks follow: cka (similarity across a layer, with its correction), cka-normalised (its two terms stretched over the layers), gradient (the loss's pull at the weight), spectrum (what the gradient's directions bring on photos that they were not seen on), alignment (how well single photos' gradients tell classes apart), update (what the trained update does; equal ranks until the first update), activation (explained variance of the input), stable-rank (of the weight), uniform (all alike) or random.";

    /** @param importance the weights of the two scorers that are made of CKA */
    Scorer with(Importance importance) {
        return switch (this) {
            case CKA -> new CkaScorer(importance);
            case CKA_NORMALISED -> new NormalisedCkaScorer(importance);
            case GRADIENT -> new GradientScorer();
            case SPECTRUM -> SpectrumScorer.DEFAULT;
            case ALIGNMENT -> AlignmentScorer.DEFAULT;
            case UPDATE -> UpdateScorer.DEFAULT;
            case ACTIVATION -> new ActivationScorer();
            case STABLE_RANK -> new StableRankScorer();
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
