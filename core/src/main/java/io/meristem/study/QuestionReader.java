package io.meristem.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.tune.Dra;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Reads what a study asks: its tables, and the methods that each compares. */
final class QuestionReader {

    /** Of a table: it names files. */
    static final String ID = "[A-Za-z0-9][A-Za-z0-9_.-]*";

    /** What may stand for a table, beside the name of one. */
    private record RawTable(
            String id,
            Question.Kind kind,
            String title,
            String caption,
            Measure measure,
            Question.Side side,
            String published,
            List<JsonNode> methods) {}

    private final Fields fields;
    private final MethodReader methods;

    QuestionReader(Fields fields, MethodReader methods) {
        this.fields = fields;
        this.methods = methods;
    }

    /**
     * @param tables of the study, or null
     * @param methods of all tables that have none of their own, or null
     * @param words what the command line wants of the methods; nothing for all
     * @param tuning of the study, or null
     */
    List<Question> read(List<JsonNode> tables, List<JsonNode> methods, List<String> words, Tuning tuning) {
        List<Question> questions = new ArrayList<>(filtered(questions(tables, methods), words));
        List<StudyMethod> all =
                questions.stream().flatMap(q -> q.methods().stream()).distinct().toList();
        refuseAmbiguousLabels(all);
        MethodReader.checkSizes(fields, all);
        checkTrials(all, tuning);
        if (tuning != null && questions.stream().noneMatch(q -> q.kind() == Question.Kind.TUNING)) {
            List<StudyMethod> tuned = all.stream().filter(StudyMethod::isTuned).toList();
            if (!tuned.isEmpty() && questions.stream().noneMatch(q -> q.id().equals("tuning"))) {
                questions.add(question("tuning", Question.Kind.TUNING, "How settings were chosen", tuned));
            }
        }
        return questions;
    }

    private void checkTrials(List<StudyMethod> methods, Tuning tuning) {
        for (StudyMethod method : methods) {
            String place = "the method '" + method.label() + "'";
            if (method.isTuned() && tuning == null) {
                throw fields.refuse(
                        ErrorCode.MISSING_SETTING,
                        place,
                        "has a grid of %s trials, and the study has no 'tuning' to choose among them: give it, as {\"seeds\": [1000, 1001]}",
                        method.trials().size());
            }
            if (tuning != null && tuning.trials() != null && method.trials().size() > tuning.trials()) {
                throw fields.refuse(
                        ErrorCode.OUT_OF_RANGE,
                        place,
                        "has %s trials, and 'tuning' allows each method %s: shorten its grid, or raise 'trials' for all",
                        method.trials().size(),
                        tuning.trials());
            }
        }
    }

    private List<Question> questions(List<JsonNode> tables, List<JsonNode> given) {
        if (tables == null ? given == null : tables.isEmpty()) {
            throw fields.refuse(
                    ErrorCode.MISSING_SETTING,
                    "",
                    "asks nothing: give 'methods', or 'tables' with methods of their own");
        }
        List<StudyMethod> common = given == null ? null : methods(given, "methods");
        if (tables == null) {
            return usual(common);
        }
        List<Question> questions = new ArrayList<>();
        Set<String> ids = new TreeSet<>();
        for (int i = 0; i < tables.size(); i++) {
            Question question = question(tables.get(i), "tables[" + i + "]", common);
            if (!ids.add(question.id())) {
                throw fields.refuse(
                        ErrorCode.CONFLICTING_SETTINGS,
                        "tables[" + i + "].id",
                        "is '%s', as another table's is",
                        question.id());
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
        if (common.stream().anyMatch(StudyMethod::isTuned) && common.size() > 1) {
            questions.add(1, question("pooled", Question.Kind.POOLED, "Differences to the first method", common));
        }
        if (!dynamic.isEmpty()) {
            questions.add(question("sizes", Question.Kind.SIZES, "Sizes during training", dynamic));
        }
        return questions;
    }

    private static Question question(String id, Question.Kind kind, String title, List<StudyMethod> methods) {
        return new Question(id, kind, title, "", Measure.ACCURACY, Question.Side.TEST, null, methods);
    }

    private Question question(JsonNode node, String place, List<StudyMethod> common) {
        RawTable table = fields.read(
                node.isTextual() ? preset(node.asText(), place) : fields.object(node, place), RawTable.class, place);
        if (table.id() == null || !table.id().matches(ID)) {
            throw fields.refuse(
                    ErrorCode.OUT_OF_RANGE,
                    place + ".id",
                    "is '%s': it names files, so give letters, digits, points, dashes and underscores",
                    table.id());
        }
        if (table.published() != null && Published.of(table.published()) == null) {
            throw fields.refuse(
                    ErrorCode.UNKNOWN_NAME,
                    place + ".published",
                    "is '%s': there are printed numbers for %s",
                    table.published(),
                    String.join(", ", Published.names()));
        }
        List<StudyMethod> own = table.methods() == null ? common : methods(table.methods(), place + ".methods");
        if (own == null) {
            throw fields.refuse(
                    ErrorCode.MISSING_SETTING, place, "has no 'methods', and the study has none for all tables");
        }
        return new Question(
                table.id(),
                table.kind() == null ? Question.Kind.COMPARISON : table.kind(),
                table.title() == null ? table.id() : table.title(),
                table.caption() == null ? "" : table.caption(),
                table.measure() == null ? Measure.ACCURACY : table.measure(),
                table.side(),
                table.published(),
                own);
    }

    private ObjectNode preset(String name, String place) {
        ObjectNode table = Presets.table(name);
        if (table == null) {
            throw fields.refuse(
                    ErrorCode.UNKNOWN_NAME,
                    place,
                    "is '%s': the tables with a name are %s",
                    name,
                    String.join(", ", Presets.tables()));
        }
        return table;
    }

    private List<StudyMethod> methods(List<JsonNode> nodes, String place) {
        if (nodes.isEmpty()) {
            throw fields.refuse(ErrorCode.MISSING_SETTING, place, "is an empty list: give at least one method");
        }
        return IntStream.range(0, nodes.size())
                .mapToObj(i -> methods.read(nodes.get(i), place + "[" + i + "]"))
                .distinct()
                .toList();
    }

    /** The questions with the methods that the command line wants. */
    private List<Question> filtered(List<Question> questions, List<String> words) {
        if (words.isEmpty()) {
            return questions;
        }
        Set<String> known = new TreeSet<>();
        questions.forEach(q -> q.methods().forEach(m -> known.addAll(MethodReader.names(m))));
        Set<String> wanted = new HashSet<>();
        for (String word : words) {
            if (known.stream().noneMatch(word::equalsIgnoreCase)) {
                throw new InputException(
                        ErrorCode.UNKNOWN_NAME,
                        "This study has no method '%s': the words for %s are %s.",
                        word,
                        Setting.METHODS,
                        String.join(", ", known));
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
                        ErrorCode.CONFLICTING_SETTINGS,
                        "the label '" + method.label() + "'",
                        "stands for two different methods: give one of them a 'label' of its own");
            }
        }
    }
}
