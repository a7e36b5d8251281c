package io.meristem.study;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.artifact.Json;
import io.meristem.tune.Preset;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
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
            JsonNode tree = Json.parse(InputFiles.json(file));
            Path base = file.toAbsolutePath().normalize().getParent();
            return new StudyReader(file.toString(), fields.object(tree, ""), base, scale).study();
        } catch (JsonProcessingException e) {
            String where = e.getLocation() == null
                    ? ""
                    : " in line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr();
            throw new InputException(
                    file + " is no JSON" + where + " (" + InputFiles.reason(e) + "): mend it there.", e);
        } catch (InvalidPathException e) {
            throw new InputException(
                    file + " names the path '" + e.getInput().replace('\0', '?')
                            + "', which this system cannot hold: mend it.",
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
        List<Question> questions =
                new QuestionReader(fields, methods).read(raw.tables(), raw.methods(), scale.methods());
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
        if (!given.isArray()) {
            throw fields.refuse("seeds", "is " + given + ": give how many, or a list in brackets");
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
}
