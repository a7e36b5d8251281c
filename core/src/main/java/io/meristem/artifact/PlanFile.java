package io.meristem.artifact;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Message;
import io.meristem.Setting;
import io.meristem.adapter.AdapterForm;
import io.meristem.adapter.ComputePlan;
import io.meristem.engine.Precision;
import io.meristem.execute.Network;
import io.meristem.op.Conv2d;
import io.meristem.op.ConvKernels;
import io.meristem.op.WeightedLayer;
import io.meristem.tune.HeadOnly;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How each layer of a run is computed, as its folder keeps it: what rounding depends on beside {@link RunConfig}, processor, threads and versions.
 *
 * @param format {@value #FORMAT}
 * @param origin where it comes from
 * @param model name of the network
 * @param size side of the input, pixels
 * @param layers those that have a choice, in definition order
 */
public record PlanFile(int format, Origin origin, String model, int size, List<Layer> layers) {

    static final int FORMAT = 1;

    /** Where a plan comes from. */
    public enum Origin {
        /** The kind of each layer, the precision, and whether Java's vectors were there. */
        KIND,
        /** Timed on the machine. */
        MEASURED,
        /** Another run's plan, or a file. */
        GIVEN
    }

    /**
     * A layer.
     *
     * @param form of its adapter at the start; null where it had none
     * @param input how a convolution's gradient for the input is computed; null on a linear map, like {@code weight}
     */
    public record Layer(String layer, AdapterForm form, ConvKernels.Input input, ConvKernels.Weight weight) {

        public Layer {
            if (layer == null || (input == null) != (weight == null)) {
                throw new IllegalArgumentException("a layer of it lacks its name, or one of input and weight");
            }
        }

        private ComputePlan.LayerPlan way() {
            return new ComputePlan.LayerPlan(form, input == null ? null : new ConvKernels(input, weight));
        }
    }

    public PlanFile {
        if (format != FORMAT) {
            throw new IllegalArgumentException("its format is " + format + ", not " + FORMAT);
        }
        if (origin == null || model == null || layers == null || layers.contains(null)) {
            throw new IllegalArgumentException("it lacks origin, model or layers");
        }
        layers = List.copyOf(layers);
    }

    static PlanFile of(Map<String, ComputePlan.LayerPlan> ways, RunConfig config, Origin origin) {
        List<Layer> layers = new ArrayList<>();
        ways.forEach((name, way) -> {
            ConvKernels kernels = way.kernels();
            layers.add(new Layer(
                    name,
                    way.form(),
                    kernels == null ? null : kernels.input(),
                    kernels == null ? null : kernels.weight()));
        });
        return new PlanFile(
                FORMAT, origin, config.model().name(), config.model().size(), layers);
    }

    /**
     * @param place such a file, or the folder of a run
     * @throws InputException when there is none, or it cannot be read
     */
    public static PlanFile read(Path place) {
        Path file = Files.isDirectory(place) ? place.resolve(RunFolder.PLAN) : place;
        if (!Files.isRegularFile(file)) {
            if (Files.isDirectory(place)) {
                throw new InputException(
                        ErrorCode.NOT_FOUND,
                        "%s has no %s: give %s the folder of a run that has one, such a file, kind or measured.",
                        place,
                        RunFolder.PLAN,
                        Setting.PLAN.the());
            }
            throw new InputException(
                    ErrorCode.NOT_FOUND,
                    "There is no plan %s: for %s give kind, measured, the folder of a run, or the file %s of one.",
                    place,
                    Setting.PLAN.the(),
                    RunFolder.PLAN);
        }
        return Json.read(file, PlanFile.class);
    }

    /**
     * What it decides, by layer, for a training.
     *
     * @param place where it was read, for the sentences
     * @param network may be a definition yet
     * @throws InputException when it is of another network or input, names layers that are not there, leaves a convolution out, or names ways that its
     *     layers cannot be computed in
     */
    public Map<String, ComputePlan.LayerPlan> ways(Path place, RunConfig config, Network network) {
        if (!model.equals(config.model().name()) || size != config.model().size()) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "The plan in %s is for %s at %s pixels, not for %s at %s: give the plan of a run like this one, or %s.",
                    place,
                    model,
                    size,
                    config.model().name(),
                    config.model().size(),
                    Setting.PLAN.the("kind"));
        }
        Map<String, ComputePlan.LayerPlan> ways = new LinkedHashMap<>();
        Precision precision = config.train().compute().precision();
        for (Layer row : layers) {
            WeightedLayer layer = network.weightedLayers().get(row.layer());
            Message problem = null;
            if (layer == null) {
                problem = Message.of("names a layer %s, which %s does not have", row.layer(), model);
            } else if (ways.putIfAbsent(row.layer(), row.way()) != null) {
                problem = Message.of("names the layer %s twice", row.layer());
            } else if ((row.input() != null) != (layer.op() instanceof Conv2d)) {
                problem = Message.of(
                        "does not say how %s is computed, or says it of a layer of another kind", row.layer());
            } else if (row.form() != null
                    && !row.form().allows(config.train().method().adapterDropout())) {
                problem = Message.of(
                        "computes the adapter of %s as %s, which dropout on its input does not allow",
                        row.layer(), row.form());
            } else if (layer.op() instanceof Conv2d conv && !row.way().kernels().fits(conv, precision)) {
                problem = Message.of(
                        "computes the gradients of %s with %s and %s, which need another %s, or a Java that is started with --add-modules jdk.incubator.vector",
                        row.layer(), row.input(), row.weight(), Setting.PRECISION);
            }
            if (problem != null) {
                throw unfit(place, problem);
            }
        }
        if (!(config.train().method() instanceof HeadOnly)) { // which computes no gradient of any of them
            network.weightedLayers().forEach((name, layer) -> {
                if (layer.op() instanceof Conv2d && !ways.containsKey(name)) {
                    throw unfit(place, Message.of("does not say how %s is computed", name));
                }
            });
        }
        return ways;
    }

    private static InputException unfit(Path place, Message problem) {
        return new InputException(
                ErrorCode.MISMATCH,
                "The plan in %s %s: give the plan of a run like this one, or %s.",
                place,
                problem,
                Setting.PLAN.the("kind"));
    }
}
