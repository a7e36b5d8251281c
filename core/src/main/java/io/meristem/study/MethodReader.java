package io.meristem.study;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.NamedTypes;
import io.meristem.adapter.AdapterOptions;
import io.meristem.artifact.Json;
import io.meristem.rank.CkaScorer;
import io.meristem.tune.Dra;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.Lora;
import io.meristem.tune.Method;
import io.meristem.tune.Preset;
import io.meristem.tune.TrainConfig;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Reads methods: {@code "dra"}, {@code "lora:8"}, or an object as in a run's config.json in which only what differs needs to be said. Which methods
 * there are, and their fields, is read off the records themselves ({@link MethodDefaults}).
 */
final class MethodReader {

    private static final Map<String, Class<? extends Method>> KNOWN = new TreeMap<>(NamedTypes.of(Method.class));
    private static final String CALIBRATION = "calibration_epochs";
    private static final String LIMIT = "limit";
    private static final String SCORER = "scorer";
    private static final String ADAPTER = "adapter";
    private static final String RANKS = "ranks";
    private static final String UPDATES = "updates";

    private final Fields fields;
    private final Preset style;
    private final ObjectNode train;
    private final Integer calibrationEpochs;
    private final Scale scale;

    /**
     * @param train settings of the whole study, or null
     * @param calibrationEpochs likewise
     */
    MethodReader(Fields fields, Preset style, ObjectNode train, Integer calibrationEpochs, Scale scale) {
        this.fields = fields;
        this.style = style;
        this.train = train;
        this.calibrationEpochs = calibrationEpochs == null ? style.calibrationEpochs : calibrationEpochs;
        this.scale = scale;
        if (train != null) {
            refuseOwnFields(train, "train");
        }
    }

    StudyMethod read(JsonNode node, String place) {
        ObjectNode given = node.isTextual()
                ? word(node.asText(), place)
                : fields.object(node, place).deepCopy();
        JsonNode label = given.remove("label");
        JsonNode sizeOf = given.remove("size_of");
        JsonNode grid = given.remove("grid");
        ObjectNode plain = given.deepCopy();
        plain.remove("train");
        List<Trial> trials = grid == null || grid.isNull()
                ? List.of(new Trial("", train(given, place)))
                : trials(given, grid, place + ".grid");
        return new StudyMethod(
                label == null
                        ? label(method(plain, place), plain, trials)
                        : fields.read(label, String.class, place + ".label"),
                trials,
                sizeOf == null ? null : sizeOf(sizeOf, place + ".size_of"));
    }

    private List<Trial> trials(ObjectNode given, JsonNode grid, String place) {
        List<ObjectNode> overlays = new GridReader(fields).read(grid, place);
        List<TrainConfig> settings = new ArrayList<>();
        for (int i = 0; i < overlays.size(); i++) {
            String at = place + "[" + i + "]";
            if (overlays.get(i).has("name") && !overlays.get(i).get("name").equals(given.get("name"))) {
                throw fields.refuse(
                        ErrorCode.CONFLICTING_SETTINGS,
                        at + ".name",
                        "is another method's: list that as a method of its own");
            }
            TrainConfig train = train(Trees.merge(given, overlays.get(i)), at);
            int same = settings.indexOf(train);
            if (same >= 0) {
                throw fields.refuse(
                        ErrorCode.CONFLICTING_SETTINGS,
                        place,
                        "holds the same settings twice, as trials %s and %s: a trial that repeats another is none, so leave it away",
                        same + 1,
                        i + 1);
            }
            if (settings.stream().anyMatch(other -> differInIdleRate(other, train))) {
                throw fields.refuse(
                        ErrorCode.CONFLICTING_SETTINGS,
                        at + ".train.optimization.rate",
                        "has no effect on the method 'head', which trains the head alone: use train.optimization.head_rate");
            }
            settings.add(train);
        }
        List<String> words = GridReader.words(
                settings.stream().map(train -> (ObjectNode) Json.tree(train)).toList());
        return IntStream.range(0, settings.size())
                .mapToObj(i -> new Trial(words.get(i), settings.get(i)))
                .toList();
    }

    /** Trials that differ in nothing but a rate which moves nothing would be the same run. */
    private static boolean differInIdleRate(TrainConfig one, TrainConfig other) {
        return one.method() instanceof HeadOnly
                && other.method() instanceof HeadOnly
                && withoutRate(one).equals(withoutRate(other));
    }

    private static ObjectNode withoutRate(TrainConfig train) {
        ObjectNode tree = (ObjectNode) Json.tree(train);
        ((ObjectNode) tree.get("optimization")).remove("rate");
        return tree;
    }

    /** @param given the method's fields and its {@code train} */
    private TrainConfig train(ObjectNode given, String place) {
        ObjectNode own = given.deepCopy();
        JsonNode node = own.remove("train");
        ObjectNode settings = node == null ? null : fields.object(node, place + ".train");
        if (settings != null) {
            refuseOwnFields(settings, place + ".train");
        }
        Method method = method(own, place);
        ObjectNode all = (ObjectNode) Json.tree(TrainConfig.usual(trainable(method), style, 0));
        all.set("method", Json.tree(method));
        for (ObjectNode layer : Arrays.asList(train, settings, scale.train())) {
            all = Trees.merge(all, layer);
        }
        return fields.read(all, TrainConfig.class, place + ".train");
    }

    /** LoRA of rank 0 is none before what trains beside it is said. */
    private static Method trainable(Method method) {
        return method instanceof Lora lora && lora.rank() == 0 ? new Lora(1, lora.adapter()) : method;
    }

    /** A scorer and updates that come from the style are the whole study's; what trains beside the method is named where all trials agree on it. */
    private static String label(Method method, ObjectNode given, List<Trial> trials) {
        String word = method instanceof Dra dra
                ? dra.label(given.has(SCORER) && !(dra.scorer() instanceof CkaScorer), given.has(UPDATES))
                : method.label();
        TrainConfig first = trials.get(0).train();
        boolean agreed = trials.stream().allMatch(trial -> trial.train().trainNorm() == first.trainNorm());
        return agreed ? first.label(word) : word;
    }

    private StudyMethod.SizeOf sizeOf(JsonNode node, String place) {
        ObjectNode usual = JsonNodeFactory.instance.objectNode().put("factor", 1.0);
        return fields.read(Trees.merge(usual, fields.object(node, place)), StudyMethod.SizeOf.class, place);
    }

    private void refuseOwnFields(ObjectNode settings, String place) {
        if (settings.has("method")) {
            throw fields.refuse(
                    ErrorCode.CONFLICTING_SETTINGS,
                    place + ".method",
                    "has no place there: methods are listed under 'methods'");
        }
        if (settings.has("seed")) {
            throw fields.refuse(
                    ErrorCode.CONFLICTING_SETTINGS,
                    place + ".seed",
                    "has no place there: 'seeds' are given once for the whole study");
        }
    }

    private Method method(ObjectNode given, String place) {
        Class<?> type = type(given.get("name"), place);
        ObjectNode usual = MethodDefaults.of(given.get("name").asText(), type, given);
        if (usual.has(ADAPTER)) {
            AdapterOptions own = fields.read(usual.get(ADAPTER), AdapterOptions.class, place);
            usual.set(ADAPTER, Json.tree(usual(style.adapter(own), given.path(ADAPTER))));
        }
        refuseUnknown(given, type, place);
        if (type == Dra.class) {
            usual.set(UPDATES, Json.tree(style.updates));
            usual.set(RANKS, ranks(given.path(RANKS)));
        }
        if (type == Lora.class) {
            usual.put(LIMIT, style.rankLimit.name());
        }
        boolean calibrates = Arrays.stream(type.getRecordComponents())
                .anyMatch(component -> component.getName().equals("calibrationEpochs"));
        if (calibrates) {
            usual.put(CALIBRATION, calibrationEpochs);
        }
        ObjectNode all = Trees.merge(usual, given);
        if (calibrates && scale.calibrationEpochs() != null) {
            all.put(CALIBRATION, scale.calibrationEpochs());
        }
        Method method = fields.read(all, Method.class, place);
        return method instanceof Dra dra && !given.has(SCORER) ? dra.withScorer(style.scorer(dra.ranks())) : method;
    }

    /** A budget that is given takes the place of the usual one. */
    private JsonNode ranks(JsonNode given) {
        ObjectNode usual = (ObjectNode) Json.tree(style.ranks());
        if (given.has("budget_mib") || given.has("budget_percent")) {
            usual.remove("budget_rank");
        }
        return usual;
    }

    /** The usual alpha belongs to the usual formula: under another one it is what that has by itself. */
    private static AdapterOptions usual(AdapterOptions usual, JsonNode given) {
        JsonNode scaling = given.path("scaling");
        boolean other =
                scaling.isTextual() && !scaling.asText().equals(usual.scaling().toString());
        return other ? usual.withAlpha(0) : usual;
    }

    /** A record may take fields that it does not write any more, from old runs; what is said here must not be said in vain. */
    private void refuseUnknown(ObjectNode given, Class<?> type, String place) {
        List<String> known = new ArrayList<>(List.of("name"));
        known.addAll(MethodDefaults.fields(type));
        given.fieldNames().forEachRemaining(field -> {
            if (!known.contains(field)) {
                throw fields.refuse(
                        ErrorCode.UNKNOWN_NAME,
                        place,
                        "has no field '%s'; its fields are %s, and label, size_of, grid, train",
                        field,
                        String.join(", ", known));
            }
        });
    }

    private Class<?> type(JsonNode name, String place) {
        if (name == null) {
            throw fields.refuse(
                    ErrorCode.MISSING_SETTING,
                    place,
                    "has no 'name': give one of %s",
                    String.join(", ", KNOWN.keySet()));
        }
        Class<?> type = KNOWN.get(name.asText());
        if (type == null) {
            throw fields.refuse(
                    ErrorCode.UNKNOWN_NAME,
                    place,
                    "is the method %s, which is none of %s",
                    name,
                    String.join(", ", KNOWN.keySet()));
        }
        return type;
    }

    /** {@code name} or {@code name:value}, the value of the method's first setting. */
    private ObjectNode word(String word, String place) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        int colon = word.indexOf(':');
        object.put("name", colon < 0 ? word : word.substring(0, colon));
        if (colon >= 0) {
            Class<?> type = type(object.get("name"), place);
            RecordComponent[] components = type.getRecordComponents();
            if (components.length == 0 || !components[0].getType().isPrimitive()) {
                throw fields.refuse(
                        ErrorCode.OUT_OF_RANGE,
                        place,
                        "is \"%s\", but %s takes nothing after a colon",
                        word,
                        object.get("name").asText());
            }
            object.set(MethodDefaults.fields(type).get(0), number(word.substring(colon + 1), word, place));
        }
        return object;
    }

    private JsonNode number(String text, String word, String place) {
        try {
            JsonNode value = Json.parse(text);
            if (value.isNumber()) {
                return value;
            }
        } catch (JsonProcessingException e) {
            // Said below, as for JSON that is no number.
        }
        throw fields.refuse(ErrorCode.OUT_OF_RANGE, place, "is \"%s\": a number belongs after the colon", word);
    }

    /** What a filter may call this method: its label, or the name of its kind. */
    static List<String> names(StudyMethod method) {
        List<String> names = new ArrayList<>(List.of(method.label()));
        KNOWN.forEach((name, type) -> {
            if (type.isInstance(method.train().method())) {
                names.add(name);
            }
        });
        return names;
    }

    /** @throws InputException when a size is taken from a method that is not there, or from one that takes its own from another */
    static void checkSizes(Fields fields, List<StudyMethod> methods) {
        for (StudyMethod method : methods) {
            if (method.sizeOf() == null) {
                continue;
            }
            if (!method.train().method().isSizable()) {
                throw fields.refuse(
                        ErrorCode.CONFLICTING_SETTINGS,
                        "the method '" + method.label() + "'",
                        "cannot be given a size: leave its 'size_of' away");
            }
            String wanted = method.sizeOf().method();
            if (methods.stream().noneMatch(m -> m.sizeOf() == null && m.label().equals(wanted))) {
                throw fields.refuse(
                        ErrorCode.UNKNOWN_NAME,
                        "the method '" + method.label() + "'",
                        "takes its size from '%s', which is none of the methods with a size of their own: add it, or name another",
                        wanted);
            }
        }
    }
}
