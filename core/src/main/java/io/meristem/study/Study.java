package io.meristem.study;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.artifact.Json;
import io.meristem.job.ModelChoice;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What is to be compared, nothing left open: every model with every photo folder, method and seed.
 *
 * @param title for people
 * @param seeds of the runs that compare
 * @param tuning how settings are chosen before, or null where none are
 * @param questions and their methods; each run serves all that need it
 */
public record Study(
        String title,
        List<StudyModel> models,
        List<StudyData> data,
        List<Long> seeds,
        Tuning tuning,
        List<Question> questions) {

    public Study {
        models = List.copyOf(models);
        data = List.copyOf(data);
        seeds = List.copyOf(seeds);
        questions = List.copyOf(questions);
    }

    /** All methods, in the order of the questions; the same one may come several times. */
    List<StudyMethod> methods() {
        return questions.stream().flatMap(q -> q.methods().stream()).toList();
    }

    /** The method of that label whose size is not another's. */
    StudyMethod sized(String label) {
        return methods().stream()
                .filter(m -> m.sizeOf() == null && m.label().equals(label))
                .findFirst()
                .orElseThrow();
    }

    /** In the form that {@link StudyReader} reads, with every setting written out. */
    ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("title", title);
        ArrayNode networks = json.putArray("models");
        models.forEach(m -> {
            ObjectNode model = networks.addObject();
            model.put("label", m.label());
            model.setAll((ObjectNode) Json.tree(m.model()));
            if (m.model().weights() == null) {
                model.put("weights", ModelChoice.SCRATCH);
            }
        });
        ArrayNode folders = json.putArray("data");
        data.forEach(d -> {
            ObjectNode folder = folders.addObject();
            folder.put("name", d.name());
            folder.setAll((ObjectNode) Json.tree(d.data()));
        });
        json.set("seeds", Json.tree(seeds));
        if (tuning != null) {
            json.set("tuning", Json.tree(tuning));
        }
        // Tables mostly share their methods, which are long with every setting of every trial.
        List<StudyMethod> common =
                questions.isEmpty() ? List.of() : questions.get(0).methods();
        json.set("methods", json(common));
        ArrayNode tables = json.putArray("tables");
        for (Question question : questions) {
            ObjectNode table = json(question);
            if (!question.methods().equals(common)) {
                table.set("methods", json(question.methods()));
            }
            tables.add(table);
        }
        return json;
    }

    private static ObjectNode json(Question question) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("id", question.id());
        json.put("kind", question.kind().name().toLowerCase(Locale.ROOT));
        json.put("title", question.title());
        json.put("caption", question.caption());
        json.put("measure", question.measure().name().toLowerCase(Locale.ROOT));
        json.set("side", Json.tree(question.side()));
        json.put("published", question.published());
        return json;
    }

    private static ArrayNode json(List<StudyMethod> all) {
        ArrayNode methods = JsonNodeFactory.instance.arrayNode();
        for (StudyMethod method : all) {
            ObjectNode one = methods.addObject();
            ObjectNode first = json(method.trials().get(0));
            if (method.isTuned()) {
                one.set("name", first.get("name"));
            } else {
                one.setAll(first);
            }
            one.put("label", method.label());
            if (method.sizeOf() != null) {
                one.set("size_of", Json.tree(method.sizeOf()));
            }
            if (method.isTuned()) {
                ArrayNode grid = one.putArray("grid");
                method.trials().forEach(trial -> grid.add(json(trial)));
            }
        }
        return methods;
    }

    private static ObjectNode json(Trial trial) {
        ObjectNode train = (ObjectNode) Json.tree(trial.train());
        ObjectNode json = (ObjectNode) train.remove("method");
        train.remove("seed");
        json.set("train", train);
        return json;
    }

    /** As {@link #json}, without what tells where files lie: photos go by their names, weights and tables of groups by their files' names. */
    ObjectNode portable() {
        ObjectNode json = json();
        json.get("models").forEach(model -> shorten((ObjectNode) model, "weights"));
        for (int i = 0; i < data.size(); i++) {
            ObjectNode folder = (ObjectNode) json.get("data").get(i);
            folder.put("folder", SubjectReader.last(Path.of(data.get(i).data().folder())));
            shorten((ObjectNode) folder.get("split"), "group_csv");
        }
        return json;
    }

    private static void shorten(ObjectNode json, String field) {
        if (json.hasNonNull(field)) {
            json.put(field, SubjectReader.last(Path.of(json.get(field).asText())));
        }
    }

    /** Tells this study's lines from another's: the first digits of a hash of what it compares, wherever its files lie. */
    String key() {
        return StudyInputs.digits(Json.line(portable()));
    }
}
