package io.meristem.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.ErrorCode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Reads grids: a list of objects, each laid on the method's own settings; or an object of lists, by the path of a setting, of which every combination is a
 * trial, the last setting varying fastest.
 */
final class GridReader {

    private static final int MOST_TRIALS = 1000;

    private final Fields fields;

    GridReader(Fields fields) {
        this.fields = fields;
    }

    /** What each trial lays on its method's settings. */
    List<ObjectNode> read(JsonNode grid, String place) {
        List<ObjectNode> trials = grid.isArray() ? list(grid, place) : product(fields.object(grid, place), place);
        if (trials.isEmpty()) {
            throw fields.refuse(ErrorCode.MISSING_SETTING, place, "holds no trial: give at least one");
        }
        return trials;
    }

    private List<ObjectNode> list(JsonNode grid, String place) {
        if (grid.size() > MOST_TRIALS) {
            throw tooMany(place, String.valueOf(grid.size()));
        }
        List<ObjectNode> trials = new ArrayList<>();
        for (int i = 0; i < grid.size(); i++) {
            ObjectNode trial = fields.object(grid.get(i), place + "[" + i + "]");
            for (String field : List.of("label", "size_of", "grid")) {
                if (trial.has(field)) {
                    throw fields.refuse(
                            ErrorCode.CONFLICTING_SETTINGS,
                            place + "[" + i + "]." + field,
                            "has no place there: a method has it once");
                }
            }
            trials.add(trial);
        }
        return trials;
    }

    private List<ObjectNode> product(ObjectNode grid, String place) {
        List<ObjectNode> trials = new ArrayList<>();
        if (!grid.isEmpty()) {
            trials.add(JsonNodeFactory.instance.objectNode());
        }
        for (Map.Entry<String, JsonNode> setting : grid.properties()) {
            String at = place + "." + setting.getKey();
            JsonNode values = setting.getValue();
            if (!values.isArray() || values.isEmpty()) {
                throw fields.refuse(ErrorCode.OUT_OF_RANGE, at, "is %s: give a list of at least one value", values);
            }
            if ((long) trials.size() * values.size() > MOST_TRIALS) {
                throw tooMany(place, "more than " + MOST_TRIALS);
            }
            List<ObjectNode> longer = new ArrayList<>();
            for (ObjectNode trial : trials) {
                for (JsonNode value : values) {
                    ObjectNode more = trial.deepCopy();
                    put(more, setting.getKey(), value, at);
                    longer.add(more);
                }
            }
            trials = longer;
        }
        return trials;
    }

    private RuntimeException tooMany(String place, String count) {
        return fields.refuse(ErrorCode.OUT_OF_RANGE, place, "holds %s trials: give at most %s", count, MOST_TRIALS);
    }

    private void put(ObjectNode trial, String path, JsonNode value, String place) {
        String[] steps = path.split("\\.", -1);
        ObjectNode at = trial;
        for (int i = 0; i < steps.length; i++) {
            if (steps[i].isEmpty() || Set.of("label", "size_of", "grid").contains(steps[0])) {
                throw fields.refuse(
                        ErrorCode.UNKNOWN_NAME,
                        place,
                        "is no path of a setting: give one such as train.optimization.rate, or a field of the method");
            }
            if (i == steps.length - 1) {
                at.set(steps[i], value);
            } else {
                JsonNode inner = at.get(steps[i]);
                if (inner != null && !inner.isObject()) {
                    throw fields.refuse(
                            ErrorCode.CONFLICTING_SETTINGS,
                            place,
                            "goes on below a setting that the grid gives a value");
                }
                at = inner == null ? at.putObject(steps[i]) : (ObjectNode) inner;
            }
        }
    }

    /** In which settings each of {@code trials} differs from the others. */
    static List<String> words(List<ObjectNode> trials) {
        List<Map<String, String>> leaves = new ArrayList<>();
        Set<String> paths = new LinkedHashSet<>();
        for (ObjectNode trial : trials) {
            Map<String, String> own = new LinkedHashMap<>();
            leaves(trial, "", own);
            leaves.add(own);
            paths.addAll(own.keySet());
        }
        paths.removeIf(
                path -> leaves.stream().map(own -> own.get(path)).distinct().count() == 1);
        List<String> words = new ArrayList<>();
        for (Map<String, String> own : leaves) {
            words.add(String.join(
                    ", ",
                    paths.stream()
                            .filter(own::containsKey)
                            .map(path -> name(path, paths) + " " + own.get(path))
                            .toList()));
        }
        return words;
    }

    /** The last step of a path, or as many as tell it from the others. */
    private static String name(String path, Set<String> all) {
        String whole = path.endsWith(".name") ? path.substring(0, path.length() - ".name".length()) : path;
        String name = whole;
        for (int at = whole.lastIndexOf('.'); at >= 0; at = whole.lastIndexOf('.', at - 1)) {
            name = whole.substring(at + 1);
            String end = "." + name;
            if (all.stream().filter(other -> !Objects.equals(other, path)).noneMatch(other -> ("." + other)
                    .endsWith(end))) {
                break;
            }
            name = whole;
        }
        return name.replace('_', ' ');
    }

    private static void leaves(JsonNode node, String path, Map<String, String> into) {
        if (node instanceof ObjectNode object) {
            object.properties()
                    .forEach(field -> leaves(
                            field.getValue(), path.isEmpty() ? field.getKey() : path + "." + field.getKey(), into));
        } else if (!node.isNull()) {
            into.put(path, word(node));
        }
    }

    /** Numbers as people write them, 0.0003 and not 3.0E-4. */
    private static String word(JsonNode leaf) {
        if (leaf.isNumber()) {
            return leaf.decimalValue().stripTrailingZeros().toPlainString();
        }
        return leaf.isTextual() ? leaf.asText() : leaf.toString();
    }
}
