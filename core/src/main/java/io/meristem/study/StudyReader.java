package io.meristem.study;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.InputException;
import io.meristem.artifact.Json;
import io.meristem.tune.Dra;
import io.meristem.tune.Preset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Reads a study from a file or a preset, and leaves nothing open; docs/study.md says what may stand there. */
public final class StudyReader {

    /** What may stand in a study. */
    private record Raw(
            String title,
            Preset style,
            List<JsonNode> models,
            List<JsonNode> data,
            JsonNode seeds,
            ObjectNode train,
            Integer calibrationEpochs,
            List<JsonNode> methods,
            List<JsonNode> tables) {}

    /** What may stand in a table of one. */
    private record RawTable(
            String id,
            Question.Kind kind,
            String title,
            String caption,
            Measure measure,
            String published,
            List<JsonNode> methods) {}

    private static final int USUAL_SEEDS = 3;
    private static final int MOST_SEEDS = 1000;

    private final Fields fields;
    private final Raw raw;
    private final Scale scale;
    private final Path base;
    private final MethodReader methods;

    private StudyReader(String source, ObjectNode tree, Path base, Scale scale) {
        this.fields = new Fields(source);
        this.raw = fields.read(tree, Raw.class, "");
        this.scale = scale;
        this.base = base;
        Preset style = scale.style() != null ? scale.style() : raw.style() == null ? Preset.DEFAULT : raw.style();
        this.methods = new MethodReader(fields, style, raw.train(), raw.calibrationEpochs(), scale);
    }

    /**
     * Reads a file. Relative paths in it count from its folder.
     *
     * @throws InputException when it cannot be used, naming the field
     */
    public static Study file(Path file, Scale scale) {
        Fields fields = new Fields(file.toString());
        try {
            JsonNode tree = Json.parse(Files.readString(file));
            Path base = file.toAbsolutePath().normalize().getParent();
            return new StudyReader(file.toString(), fields.object(tree, ""), base, scale).study();
        } catch (JsonProcessingException e) {
            String where = e.getLocation() == null
                    ? ""
                    : " in line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr();
            throw new InputException(
                    file + " is no JSON" + where + " ("
                            + e.getOriginalMessage().lines().findFirst().orElse("") + "): mend it there.",
                    e);
        } catch (IOException e) {
            throw new InputException(
                    "The study " + file + " cannot be read (" + e.getMessage()
                            + "): give a JSON file, or choose a --preset.",
                    e);
        }
    }

    /** @throws InputException when there is no such preset, or {@code scale} does not fit it */
    public static Study preset(String name, Scale scale) {
        return new StudyReader("--preset " + name, Presets.study(name), Path.of(""), scale).study();
    }

    private Study study() {
        SubjectReader subjects = new SubjectReader(fields, base, scale);
        List<StudyModel> models = subjects.models(raw.models());
        List<StudyData> data = subjects.data(raw.data());
        List<Question> questions = filtered(questions());
        List<StudyMethod> all =
                questions.stream().flatMap(q -> q.methods().stream()).toList();
        refuseAmbiguousLabels(all);
        MethodReader.checkSizes(fields, all);
        return new Study(raw.title() == null ? "A study" : raw.title(), models, data, seeds(), questions);
    }

    private List<Long> seeds() {
        if (!scale.seeds().isEmpty()) {
            return distinct(scale.seeds());
        }
        JsonNode given = raw.seeds();
        if (given == null || given.isNull()) {
            return count(USUAL_SEEDS);
        }
        if (given.isIntegralNumber()) {
            if (given.asLong() < 1 || given.asLong() > MOST_SEEDS) {
                throw fields.refuse("seeds", "is " + given + ": give a number from 1 to " + MOST_SEEDS + ", or a list");
            }
            return count(given.asInt());
        }
        List<Long> seeds = List.of(fields.read(given, Long[].class, "seeds"));
        if (seeds.isEmpty()) {
            throw fields.refuse("seeds", "is an empty list: give at least one");
        }
        return distinct(seeds);
    }

    private List<Long> distinct(List<Long> seeds) {
        if (new HashSet<>(seeds).size() < seeds.size()) {
            throw fields.refuse("seeds", "is " + seeds + ": the same seed twice gives the same run, so give each once");
        }
        return seeds;
    }

    private static List<Long> count(int seeds) {
        return LongStream.range(0, seeds).boxed().toList();
    }

    private List<Question> questions() {
        if (raw.tables() == null && raw.methods() == null) {
            throw fields.refuse("", "asks nothing: give 'methods', or 'tables' with methods of their own");
        }
        List<StudyMethod> common = raw.methods() == null ? null : methods(raw.methods(), "methods");
        if (raw.tables() == null) {
            return usual(common);
        }
        List<Question> questions = new ArrayList<>();
        Set<String> ids = new TreeSet<>();
        for (int i = 0; i < raw.tables().size(); i++) {
            Question question = question(raw.tables().get(i), "tables[" + i + "]", common);
            if (!ids.add(question.id())) {
                throw fields.refuse("tables[" + i + "].id", "is '" + question.id() + "', as another table's is");
            }
            questions.add(question);
        }
        return questions;
    }

    /** What every comparison asks. */
    private static List<Question> usual(List<StudyMethod> common) {
        List<Question> questions = new ArrayList<>(List.of(
                question("results", Question.Kind.COMPARISON, "Results", common),
                question("curves", Question.Kind.CURVES, "Course of training", common)));
        List<StudyMethod> dynamic =
                common.stream().filter(m -> m.train().method() instanceof Dra).toList();
        if (!dynamic.isEmpty()) {
            questions.add(question("sizes", Question.Kind.SIZES, "Sizes during training", dynamic));
        }
        return questions;
    }

    private static Question question(String id, Question.Kind kind, String title, List<StudyMethod> methods) {
        return new Question(id, kind, title, "", Measure.ACCURACY, null, methods);
    }

    private Question question(JsonNode node, String place, List<StudyMethod> common) {
        RawTable table = fields.read(
                node.isTextual() ? preset(node.asText(), place) : fields.object(node, place), RawTable.class, place);
        if (table.id() == null || !table.id().matches("[A-Za-z0-9][A-Za-z0-9_.-]*")) {
            throw fields.refuse(
                    place + ".id",
                    "is '" + table.id() + "': it names files, so give letters, digits, points, dashes and underscores");
        }
        if (table.published() != null && Published.of(table.published()) == null) {
            throw fields.refuse(
                    place + ".published",
                    "is '" + table.published() + "': there are printed numbers for "
                            + String.join(", ", Published.names()));
        }
        List<StudyMethod> own = table.methods() == null ? common : methods(table.methods(), place + ".methods");
        if (own == null) {
            throw fields.refuse(place, "has no 'methods', and the study has none for all tables");
        }
        return new Question(
                table.id(),
                table.kind() == null ? Question.Kind.COMPARISON : table.kind(),
                table.title() == null ? table.id() : table.title(),
                table.caption() == null ? "" : table.caption(),
                table.measure() == null ? Measure.ACCURACY : table.measure(),
                table.published(),
                own);
    }

    private ObjectNode preset(String name, String place) {
        ObjectNode table = Presets.table(name);
        if (table == null) {
            throw fields.refuse(
                    place, "is '" + name + "': the tables with a name are " + String.join(", ", Presets.tables()));
        }
        return table;
    }

    private List<StudyMethod> methods(List<JsonNode> nodes, String place) {
        if (nodes.isEmpty()) {
            throw fields.refuse(place, "is an empty list: give at least one method");
        }
        return IntStream.range(0, nodes.size())
                .mapToObj(i -> methods.read(nodes.get(i), place + "[" + i + "]"))
                .toList();
    }

    /** The questions with the methods that the command line wants. */
    private List<Question> filtered(List<Question> questions) {
        if (scale.methods().isEmpty()) {
            return questions;
        }
        Set<String> known = new TreeSet<>();
        questions.forEach(q -> q.methods().forEach(m -> known.addAll(MethodReader.names(m))));
        Set<String> wanted = new HashSet<>();
        for (String word : scale.methods()) {
            if (known.stream().noneMatch(word::equalsIgnoreCase)) {
                throw new InputException("This study has no method '" + word + "': the words for --methods are "
                        + String.join(", ", known) + ".");
            }
            wanted.add(word.toLowerCase(Locale.ROOT));
        }
        return questions.stream()
                .map(q -> q.withMethods(q.methods().stream()
                        .filter(m -> MethodReader.names(m).stream()
                                .anyMatch(name -> wanted.contains(name.toLowerCase(Locale.ROOT))))
                        .toList()))
                .filter(q -> !q.methods().isEmpty())
                .toList();
    }

    private void refuseAmbiguousLabels(List<StudyMethod> all) {
        Map<String, StudyMethod> byLabel = new HashMap<>();
        for (StudyMethod method : all) {
            StudyMethod other = byLabel.putIfAbsent(method.label(), method);
            if (other != null && !other.equals(method)) {
                throw fields.refuse(
                        "the label '" + method.label() + "'",
                        "stands for two different methods: give one of them a 'label' of its own");
            }
        }
    }
}
