package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.adapter.LayerSize;
import io.meristem.adapter.RankLimit;
import io.meristem.artifact.Json;
import io.meristem.execute.Network;
import io.meristem.op.WeightedLayer;
import io.meristem.tune.EqualRank;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.Lora;
import io.meristem.tune.NormTraining;
import io.meristem.tune.Preset;
import io.meristem.zoo.Models;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "size",
        mixinStandardHelpOptions = true,
        abbreviateSynopsis = true,
        description = {
            "Says how large a network and its adapters are, from the definition alone.",
            "Sizes are MiB of float32: 4 bytes a number, 2^20 bytes a MiB.",
            "A rank that is more than a layer's weight can use is held to that, and such layers are counted; --preset paper counts it in full, as the published study does."
        })
final class SizeCommand implements Callable<Integer> {

    enum Sized {
        LORA,
        FULL
    }

    @Spec
    CommandSpec spec;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "NAME",
            description = "The network; 'meristem models' lists them.")
    String model;

    @Option(names = "--classes", required = true, paramLabel = "N", description = "How many classes the head has.")
    int classes;

    @Option(
            names = "--method",
            paramLabel = "NAME",
            defaultValue = "LORA",
            description = "lora or full. Default: lora. (DRA's size depends on photos: see 'ranks'.)")
    Sized method;

    @Option(
            names = "--rank",
            paramLabel = "R",
            description =
                    "LoRA's rank; 0 with --train-norm for no factors at all; --budget gives a size in its place. Default: 8, without --budget.")
    Integer rank;

    @Option(
            names = "--budget",
            paramLabel = "SIZE",
            converter = Budget.Converter.class,
            description =
                    "Show LoRA at the greatest rank whose factors, with what --train-norm trains, take no more: MiB of float32, such as 0.4, or percent of the network's numbers without its head, such as 2%%.")
    Budget budget;

    @Option(
            names = "--train-norm",
            paramLabel = "WHAT",
            defaultValue = "NONE",
            description =
                    "What of the normalisation trains beside LoRA's factors: none, bias or affine. Default: none.")
    NormTraining trainNorm;

    @Option(
            names = "--preset",
            paramLabel = "NAME",
            defaultValue = "DEFAULT",
            description = "paper: the head has an adapter; default: it trains in full, and is counted apart.")
    Preset preset;

    @Mixin
    OutputOptions output;

    @Override
    public Integer call() {
        if (classes < 2) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "A classifier needs at least 2 classes, not %s: give a larger --classes.",
                    classes);
        }
        if (budget != null && budget.isAuto()) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "--budget auto is as much as photos ask for, see 'ranks': give a size here.");
        }
        if (budget != null && (rank != null || method == Sized.FULL)) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "%s",
                    rank != null
                            ? "--budget chooses the rank that --rank gives: leave one of them out."
                            : "--budget bounds the size of adapters, and full fine-tuning has none: leave it out.");
        }
        if (rank != null && rank < (trainNorm == NormTraining.NONE ? 1 : 0)) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE, "The rank must be at least 1, not %s: give a larger --rank.", rank);
        }
        if (trainNorm != NormTraining.NONE && method == Sized.FULL) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "Full fine-tuning trains scales and biases of normalisation in any case: leave --train-norm out.");
        }
        PrintWriter out = spec.commandLine().getOut();
        try (Network network = new Network(Models.find(model), classes)) {
            Map<String, Object> sizes = sizes(network);
            if (output.json) {
                out.print(Json.pretty(sizes));
            } else {
                sizes.forEach((key, value) -> out.printf(Locale.ROOT, "%-17s %s%n", key.replace('_', ' '), value));
            }
        }
        out.flush();
        return 0;
    }

    private Map<String, Object> sizes(Network network) {
        WeightedLayer head = network.head();
        long headNumbers =
                head.weight().numel() + (head.bias() == null ? 0 : head.bias().numel());
        boolean headTrains = preset.head == HeadPolicy.TRAINED;
        Map<String, WeightedLayer> layers = preset.head.adapted(network);
        List<LayerSize> adapted = layers.entrySet().stream()
                .map(e -> LayerSize.of(e.getKey(), e.getValue()))
                .toList();
        int of = rank(network);
        long numbers = LayerSize.numbers(adapted, of, preset.rankLimit);
        long perRank = adapted.stream().mapToLong(LayerSize::perRank).sum();
        Map<String, Object> sizes = new LinkedHashMap<>();
        sizes.put("model", model);
        sizes.put("classes", classes);
        sizes.put("parameters", network.parameterCount());
        sizes.put("model_mib", mib(network.parameterCount()));
        sizes.put("method", method.name().toLowerCase(Locale.ROOT));
        if (method == Sized.LORA) {
            if (budget != null) {
                sizes.put("budget_mib", mib(Math.round(budget.mib(network) * LayerSize.NUMBERS_PER_MIB)));
            }
            sizes.put("rank", of);
            sizes.put("adapted_layers", layers.size());
            sizes.put("numbers_per_rank", perRank);
            long beside = trainNorm.numbers(network, preset.head);
            if (trainNorm != NormTraining.NONE) {
                sizes.put("train_norm", trainNorm.name().toLowerCase(Locale.ROOT));
                sizes.put("norm_numbers", beside);
                sizes.put("norm_mib", mib(beside));
            }
            sizes.put("adapter_numbers", numbers + beside);
            sizes.put("adapter_mib", mib(numbers + beside));
            sizes.put("held_layers", preset.rankLimit == RankLimit.LAYER ? RankLimit.exceeded(of, adapted) : 0);
            sizes.put("head_numbers", headTrains ? headNumbers : 0);
            sizes.put("head_mib", mib(headTrains ? headNumbers : 0));
        }
        return sizes;
    }

    private int rank(Network network) {
        if (budget == null) {
            return rank == null ? Lora.DEFAULT.rank() : rank;
        }
        return EqualRank.within(budget.mib(network), network, preset.head, trainNorm, preset.rankLimit)
                .rank();
    }

    private static double mib(long numbers) {
        return Math.round(LayerSize.mib(numbers) * 100) / 100.0;
    }
}
