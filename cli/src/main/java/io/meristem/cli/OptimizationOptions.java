package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.Method;
import io.meristem.tune.NormPolicy;
import io.meristem.tune.OnDivergence;
import io.meristem.tune.Optimization;
import io.meristem.tune.Preset;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How training moves. */
final class OptimizationOptions {

    private static final double SGD_FACTOR = 10;

    @Option(names = "--batch", paramLabel = "N", description = "Photos per step. Default: 16; with --preset paper 32.")
    Integer batch;

    @Option(
            names = "--optimizer",
            paramLabel = "NAME",
            defaultValue = "ADAMW",
            description = "adamw or sgd. Default: adamw.")
    Optimization.Kind optimizer;

    @Option(
            names = "--lr",
            paramLabel = "RATE",
            description =
                    "Learning rate of the adapters (or of all weights). Default with adamw: 2e-3, adalora 1e-2, dylora 5e-4, full 3e-4.")
    Double rate;

    @Option(
            names = {"--lr-ratio", "--loraplus-lr-ratio"},
            paramLabel = "N",
            description = "Learning rate of the factors B over --lr, which is then A's (LoRA+). Default: 1.")
    Double lrRatio;

    @Option(
            names = "--norm-lr",
            paramLabel = "RATE",
            description = "Learning rate of what --train-norm trains. Default: that of the adapters.")
    Double normRate;

    @Option(
            names = "--ema",
            paramLabel = "DECAY",
            description =
                    "Average the weights that train over the steps, keeping up to this share (0.99, say) at each, and judge, save and export the averages; 0 for no averages. Default: 0.")
    Double ema;

    @Option(
            names = "--head-lr",
            paramLabel = "RATE",
            description = "Learning rate of a head that trains in full. Default: 2e-3 with adamw.")
    Double headRate;

    @Option(
            names = "--weight-decay",
            defaultValue = "0.01",
            paramLabel = "W",
            description = "Default: ${DEFAULT-VALUE}.")
    double weightDecay;

    @Option(
            names = "--momentum",
            defaultValue = "0.9",
            paramLabel = "M",
            description = "Of sgd. Default: ${DEFAULT-VALUE}.")
    double momentum;

    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            defaultValue = "COSINE",
            description = "How the rate goes: cosine (falls to zero) or constant. Default: cosine.")
    Optimization.Schedule schedule;

    @Option(
            names = "--warmup-epochs",
            defaultValue = "0.5",
            paramLabel = "E",
            description = "Epochs in which the rate grows from zero. Default: ${DEFAULT-VALUE}.")
    double warmup;

    @Option(
            names = "--clip",
            defaultValue = "1",
            paramLabel = "NORM",
            description = "Greatest norm of a step's gradient; 0 for no clipping. Default: ${DEFAULT-VALUE}.")
    double clip;

    @Option(
            names = "--label-smoothing",
            defaultValue = "0",
            paramLabel = "S",
            description = "Share of certainty taken from the labels. Default: ${DEFAULT-VALUE}.")
    double labelSmoothing;

    @Option(names = "--class-weights", description = "Weigh rare classes more.")
    boolean classWeights;

    @Option(
            names = "--norm",
            paramLabel = "WAY",
            defaultValue = "FROZEN",
            description =
                    "Statistics of batch normalisation: frozen (pretrained), recalibrated (on your photos, then frozen) or trained. Default: frozen.")
    NormPolicy norm;

    @Option(
            names = "--on-divergence",
            paramLabel = "WAY",
            defaultValue = "STOP",
            converter = DivergenceName.class,
            description =
                    "When the loss is not finite any more or explodes: stop, or lower-lr (go back to the end of the last epoch and halve the learning rate, at most 5 times). Default: stop.")
    OnDivergence onDivergence;

    /** As users write it, lower-lr or lower_lr. */
    static final class DivergenceName implements ITypeConverter<OnDivergence> {
        @Override
        public OnDivergence convert(String value) {
            try {
                return OnDivergence.valueOf(value.toUpperCase(Locale.ROOT).replace('-', '_'));
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("'" + value + "' is neither stop nor lower-lr");
            }
        }
    }

    Optimization resolve(Method method, Preset preset) {
        if (rate != null && method instanceof HeadOnly) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "--lr has no effect on the method 'head', which trains the head alone: give --head-lr in its place.");
        }
        double factor = optimizer == Optimization.Kind.SGD ? SGD_FACTOR : 1;
        return Optimization.plain(rate == null ? method.usualRate() * factor : rate)
                .withKind(optimizer)
                .withHeadRate(headRate == null ? Optimization.HEAD_RATE * factor : headRate)
                .withWeightDecay(weightDecay)
                .withMomentum(momentum)
                .withSchedule(schedule)
                .withWarmup(warmup)
                .withClipNorm(clip)
                .withLabelSmoothing(labelSmoothing)
                .withClassWeights(classWeights)
                .withLrRatio(
                        lrRatio != null
                                ? lrRatio
                                : Optimization.usual(method, preset).lrRatio())
                .withNormRate(normRate);
    }
}
