package io.meristem.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.meristem.artifact.Json;
import io.meristem.artifact.Provenance;
import io.meristem.artifact.RunConfig;
import io.meristem.data.feed.Augmentation;
import io.meristem.data.folder.SplitOptions;
import io.meristem.data.image.Fit;
import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.tune.AdaLora;
import io.meristem.tune.Dra;
import io.meristem.tune.DyLora;
import io.meristem.tune.FullTuning;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.Lora;
import io.meristem.tune.Method;
import io.meristem.tune.Optimization;
import io.meristem.tune.TrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How a run was made, in words. */
final class RunSettings {

    private RunSettings() {}

    /** What a method does. */
    static String sentence(Method method) {
        return method.match(new Sentences(method.label()));
    }

    /** The same by a study's name for it, of whose runs only lines are left; a name that the study chose itself says all that is known. */
    static String sentence(String label) {
        Sentences sentences = new Sentences(label);
        return switch (label.split(" ", 2)[0].toLowerCase(Locale.ROOT)) {
            case "full" -> sentences.full(null);
            case "head" -> sentences.head(null);
            case "lora" -> sentences.lora(null);
            case "adalora" -> sentences.adaLora(null);
            case "dylora" -> sentences.dyLora(null);
            case "dra" -> sentences.dra(null);
            default -> "Method: " + label + ".";
        };
    }

    /** By what the label says, which is known of every run. */
    private record Sentences(String label) implements Method.Cases<String> {

        @Override
        public String full(FullTuning method) {
            return "Full fine-tuning: every weight of the pretrained network is trained.";
        }

        @Override
        public String head(HeadOnly method) {
            return "Head only: the pretrained network stays frozen, and only its new last layer is trained.";
        }

        @Override
        public String lora(Lora method) {
            return "LoRA: the pretrained network stays frozen, and each of its layers gets a small trained update, the adapter, all of one rank.";
        }

        @Override
        public String adaLora(AdaLora method) {
            return "AdaLoRA: the pretrained network stays frozen, and each of its layers gets a small trained update whose rank is cut back during training where it matters least.";
        }

        @Override
        public String dyLora(DyLora method) {
            return "DyLoRA: the pretrained network stays frozen, and each of its layers gets a small trained update that works at several ranks.";
        }

        @Override
        public String dra(Dra method) {
            return "Dynamic rank allocation (DRA): the pretrained network stays frozen, and each of its layers gets a small trained update, the adapter."
                    + " How large, its rank, is measured on training photos at the start" + later(label);
        }
    }

    /** What becomes of DRA's ranks after the start. */
    private static String later(String label) {
        List<String> words = List.of(label.split(" "));
        if (words.contains("fixed")) {
            return " and stays as it is.";
        }
        if (words.contains("restart")) {
            return " and stays as it is; now and then the adapters are merged and start anew.";
        }
        return words.contains("once")
                ? " and once more during training."
                : " and again whenever training has calmed down.";
    }

    static Grid grid(RunConfig config, List<String> classes) {
        RunConfig.Model model = config.model();
        TrainConfig train = config.train();
        Grid grid = Grid.of("settings", "How it was trained", "setting", "value");
        grid.fact("network", model.name() + ", " + classes.size() + " classes");
        grid.fact("pretrained weights", model.weights() == null ? "none, random start" : model.weights());
        grid.fact(
                "photos as the network sees them",
                model.size() + " x " + model.size() + " pixels, "
                        + (model.fit() == Fit.CROP ? "cropped" : "squashed")
                        + "; judged on the centre, " + NumberFormats.setPercent(model.cropFraction())
                        + " of the side; mean "
                        + numbers(model.mean()) + ", standard deviation " + numbers(model.std()));
        grid.fact("photos", config.data().folder());
        grid.fact("split", split(config.data().split()));
        grid.fact(
                "random changes to training photos", augmentation(config.data().augmentation()));
        grid.fact("method", train.label() + "; " + flat(Json.tree(train.method())));
        if (train.method().isLowRank()) {
            grid.fact("trained beside it", beside(train));
        }
        grid.fact(
                "head",
                switch (train.head()) {
                    case TRAINED -> "trained in full beside the method";
                    case ADAPTED -> "frozen at a random start, with an adapter like any layer";
                });
        grid.fact("statistics of normalisation", words(train.norm()));
        grid.fact(
                "training",
                NumberFormats.count(train.epochs(), "epoch") + ", batches of " + train.batchSize() + " photos, seed "
                        + train.seed());
        grid.fact("optimiser", optimiser(train.optimization()));
        grid.fact(
                "averaged weights",
                train.ema() == 0
                        ? "none"
                        : "each step keeps up to " + NumberFormats.plain(train.ema())
                                + " of them; judged, saved and exported in place of those of the last step");
        grid.fact(
                "computed in",
                (train.compute().precision() == Precision.BF16 ? "bfloat16, trained numbers in float32" : "float32")
                        + " on " + train.compute().device() + " with " + NumberFormats.count(config.threads(), "thread")
                        + (train.compute().checkpointing() ? ", with checkpointing" : ""));
        return grid;
    }

    static Grid environment(Provenance provenance, Path folder) {
        Engine.Info engine = provenance.engine();
        Grid grid = Grid.of("environment", "What it was made with", "what", "value");
        grid.fact("run folder", folder.toAbsolutePath().normalize().toString());
        grid.fact("Meristem", provenance.meristem());
        grid.fact("libtorch", engine.libtorch() + ", with " + engine.blas());
        grid.fact("processor", engine.cpu() + ", " + engine.processors() + " cores, " + engine.threads() + " used");
        grid.fact("Java", engine.java());
        grid.fact("system", engine.os());
        grid.fact("arithmetic", provenance.dtype());
        grid.fact("SHA-256 of the photos", provenance.dataFingerprint());
        grid.fact("SHA-256 of the weights", provenance.weightsSha256() == null ? "none" : provenance.weightsSha256());
        if (provenance.weightsNote() != null && !provenance.weightsNote().isBlank()) {
            grid.fact("weights", provenance.weightsNote());
        }
        if (engine.missing() != null && !engine.missing().isEmpty()) {
            grid.fact("started without", String.join(" ", engine.missing()));
        }
        return grid;
    }

    private static String split(SplitOptions split) {
        List<String> parts = new ArrayList<>();
        parts.add("where the folder is not divided already: " + NumberFormats.setPercent(split.valFraction())
                + " validation, " + NumberFormats.setPercent(split.testFraction()) + " test, seed " + split.seed());
        if (split.groupCsv() != null) {
            parts.add("photos that belong together by " + split.groupCsv());
        }
        if (split.limitPerClass() > 0) {
            parts.add("at most " + split.limitPerClass() + " photos of each class and side");
        }
        return String.join("; ", parts);
    }

    private static String beside(TrainConfig train) {
        String head = train.head() == HeadPolicy.TRAINED ? "the head" : "";
        String norm =
                switch (train.trainNorm()) {
                    case NONE -> "";
                    case BIAS -> "biases of normalisation (without any, of the layers)";
                    case AFFINE -> "scales and biases of normalisation";
                };
        String both = head + (head.isEmpty() || norm.isEmpty() ? "" : "; ") + norm;
        return both.isEmpty() ? "nothing" : both;
    }

    private static String augmentation(Augmentation a) {
        List<String> parts = new ArrayList<>();
        if (a.flip() > 0 || a.verticalFlip() > 0) {
            parts.add("mirrored left to right (" + NumberFormats.setPercent(a.flip()) + ") and top to bottom ("
                    + NumberFormats.setPercent(a.verticalFlip()) + ")");
        }
        if (a.crops()) {
            parts.add("crops of " + NumberFormats.setPercent(a.minScale()) + " to "
                    + NumberFormats.setPercent(a.maxScale()) + " of the area");
        }
        if (a.brightness() + a.contrast() + a.saturation() + a.hue() > 0) {
            parts.add("brightness " + a.brightness() + ", contrast " + a.contrast() + ", saturation " + a.saturation()
                    + ", hue " + a.hue());
        }
        return parts.isEmpty() ? "none" : String.join("; ", parts);
    }

    private static String optimiser(Optimization o) {
        List<String> parts = new ArrayList<>();
        parts.add(words(o.kind()) + ", rate " + o.rate() + ", of the head " + o.headRate() + ", " + words(o.schedule())
                + " after " + o.warmupEpochs() + " epochs of warm-up");
        if (o.normRate() != null) {
            parts.add("rate of the normalisation " + NumberFormats.plain(o.normRate()));
        }
        if (o.lrRatio() != 1) {
            parts.add("rate of B " + NumberFormats.plain(o.lrRatio()) + " times that");
        }
        parts.add("weight decay " + o.weightDecay());
        if (o.kind() == Optimization.Kind.SGD) {
            parts.add("momentum " + o.momentum());
        }
        parts.add(o.clipNorm() > 0 ? "gradients clipped to norm " + o.clipNorm() : "no clipping");
        if (o.labelSmoothing() > 0) {
            parts.add("label smoothing " + o.labelSmoothing());
        }
        if (o.classWeights()) {
            parts.add("classes weighted by their rarity");
        }
        return String.join("; ", parts);
    }

    private static String words(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static String numbers(List<Float> values) {
        return values.stream().distinct().count() == 1
                ? String.valueOf(values.get(0))
                : String.join(" ", values.stream().map(String::valueOf).toList());
    }

    /** All settings of a record on one line, nested ones with the names of their parents. */
    static String flat(JsonNode node) {
        List<String> parts = new ArrayList<>();
        flatten("", node, parts);
        return String.join(", ", parts);
    }

    private static String value(JsonNode node) {
        return node.isFloatingPointNumber()
                ? NumberFormats.plain(node.asDouble())
                : node.isValueNode() ? node.asText() : node.toString();
    }

    private static void flatten(String name, JsonNode node, List<String> parts) {
        if (node.isObject()) {
            node.properties().forEach(field -> {
                if (!(name.isEmpty() && field.getKey().equals("name"))) {
                    flatten((name + " " + field.getKey().replace('_', ' ')).strip(), field.getValue(), parts);
                }
            });
        } else if (!node.isNull()) {
            parts.add(name + " " + value(node));
        }
    }
}
