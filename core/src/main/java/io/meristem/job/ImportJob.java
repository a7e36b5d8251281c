package io.meristem.job;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Names;
import io.meristem.Setting;
import io.meristem.adapter.RankLimit;
import io.meristem.artifact.ImportedRun;
import io.meristem.artifact.Provenance;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunPlace;
import io.meristem.data.feed.Augmentation;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.SplitOptions;
import io.meristem.data.image.Fit;
import io.meristem.engine.Engine;
import io.meristem.exchange.ClassifierInfo;
import io.meristem.exchange.ImportSource;
import io.meristem.exchange.ImportedNetwork;
import io.meristem.execute.Network;
import io.meristem.tune.FullTuning;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.Lora;
import io.meristem.tune.Method;
import io.meristem.tune.Preset;
import io.meristem.tune.TrainConfig;
import io.meristem.zoo.ModelSpec;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;

/** Makes a run folder of something that was trained elsewhere, or exported from here. */
public final class ImportJob {

    /**
     * What is imported; null stands for what the source says itself, and where it says nothing for what the network's official weights expect.
     *
     * @param source a folder of PEFT, or a file that {@code export} wrote
     * @param model the network
     * @param weights that belong under it, as {@code train} takes them
     * @param classes names in label order
     * @param data a folder of photos with these classes, for judging; or null
     */
    public record Request(
            Path source,
            String model,
            String weights,
            List<String> classes,
            Path data,
            Integer size,
            Double cropFraction,
            Fit fit,
            List<Float> mean,
            List<Float> std) {

        /** Everything as the source, or else the network, has it. */
        public static Request of(Path source) {
            return new Request(source, null, null, null, null, null, null, null, null, null);
        }

        public Request withModel(String newModel) {
            return new Request(source, newModel, weights, classes, data, size, cropFraction, fit, mean, std);
        }

        public Request withWeights(String newWeights) {
            return new Request(source, model, newWeights, classes, data, size, cropFraction, fit, mean, std);
        }

        public Request withClasses(List<String> newClasses) {
            return new Request(source, model, weights, newClasses, data, size, cropFraction, fit, mean, std);
        }

        public Request withData(Path newData) {
            return new Request(source, model, weights, classes, newData, size, cropFraction, fit, mean, std);
        }

        public Request withSize(Integer newSize) {
            return new Request(source, model, weights, classes, data, newSize, cropFraction, fit, mean, std);
        }

        public Request withCropFraction(Double newCropFraction) {
            return new Request(source, model, weights, classes, data, size, newCropFraction, fit, mean, std);
        }

        public Request withFit(Fit newFit) {
            return new Request(source, model, weights, classes, data, size, cropFraction, newFit, mean, std);
        }

        public Request withMean(List<Float> newMean) {
            return new Request(source, model, weights, classes, data, size, cropFraction, fit, newMean, std);
        }

        public Request withStd(List<Float> newStd) {
            return new Request(source, model, weights, classes, data, size, cropFraction, fit, mean, newStd);
        }
    }

    /**
     * What has come of it.
     *
     * @param kind such as "an adapter of PEFT"
     * @param layers with low-rank updates
     * @param least rank of a layer, or 0
     * @param greatest rank of a layer, or 0
     * @param notes sentences for the user about anything out of the ordinary
     */
    public record Outcome(
            String kind, String model, int classes, int layers, int least, int greatest, List<String> notes) {}

    private ImportJob() {}

    /**
     * @param out where the run folder goes; must be free
     * @throws InputException when the source does not fit, or uses what has no equal here
     */
    public static Outcome run(Request request, Path out, int threads) {
        RunPlace.refuseUnlessFree(out);
        Engine.start(threads);
        try (ImportSource source = ImportSource.open(request.source())) {
            ModelSpec spec = Models.find(name(request, source));
            List<String> classes = classes(request, source);
            boolean whole = ImportedNetwork.isWhole(source, spec, classes.size());
            RunConfig.Model model = model(request, source, spec, whole);
            try (PointerScope scope = new PointerScope();
                    Networks.Loaded base =
                            whole ? fresh(spec, classes.size()) : Networks.based(model, classes.size())) {
                if (!whole) {
                    requireBase(source, base, model);
                }
                ImportedNetwork imported = ImportedNetwork.of(source, base.network(), base.report());
                String sha256 = whole ? source.sha256() : base.sha256();
                List<String> notes = new ArrayList<>(imported.notes());
                if (base.report() != null) {
                    notes.addAll(base.report().notes());
                }
                ImportedRun.write(
                        out,
                        config(request, source, model, imported, whole, threads),
                        classes,
                        provenance(source, sha256, imported.notes()),
                        source.temperature(),
                        imported.network(),
                        whole ? Map.of() : imported.adapter());
                return new Outcome(
                        source.kind(),
                        spec.name(),
                        classes.size(),
                        imported.ranks().size(),
                        imported.ranks().values().stream()
                                .mapToInt(r -> r)
                                .min()
                                .orElse(0),
                        imported.ranks().values().stream()
                                .mapToInt(r -> r)
                                .max()
                                .orElse(0),
                        notes);
            }
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_WRITABLE,
                    e,
                    "The run folder %s cannot be written (%s): choose another %s or make room.",
                    out,
                    e,
                    Setting.OUT);
        }
    }

    private static String name(Request request, ImportSource source) {
        if (source.info() != null
                && request.model() != null
                && !request.model().equals(source.info().model())) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "%s is of %s, not of %s: leave %s out.",
                    source.path(),
                    source.info().model(),
                    request.model(),
                    Setting.MODEL.the());
        }
        String name = request.model() != null ? request.model() : source.model();
        if (name == null) {
            throw new InputException(
                    ErrorCode.MISSING_SETTING,
                    "%s does not say which network it is for: name it (%s).",
                    source.path(),
                    Setting.MODEL);
        }
        return name;
    }

    private static List<String> classes(Request request, ImportSource source) {
        List<String> given = request.classes() == null
                ? null
                : request.classes().stream().map(Names::nfc).toList();
        if (request.data() != null) {
            List<String> folders =
                    ImageFolder.scan(request.data(), SplitOptions.defaults()).classes();
            if (given != null && !given.equals(folders)) {
                throw new InputException(
                        ErrorCode.MISMATCH,
                        "The classes %s are not those of the folder %s (%s): leave %s or %s out.",
                        String.join(", ", given),
                        request.data(),
                        String.join(", ", folders),
                        Setting.CLASSES.the(),
                        Setting.DATA.the());
            }
            given = folders;
        }
        List<String> known = source.info() == null
                ? null
                : source.info().classes().stream().map(Names::nfc).toList();
        if (given == null && known == null) {
            throw new InputException(
                    ErrorCode.MISSING_SETTING,
                    "%s does not say what its classes are called: give %s in the order of the labels, or %s.",
                    source.path(),
                    Setting.CLASSES.as("a,b,c"),
                    Setting.DATA.the());
        }
        if (given != null && known != null && !given.equals(known)) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "%s knows the classes %s, not %s: name these in this order, or leave %s out.",
                    source.path(),
                    String.join(", ", known),
                    String.join(", ", given),
                    Setting.CLASSES.the());
        }
        List<String> classes = given == null ? known : given;
        if (classes.size() < 2
                || classes.stream().anyMatch(String::isBlank)
                || classes.stream().distinct().count() < classes.size()) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "The classes %s must be two or more different names: give other %s.",
                    String.join(", ", classes),
                    Setting.CLASSES);
        }
        return classes;
    }

    private static RunConfig.Model model(Request request, ImportSource source, ModelSpec spec, boolean whole) {
        ClassifierInfo.Input said = source.info() == null ? null : source.info().input();
        String weights = request.weights();
        if (whole) {
            if (weights != null) {
                throw new InputException(
                        ErrorCode.CONFLICTING_SETTINGS,
                        "%s holds the whole network: leave %s out.",
                        source.path(),
                        Setting.WEIGHTS.the());
            }
            weights = source.path().toString();
        } else if (source.base() != null) {
            if (weights != null) {
                throw new InputException(
                        ErrorCode.CONFLICTING_SETTINGS,
                        "%s brings the weights that it belongs on, %s: leave %s out.",
                        source.path(),
                        source.base(),
                        Setting.WEIGHTS.the());
            }
            weights = source.base().toString();
        }
        ModelChoice choice = ModelChoice.of(spec.name()).withWeights(weights);
        if (said != null) {
            choice = choice.withSize(said.size())
                    .withView(said.cropFraction(), said.way())
                    .withColours(said.mean(), said.std());
        }
        return choice.withSize(request.size())
                .withView(request.cropFraction(), request.fit())
                .withColours(request.mean(), request.std())
                .resolve();
    }

    private static Networks.Loaded fresh(ModelSpec spec, int classes) {
        return new Networks.Loaded(new Network(spec, classes).materialize(0), null, null);
    }

    /** An adapter that we have exported says which weights it belongs on. */
    private static void requireBase(ImportSource source, Networks.Loaded base, RunConfig.Model model) {
        String wanted = source.info() == null ? null : source.info().origin().baseSha256();
        if (wanted != null && !wanted.equals(base.sha256())) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "%s belongs on the weights with the SHA-256 %s, and %s has %s: give the file that it was trained on.",
                    source.path(),
                    wanted,
                    model.weights(),
                    base.sha256());
        }
    }

    private static RunConfig config(
            Request request,
            ImportSource source,
            RunConfig.Model model,
            ImportedNetwork imported,
            boolean whole,
            int threads) {
        int rank = imported.ranks().values().stream().mapToInt(r -> r).max().orElse(0);
        Method method = whole
                ? new FullTuning()
                : rank == 0 ? new HeadOnly() : new Lora(rank, source.options(), RankLimit.NONE);
        TrainConfig usual = TrainConfig.usual(
                method,
                Preset.DEFAULT,
                source.info() == null ? 0 : source.info().origin().seed());
        TrainConfig train = TrainConfig.builder(
                        method, usual.epochs(), usual.batchSize(), usual.seed(), usual.optimization())
                .head(imported.headAdapted() ? HeadPolicy.ADAPTED : HeadPolicy.TRAINED)
                .build();
        String folder = request.data() == null
                ? null
                : request.data().toAbsolutePath().normalize().toString();
        return new RunConfig(
                model, new RunConfig.Data(folder, SplitOptions.defaults(), Augmentation.standard()), train, threads);
    }

    private static Provenance provenance(ImportSource source, String sha256, List<String> notes) {
        List<String> account = new ArrayList<>();
        account.add("Imported, not trained here: " + source.kind() + " from "
                + source.path().toAbsolutePath().normalize() + ", SHA-256 " + source.sha256() + ".");
        account.addAll(notes);
        ClassifierInfo.Origin origin =
                source.info() == null ? null : source.info().origin();
        return new Provenance(
                TrainJob.VERSION,
                Engine.info(),
                origin == null ? null : origin.dataFingerprint(),
                Map.of(),
                List.of(),
                account,
                List.of(),
                origin != null && origin.synthetic(),
                sha256,
                "",
                origin == null ? 0 : origin.seed(),
                "float32",
                null);
    }
}
