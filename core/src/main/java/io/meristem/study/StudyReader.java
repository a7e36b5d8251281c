package io.meristem.study;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.Setting;
import io.meristem.artifact.Json;
import io.meristem.tune.Preset;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
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
            RawTuning tuning,
            ObjectNode train,
            Integer calibrationEpochs,
            List<JsonNode> methods,
            List<JsonNode> tables) {}

    /** How settings are chosen. */
    private record RawTuning(JsonNode seeds, Integer trials, Tuning.Choose choose) {}

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
                    ErrorCode.DAMAGED_FILE,
                    e,
                    "%s is no JSON%s (%s): mend it there.",
                    file,
                    where,
                    InputFiles.reason(e));
        } catch (InvalidPathException e) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    e,
                    "%s names the path '%s', which this system cannot hold: mend it.",
                    file,
                    e.getInput().replace('\0', '?'));
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_READABLE,
                    e,
                    "The study %s cannot be read (%s): give a JSON file, or choose a %s.",
                    file,
                    InputFiles.reason(e),
                    Setting.PRESET);
        }
    }

    /** @throws InputException when there is no such preset, or {@code scale} does not fit it */
    public static Study preset(String name, Scale scale) {
        return new StudyReader("the preset " + name, Presets.study(name), Path.of(""), scale).study();
    }

    private Study study() {
        SubjectReader subjects = new SubjectReader(fields, base, scale);
        List<StudyModel> models = subjects.models(raw.models());
        List<StudyData> data = subjects.data(raw.data());
        Tuning tuning = tuning();
        List<Question> questions =
                new QuestionReader(fields, methods).read(raw.tables(), raw.methods(), scale.methods(), tuning);
        List<Long> seeds = seeds();
        if (tuning != null) {
            refuseOverlap(seeds, tuning.seeds());
        }
        return new Study(raw.title() == null ? "A study" : raw.title(), models, data, seeds, tuning, questions);
    }

    private Tuning tuning() {
        if (raw.tuning() == null) {
            if (!scale.tuningSeeds().isEmpty()) {
                throw new InputException(
                        ErrorCode.CONFLICTING_SETTINGS,
                        "This study tunes nothing: leave %s away.",
                        Setting.TUNING_SEEDS.the());
            }
            return null;
        }
        JsonNode given = raw.tuning().seeds();
        if (scale.tuningSeeds().isEmpty() && (given == null || !given.isArray() || given.isEmpty())) {
            throw fields.refuse(
                    ErrorCode.MISSING_SETTING,
                    "tuning.seeds",
                    "is %s: give a list of seeds that serve nothing else, such as [1000, 1001]",
                    given == null ? "missing" : given);
        }
        List<Long> seeds = scale.tuningSeeds().isEmpty() ? longs(given, "tuning.seeds") : scale.tuningSeeds();
        try {
            return new Tuning(
                    distinct(seeds, "tuning.seeds"),
                    raw.tuning().trials(),
                    raw.tuning().choose());
        } catch (InputException e) {
            throw fields.unusable(e, "tuning.trials");
        }
    }

    /** Settings would be judged on the very runs that they were chosen by. */
    private void refuseOverlap(List<Long> seeds, List<Long> tuning) {
        List<Long> both = seeds.stream().filter(tuning::contains).toList();
        if (!both.isEmpty()) {
            throw fields.refuse(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "tuning.seeds",
                    "%s%s of 'seeds' too: settings must be chosen with seeds that serve nothing else, so give others",
                    both.size() == 1 ? "has seed " : "has seeds ",
                    String.join(", ", both.stream().map(String::valueOf).toList()));
        }
    }

    private List<Long> seeds() {
        if (!scale.seeds().isEmpty()) {
            return distinct(scale.seeds(), "seeds");
        }
        JsonNode given = raw.seeds();
        if (given == null || given.isNull()) {
            return count(USUAL_SEEDS);
        }
        if (given.isIntegralNumber()) {
            if (given.asLong() < 1 || given.asLong() > MOST_SEEDS) {
                throw fields.refuse(
                        ErrorCode.OUT_OF_RANGE,
                        "seeds",
                        "is %s: give a number from 1 to %s, or a list",
                        given,
                        MOST_SEEDS);
            }
            return count(given.asInt());
        }
        if (!given.isArray()) {
            throw fields.refuse(ErrorCode.OUT_OF_RANGE, "seeds", "is %s: give how many, or a list in brackets", given);
        }
        List<Long> seeds = longs(given, "seeds");
        if (seeds.isEmpty()) {
            throw fields.refuse(ErrorCode.MISSING_SETTING, "seeds", "is an empty list: give at least one");
        }
        return distinct(seeds, "seeds");
    }

    private List<Long> longs(JsonNode given, String place) {
        Long[] seeds = fields.read(given, Long[].class, place);
        if (Arrays.asList(seeds).contains(null)) {
            throw fields.refuse(ErrorCode.OUT_OF_RANGE, place, "holds null, where a whole number belongs");
        }
        return List.of(seeds);
    }

    private List<Long> distinct(List<Long> seeds, String place) {
        if (new HashSet<>(seeds).size() < seeds.size()) {
            throw fields.refuse(
                    ErrorCode.CONFLICTING_SETTINGS,
                    place,
                    "is %s: the same seed twice gives the same run, so give each once",
                    seeds);
        }
        return seeds;
    }

    private static List<Long> count(int seeds) {
        return LongStream.range(0, seeds).boxed().toList();
    }
}
