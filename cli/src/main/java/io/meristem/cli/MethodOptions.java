package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.NamedTypes;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.LoraInit;
import io.meristem.adapter.LoraScaling;
import io.meristem.adapter.RankLimit;
import io.meristem.execute.Network;
import io.meristem.rank.AlignmentScorer;
import io.meristem.rank.CkaScorer;
import io.meristem.rank.Importance;
import io.meristem.rank.RankOptions;
import io.meristem.rank.Scorer;
import io.meristem.rank.SortsDirections;
import io.meristem.rank.WeighsSimilarity;
import io.meristem.tune.AdaLora;
import io.meristem.tune.Dra;
import io.meristem.tune.DyLora;
import io.meristem.tune.EqualRank;
import io.meristem.tune.FullTuning;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.HeadStart;
import io.meristem.tune.Lora;
import io.meristem.tune.Method;
import io.meristem.tune.NormTraining;
import io.meristem.tune.Preset;
import io.meristem.zoo.Models;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** What is trained: the method and its settings. A setting that is not given follows the preset. */
final class MethodOptions {

    /** Of a definition whose head does not matter. */
    private static final int LEAST_CLASSES = 2;

    enum Name {
        DRA,
        LORA,
        ADALORA,
        DYLORA,
        FULL,
        HEAD;

        /** As users write it. */
        String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Name of(Method method) {
            return valueOf(NamedTypes.name(method.getClass()).toUpperCase(Locale.ROOT));
        }
    }

    @Option(
            names = "--preset",
            paramLabel = "NAME",
            defaultValue = "DEFAULT",
            description =
                    "default: what works best here; paper: as in the published study (frozen new head with an adapter, 40 epochs, threshold at epoch 5). Default: default.")
    Preset preset;

    @Option(
            names = "--method",
            paramLabel = "NAME",
            description =
                    "dra: ranks that follow the network's needs; lora: one rank for all layers; adalora: starts with more and prunes; dylora: all ranks of a range at once; full: all weights; head: only the new classifier layer. Default: dra.")
    private Name named;

    @Option(
            names = "--rank",
            paramLabel = "R",
            description =
                    "LoRA's rank; 0 with --train-norm for no factors at all. With DRA the size: that of this rank on every layer. --budget gives a size in its place. Default, without --budget: 8 for lora, 4 for dra; with --preset paper dra has none.")
    Integer rank;

    @Option(
            names = "--rank-limit",
            paramLabel = "WAY",
            description =
                    "Where LoRA's rank is more than a layer's weight can use: layer (it is held to that) or none (the layer gets it all the same, as in the published study). Default: the preset's, layer or none.")
    RankLimit rankLimit;

    @Option(
            names = "--train-norm",
            paramLabel = "WHAT",
            description =
                    "What of the normalisation trains beside the adapters, and counts in their size and --budget: none, bias, or affine (scales too). In a network without normalisation bias trains the biases of its layers. Default: none.")
    NormTraining trainNorm;

    @Option(
            names = ScorerNames.OPTION,
            paramLabel = "NAME",
            converter = ScorerNames.class,
            completionCandidates = ScorerNames.class,
            description =
                    ScorerNames.DESCRIPTION + " Default: gradient, but cka with --budget auto and with --preset paper.")
    Scorer scorer;

    @Mixin
    UpdateOptions updates;

    @Option(
            names = "--rank-min",
            paramLabel = "R",
            description =
                    "DRA's least rank, where 0 lets a layer go without, or DyLoRA's. Default: 0 for dra, 1 for dylora; with --preset paper 1.")
    Integer rankMin;

    @Option(
            names = "--rank-max",
            paramLabel = "R",
            description =
                    "DRA's or DyLoRA's greatest rank; for DyLoRA --budget gives a size in its place. Default: 16.")
    Integer rankMax;

    @Option(
            names = "--budget",
            paramLabel = "SIZE",
            converter = Budget.Converter.class,
            description =
                    "Size that the adapters may take together, with what --train-norm trains (AdaLoRA's in the end; for LoRA it chooses --rank, for DyLoRA --rank-max): MiB of float32, such as 0.4; percent of the network's numbers without its head, such as 2%%; or auto, which leaves it to the ranks, with DRA to what the scorer answers with. Default: the size of --rank with DRA, else auto; with --preset paper auto.")
    private Budget budget;

    @Option(names = "--cost-aware", description = "Share the budget out by importance per trainable number.")
    boolean costAware;

    @Option(
            names = "--alpha",
            paramLabel = "A",
            description =
                    "Weight of a layer's raw similarity in its importance by cka; the rest goes to the correction. Default: 0.15.")
    Double alpha;

    @Option(
            names = "--gamma",
            paramLabel = "G",
            description =
                    "Weight of the finite-sample part in the correction; the rest goes to the spread. Default: 0.9.")
    Double gamma;

    @Option(
            names = "--cost-power",
            paramLabel = "P",
            description =
                    "For --scorer spectrum and spectrum-whitened: directions are sorted by gain over the numbers that one rank takes, to this power, from 0 (the cost does not count) to 1 (gain per number). Default: 0.5.")
    Double costPower;

    @Option(
            names = "--kappa",
            paramLabel = "K",
            description =
                    "For --scorer alignment without a --budget: ranks per direction that tells classes apart, above 0. Default: 1.")
    Double kappa;

    @Option(
            names = "--calibration-epochs",
            paramLabel = "N",
            description = "The epoch that sets DRA's threshold; updates can follow later ones. Default: the preset's.")
    Integer calibrationEpochs;

    @Option(
            names = "--calibration-batches",
            defaultValue = "" + Dra.CALIBRATION_BATCHES,
            paramLabel = "N",
            description = "Batches of photos that layers are measured on. Default: ${DEFAULT-VALUE}.")
    int calibrationBatches;

    @Option(
            names = "--calibration-batch",
            defaultValue = "" + Dra.CALIBRATION_BATCH_SIZE,
            paramLabel = "N",
            description = "Photos in each of them. Default: ${DEFAULT-VALUE}.")
    int calibrationBatch;

    @Mixin
    AdaLoraOptions adaLora;

    @Mixin
    DyLoraOptions dyLora;

    @Option(
            names = "--lora-alpha",
            paramLabel = "A",
            description =
                    "Alpha in the scale of the adapters; 0 for twice the rank (AdaLoRA: the first rank; DyLoRA: once the greatest), or where the scale is alpha itself for 2 (DyLoRA: 1). Default: 2 with alpha/sqrt(r) for lora and dra, else 0.")
    Double loraAlpha;

    @Option(
            names = "--lora-scaling",
            paramLabel = "FORMULA",
            converter = ScalingName.class,
            description =
                    "Scale of the adapters of rank r (AdaLoRA: of the first rank; DyLoRA: of the drawn one): alpha/r, alpha/sqrt(r), or alpha. Default: alpha/sqrt(r) for lora and dra, else alpha/r; with --preset paper alpha/r.")
    LoraScaling loraScaling;

    @Option(
            names = {"--rank-stabilised", "--use-rslora"},
            description = "The same as --lora-scaling alpha/sqrt(r).")
    boolean rankStabilised;

    @Option(
            names = "--lora-relative",
            negatable = true,
            description =
                    "Measure the adapters' scale in units of each weight row's norm, so that one learning rate suits all layers. Default: no.")
    Boolean loraRelative;

    @Option(
            names = "--init-lora-weights",
            paramLabel = "WAY",
            description =
                    "What the rows of A start from, B being zero: gaussian, orthogonal, or gradient (the directions in which the loss of some training photos pulls most). Default: gaussian.")
    LoraInit initLoraWeights;

    @Option(
            names = "--adapter-dropout",
            defaultValue = "0",
            paramLabel = "P",
            description = "Share of the adapters' input dropped in training. Default: ${DEFAULT-VALUE}.")
    double adapterDropout;

    @Option(
            names = "--head",
            paramLabel = "WAY",
            description =
                    "trained: the new classifier layer trains in full; adapted: it stays at its start and gets an adapter. Default: the preset's.")
    HeadPolicy head;

    @Option(
            names = "--head-start",
            paramLabel = "WAY",
            defaultValue = "RANDOM",
            description =
                    "What the new classifier layer starts from: random, ridge (regression of the classes on the pretrained network's features), or kept (the head of the weights, which are of a network tuned for the same classes). Default: random.")
    HeadStart headStart;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    private EqualRank chosen;

    /** As it is given, or the preset's. */
    Name name() {
        return named != null ? named : Name.of(preset.method());
    }

    private Map<String, String> typed() {
        return OptionNames.typed(spec.commandLine().getParseResult());
    }

    /**
     * @param model a registered name
     * @param classes how many there are; asked for only where the size depends on it
     */
    Method resolve(String model, IntSupplier classes) {
        Name method = name();
        MethodScope.refuseOthers(method, typed());
        if (!budget().isAuto() && (method == Name.FULL || method == Name.HEAD)) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "--budget bounds the size of adapters, and --method %s has none: leave it out, or choose another method.",
                    method.word());
        }
        return switch (method) {
            case FULL -> new FullTuning();
            case HEAD -> new HeadOnly();
            case LORA -> {
                RankLimit limit = rankLimit == null ? preset.rankLimit : rankLimit;
                yield new Lora(
                        rank(rank, "--rank", Lora.DEFAULT.rank(), limit, model, classes),
                        adapter(Lora.DEFAULT.adapter()),
                        limit);
            }
            case ADALORA -> adaLora.resolve(mib(model), adapter(AdaLora.DEFAULT.adapter()));
            case DYLORA ->
                dyLora.resolve(
                        rankMin == null ? DyLora.DEFAULT.rankMin() : rankMin,
                        rank(rankMax, "--rank-max", RankOptions.DEFAULT.max(), RankLimit.LAYER, model, classes),
                        adapter(DyLora.DEFAULT.adapter()));
            case DRA -> dra();
        };
    }

    /** What came of a budget that chooses one rank for all layers. */
    Optional<String> note() {
        return Optional.ofNullable(chosen).map(EqualRank::sentence);
    }

    /** As it is given, or by the budget, or else the usual one. */
    private int rank(Integer given, String option, int usual, RankLimit limit, String model, IntSupplier classes) {
        if (budget().isAuto()) {
            return given == null ? usual : given;
        }
        refuseBeside(given, option);
        // Only a head with an adapter makes a difference to sizes.
        int outputs = headPolicy() == HeadPolicy.ADAPTED ? classes.getAsInt() : LEAST_CLASSES;
        try (Network network = new Network(Models.find(model), outputs)) {
            chosen = EqualRank.within(budget().mib(network), network, headPolicy(), trainNorm(), limit);
            return chosen.rank();
        }
    }

    private static void refuseBeside(Integer given, String option) {
        if (given != null) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "--budget chooses the rank that %s gives: leave one of them out.",
                    option);
        }
    }

    private Budget budget() {
        return budget == null ? Budget.AUTO : budget;
    }

    /** What AdaLoRA leaves; 0 where ranks say it. */
    private double mib(String model) {
        if (budget().percent() == null) {
            return budget().mib();
        }
        try (Network network = new Network(Models.find(model), LEAST_CLASSES)) {
            return budget().mib(network);
        }
    }

    Dra dra() {
        RankOptions usual = preset.ranks();
        if (budget != null) {
            refuseBeside(rank, "--rank");
        }
        // Kappa is a way to say a size.
        Integer usualRank = budget == null && kappa == null ? usual.budgetRank() : null;
        RankOptions ranks = new RankOptions(
                rankMin == null ? usual.min() : rankMin,
                rankMax == null ? usual.max() : rankMax,
                budget().mib(),
                costAware,
                budget().percent(),
                rank == null ? usualRank : rank);
        return Dra.PAPER
                .withScorer(scorer(ranks))
                .withRanks(ranks)
                .withUpdates(updates.resolve(preset, scorer != null && scorer.needsTraining()))
                .withCalibration(
                        calibrationEpochs == null ? preset.calibrationEpochs : calibrationEpochs,
                        calibrationBatches,
                        calibrationBatch)
                .with(adapter(Dra.DEFAULT.adapter()));
    }

    /** The settings of a scorer belong to those that have them. */
    private Scorer scorer(RankOptions ranks) {
        if (kappa != null && (budget != null || rank != null)) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "%s says how large the adapters are, and so does --kappa: leave one of them out.",
                    budget != null ? "--budget" : "--rank");
        }
        if (costPower != null && costAware) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS, "--cost-aware is --cost-power 1: leave one of them out.");
        }
        boolean weighs = alpha != null || gamma != null;
        if (scorer == null && !weighs && costPower == null && kappa == null) {
            return preset.scorer(ranks);
        }
        Scorer chosen = scorer == null && weighs ? CkaScorer.DEFAULT : scorer;
        if (weighs) {
            chosen = ScorerNames.having(WeighsSimilarity.class, chosen, alpha != null ? "--alpha" : "--gamma")
                    .withImportance(importance());
        }
        if (costPower != null) {
            chosen = ScorerNames.having(SortsDirections.class, chosen, "--cost-power")
                    .withCostPower(costPower);
        }
        if (kappa != null) {
            ScorerNames.having(AlignmentScorer.class, chosen, "--kappa");
            chosen = new AlignmentScorer(kappa);
        }
        return chosen;
    }

    private Importance importance() {
        Importance usual = Importance.DEFAULT;
        return new Importance(
                alpha == null ? usual.alpha() : alpha,
                alpha == null ? usual.beta() : 1 - alpha,
                gamma == null ? usual.gamma() : gamma,
                gamma == null ? usual.delta() : 1 - gamma);
    }

    private AdapterOptions adapter(AdapterOptions ofMethod) {
        if (rankStabilised && loraScaling != null && loraScaling != LoraScaling.BY_ROOT) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "%s is the scaling %s, and --lora-scaling says %s: leave one of them out.",
                    typed().get("--rank-stabilised"),
                    LoraScaling.BY_ROOT,
                    loraScaling);
        }
        AdapterOptions usual = preset.adapter(ofMethod);
        LoraScaling said = rankStabilised ? LoraScaling.BY_ROOT : loraScaling;
        LoraScaling scaling = said == null ? usual.scaling() : said;
        // The usual alpha belongs to the usual formula.
        double usualAlpha = scaling == usual.scaling() ? usual.alpha() : 0;
        return new AdapterOptions(
                loraAlpha == null ? usualAlpha : loraAlpha,
                scaling,
                adapterDropout,
                initLoraWeights == null ? usual.initLoraWeights() : initLoraWeights,
                loraRelative == null ? usual.relative() : loraRelative);
    }

    /** What trains beside the method: what is said, or the preset's where the method has factors. */
    NormTraining trainNorm() {
        if (trainNorm != null) {
            return trainNorm;
        }
        return name() == Name.FULL || name() == Name.HEAD ? NormTraining.NONE : preset.trainNorm;
    }

    /** As formulas are written, with or without blanks. */
    static final class ScalingName implements ITypeConverter<LoraScaling> {
        @Override
        public LoraScaling convert(String value) {
            String formula = value.replace(" ", "").toLowerCase(Locale.ROOT);
            return Arrays.stream(LoraScaling.values())
                    .filter(scaling -> scaling.toString().equals(formula))
                    .findFirst()
                    .orElseThrow(() ->
                            new TypeConversionException("'" + value + "' is none of alpha/r, alpha/sqrt(r) and alpha"));
        }
    }

    HeadPolicy headPolicy() {
        return head == null ? preset.head : head;
    }
}
