package io.meristem.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.Action;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.artifact.Json;
import io.meristem.artifact.RunConfig;
import io.meristem.data.feed.Augmentation;
import io.meristem.data.folder.SplitOptions;
import io.meristem.data.image.Fit;
import io.meristem.job.ModelChoice;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads what a study trains, and on what: models and photo folders. */
final class SubjectReader {

    /** What may stand for a model, beside its bare name. */
    private record RawModel(
            String label,
            String name,
            String weights,
            Integer size,
            Double cropFraction,
            Fit fit,
            List<Float> mean,
            List<Float> std) {}

    /** What may stand for photos, beside the bare folder. */
    private record RawData(String name, String folder, ObjectNode split, JsonNode augmentation) {}

    private final Fields fields;
    private final Path base;
    private final Scale scale;

    /** @param base where relative paths count from */
    SubjectReader(Fields fields, Path base, Scale scale) {
        this.fields = fields;
        this.base = base;
        this.scale = scale;
    }

    /** @param given by the study, or null */
    List<StudyModel> models(List<JsonNode> given) {
        List<JsonNode> nodes = scale.models().isEmpty() ? given : texts(scale.models());
        if (nodes == null || nodes.isEmpty()) {
            throw fields.refuse(
                    ErrorCode.MISSING_SETTING,
                    "",
                    "names no models: give 'models' in the file, or %s",
                    Setting.MODELS.the());
        }
        List<StudyModel> models = new ArrayList<>();
        Set<String> labels = new HashSet<>();
        for (int i = 0; i < nodes.size(); i++) {
            String place = "models[" + i + "]";
            RawModel raw = fields.read(object(nodes.get(i), "name", place), RawModel.class, place);
            if (raw.name() == null) {
                throw fields.refuse(
                        ErrorCode.MISSING_SETTING, place, "has no 'name': %s lists them", Action.LIST_MODELS);
            }
            StudyModel model = model(raw);
            if (!labels.add(model.label())) {
                throw fields.refuse(
                        ErrorCode.CONFLICTING_SETTINGS,
                        place,
                        "is called '%s' like another: give one of them another 'label'",
                        model.label());
            }
            models.add(model);
        }
        for (String name : scale.weights().keySet()) {
            if (!name.isEmpty()
                    && models.stream()
                            .noneMatch(m ->
                                    m.label().equals(name) || m.model().name().equals(name))) {
                throw new InputException(
                        ErrorCode.UNKNOWN_NAME,
                        "The weights are for '%s', which is no model of this study: it has %s.",
                        name,
                        String.join(", ", labels));
            }
        }
        return models;
    }

    private StudyModel model(RawModel raw) {
        String label = raw.label() == null ? raw.name() : raw.label();
        String weights = scale.weights().get(label);
        if (weights == null) {
            weights = scale.weights().get(raw.name());
        }
        if (weights == null) {
            weights = scale.weights().get("");
        }
        ModelChoice choice = ModelChoice.of(raw.name())
                .withWeights(weights == null ? file(raw.weights()) : weights)
                .withSize(raw.size())
                .withSize(scale.size())
                .withView(raw.cropFraction(), raw.fit())
                .withColours(raw.mean(), raw.std())
                .withColours(scale.mean(), scale.std());
        return new StudyModel(label, choice.resolve());
    }

    /** A file beside the study where there is one; other words mean something to {@link ModelChoice}. */
    private String file(String weights) {
        try {
            return weights != null && Files.isRegularFile(base.resolve(weights))
                    ? base.resolve(weights).toString()
                    : weights;
        } catch (InvalidPathException e) {
            return weights;
        }
    }

    /** @param given by the study, or null */
    List<StudyData> data(List<JsonNode> given) {
        boolean named = scale.data().isEmpty();
        List<JsonNode> nodes = named ? given : texts(scale.data());
        if (nodes == null || nodes.isEmpty()) {
            throw fields.refuse(
                    ErrorCode.MISSING_SETTING,
                    "",
                    "names no photos: give 'data' in the file, or %s",
                    Setting.DATA.the());
        }
        List<String> names = new ArrayList<>();
        List<RunConfig.Data> folders = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            String place = "data[" + i + "]";
            RawData raw = fields.read(object(nodes.get(i), "folder", place), RawData.class, place);
            if (raw.folder() == null) {
                throw fields.refuse(ErrorCode.MISSING_SETTING, place, "has no 'folder'");
            }
            names.add(raw.name());
            folders.add(data(raw, named ? base : Path.of(""), place));
        }
        return named(names, folders);
    }

    private RunConfig.Data data(RawData raw, Path from, String place) {
        Path folder = from.resolve(raw.folder()).toAbsolutePath().normalize();
        ObjectNode split = Trees.merge((ObjectNode) Json.tree(SplitOptions.defaults()), raw.split());
        if (split.hasNonNull("group_csv")) {
            split.put(
                    "group_csv",
                    from.resolve(split.get("group_csv").asText())
                            .toAbsolutePath()
                            .normalize()
                            .toString());
        }
        if (scale.limitPerClass() != null) {
            split.put("limit_per_class", scale.limitPerClass());
        }
        return new RunConfig.Data(
                folder.toString(),
                fields.read(split, SplitOptions.class, place + ".split"),
                augmentation(raw.augmentation(), place + ".augmentation"));
    }

    private Augmentation augmentation(JsonNode given, String place) {
        if (given == null || given.isNull() || given.asText().equals("standard")) {
            return Augmentation.standard();
        }
        if (given.asText().equals("none")) {
            return Augmentation.NONE;
        }
        if (given.isTextual()) {
            throw fields.refuse(
                    ErrorCode.OUT_OF_RANGE, place, "is %s: say standard or none, or give an object in braces", given);
        }
        ObjectNode all = Trees.merge((ObjectNode) Json.tree(Augmentation.standard()), fields.object(given, place));
        return fields.read(all, Augmentation.class, place);
    }

    /** Folders without a name go by their last part, or by their last two where that is ambiguous. */
    private List<StudyData> named(List<String> names, List<RunConfig.Data> folders) {
        Map<String, Integer> counts = new HashMap<>();
        folders.forEach(f -> counts.merge(last(Path.of(f.folder())), 1, Integer::sum));
        List<StudyData> data = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        for (int i = 0; i < folders.size(); i++) {
            Path folder = Path.of(folders.get(i).folder());
            String name = names.get(i);
            if (name == null) {
                name = counts.get(last(folder)) > 1 && folder.getParent() != null
                        ? last(folder.getParent()) + "/" + last(folder)
                        : last(folder);
            }
            if (!taken.add(name)) {
                throw fields.refuse(
                        ErrorCode.CONFLICTING_SETTINGS,
                        "data[" + i + "]",
                        "is called '%s' like another: give each a 'name' of its own",
                        name);
            }
            data.add(new StudyData(name, folders.get(i)));
        }
        return data;
    }

    static String last(Path folder) {
        return folder.getFileName() == null ? "photos" : folder.getFileName().toString();
    }

    private ObjectNode object(JsonNode node, String field, String place) {
        return node.isTextual()
                ? JsonNodeFactory.instance.objectNode().put(field, node.asText())
                : fields.object(node, place);
    }

    private static List<JsonNode> texts(List<String> words) {
        return words.stream()
                .map(word -> (JsonNode) JsonNodeFactory.instance.textNode(word))
                .toList();
    }
}
