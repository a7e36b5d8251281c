package io.meristem.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.engine.ComputeDevice;
import io.meristem.study.Scale;
import io.meristem.tune.Preset;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import picocli.CommandLine.Option;

/** What a command line changes of a study, to fit it to photos at hand and to this machine. What is not given stays as the study has it. */
final class StudyOptions {

    private static final int MOST_SEEDS = 1000;

    @Option(
            names = "--style",
            paramLabel = "NAME",
            description =
                    "Settings that nobody gives: default, as 'train' has them, or paper, as in the published study. Default: the study's; presets of its tables say paper.")
    Preset style;

    @Option(
            names = "--data",
            paramLabel = "FOLDER",
            description = "Photos in one sub-folder per class. Give it once for each set of photos.")
    List<String> data = List.of();

    @Option(
            names = "--models",
            split = ",",
            paramLabel = "NAME",
            description = "Networks, in place of the study's; 'meristem models' lists them.")
    List<String> models = List.of();

    @Option(
            names = "--weights",
            paramLabel = "[MODEL=]FILE",
            description =
                    "Pretrained weights of a model, or of all: a file, a tag of weights that were pulled, 'starter', or 'scratch' for none. Default: the official ones.")
    List<String> weights = List.of();

    @Option(
            names = "--mean",
            split = ",",
            paramLabel = "R,G,B",
            description = "Mean of the colours (0 to 1) that the weights expect. Default: the model's.")
    List<Float> mean;

    @Option(names = "--std", split = ",", paramLabel = "R,G,B", description = "Likewise the standard deviation.")
    List<Float> std;

    @Option(names = "--size", paramLabel = "PIXELS", description = "Side of the square that photos are scaled to.")
    Integer size;

    @Option(
            names = "--limit-per-class",
            paramLabel = "N",
            description = "Use at most N photos of each class in each part; 0 for all.")
    Integer limitPerClass;

    @Option(
            names = "--methods",
            split = ",",
            paramLabel = "WORD",
            description = "Only these methods: labels, or kinds such as dra or lora.")
    List<String> methods = List.of();

    @Option(
            names = "--seeds",
            paramLabel = "N",
            description =
                    "How many seeds (from 0 on), or which: a list with commas, such as 3,8 or 5, for seed 5 alone. Default: 3.")
    String seeds;

    @Option(
            names = "--tuning-seeds",
            split = ",",
            paramLabel = "N",
            description =
                    "Seeds that choose settings, in place of the study's; none of them may be among those of --seeds. Default: the study's.")
    List<Long> tuningSeeds = List.of();

    @Option(names = "--epochs", paramLabel = "N", description = "Passes over the training photos of every run.")
    Integer epochs;

    @Option(
            names = {"--batch-size", "--batch"},
            paramLabel = "N",
            description = "Photos per step.")
    Integer batch;

    @Option(
            names = "--calibration-epochs",
            paramLabel = "N",
            description = "The epoch that sets DRA's threshold; updates can follow later ones.")
    Integer calibrationEpochs;

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            description = "fp32, bf16, or auto: bf16 where the processor has instructions for it.")
    ComputeOptions.Choice precision;

    @Option(names = "--device", paramLabel = "NAME", description = "cpu or cuda.")
    ComputeDevice device;

    Scale scale() {
        return new Scale(
                style,
                models,
                data,
                weights(),
                size,
                mean,
                std,
                limitPerClass,
                seeds == null ? List.of() : seeds(),
                tuningSeeds,
                train(),
                calibrationEpochs,
                methods);
    }

    private Map<String, String> weights() {
        Map<String, String> byModel = new LinkedHashMap<>();
        for (String given : weights) {
            // A path may hold an equals sign too: a model's name holds no slash.
            int equals = given.indexOf('=');
            boolean named = equals > 0 && !given.substring(0, equals).matches(".*[/\\\\].*");
            String model = named ? given.substring(0, equals) : "";
            if (byModel.put(model, named ? given.substring(equals + 1) : given) != null) {
                throw new InputException(
                        ErrorCode.CONFLICTING_SETTINGS,
                        "--weights is given twice for %s: give it once, as MODEL=FILE for each.",
                        named ? model : "all models");
            }
        }
        return byModel;
    }

    private List<Long> seeds() {
        try {
            List<Long> numbers = Arrays.stream(seeds.split(","))
                    .map(String::strip)
                    .map(Long::valueOf)
                    .toList();
            if (seeds.contains(",") && !numbers.isEmpty()) {
                return numbers;
            }
            if (numbers.size() == 1 && numbers.get(0) >= 1 && numbers.get(0) <= MOST_SEEDS) {
                return LongStream.range(0, numbers.get(0)).boxed().toList();
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new InputException(
                ErrorCode.OUT_OF_RANGE,
                "--seeds is '%s': give how many, from 1 to %s, or a list with commas, such as 3,8.",
                seeds,
                MOST_SEEDS);
    }

    private ObjectNode train() {
        ObjectNode train = JsonNodeFactory.instance.objectNode();
        if (epochs != null) {
            train.put("epochs", epochs);
        }
        if (batch != null) {
            train.put("batch_size", batch);
        }
        ObjectNode compute = JsonNodeFactory.instance.objectNode();
        if (precision != null) {
            compute.put("precision", precision.resolve().name());
        }
        if (device != null) {
            compute.put("device", device.name());
        }
        if (!compute.isEmpty()) {
            train.set("compute", compute);
        }
        return train;
    }
}
