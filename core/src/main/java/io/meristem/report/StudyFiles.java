package io.meristem.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.artifact.Json;
import io.meristem.study.RunLine;
import io.meristem.study.StudyJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What a study folder holds.
 *
 * @param specification {@code study.json}
 * @param runs of {@code runs.jsonl}, in its order; of two lines with one key and method the later
 * @param folders of finished runs by key, as far as they are there
 */
record StudyFiles(
        Path folder,
        JsonNode specification,
        List<RunLine> runs,
        Map<String, RunFiles> folders,
        List<StudyTable> tables) {

    /** What network learnt from which photos. */
    record ModelOnData(String model, String data) {
        static ModelOnData of(RunLine run) {
            return new ModelOnData(run.model(), run.data());
        }
    }

    static boolean isStudy(Path folder) {
        return Files.isRegularFile(folder.resolve(StudyJob.SPECIFICATION));
    }

    /** @throws InputException naming a file that is missing or damaged */
    static StudyFiles read(Path folder) {
        StudyJob.requireOwn(folder);
        JsonNode specification = Json.read(folder.resolve(StudyJob.SPECIFICATION), JsonNode.class);
        Map<String, RunLine> runs = new LinkedHashMap<>();
        Path lines = folder.resolve(StudyJob.LINES);
        if (Files.exists(lines)) {
            // One run may serve several methods, as DyLoRA's does at several ranks.
            RunLine.read(folder).forEach(run -> runs.put(run.key() + "\n" + run.method(), run));
        }
        Map<String, RunFiles> folders = new LinkedHashMap<>();
        for (RunLine run : runs.values()) {
            if (run.finished() && run.folder() != null) {
                Path at = folder.resolve(run.folder()).normalize();
                if (at.startsWith(folder.normalize())
                        && Files.isDirectory(at, LinkOption.NOFOLLOW_LINKS)
                        && RunFiles.isRun(at)) {
                    folders.put(run.key(), RunFiles.read(at));
                }
            }
        }
        return new StudyFiles(
                folder, specification, List.copyOf(runs.values()), folders, tables(folder, specification));
    }

    /** In the order of the specification; those that it does not name come last. */
    private static List<StudyTable> tables(Path folder, JsonNode specification) {
        List<String> wanted = new ArrayList<>();
        specification
                .path("tables")
                .forEach(table -> wanted.add(table.path("id").asText()));
        Comparator<StudyTable> asWanted = Comparator.comparingInt(
                table -> wanted.contains(table.id()) ? wanted.indexOf(table.id()) : wanted.size());
        Path tables = folder.resolve(StudyJob.TABLES);
        if (!Files.isDirectory(tables)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(tables)) {
            return files.filter(file -> file.getFileName().toString().endsWith(".json"))
                    .sorted(Comparator.comparing(StudyFiles::order))
                    .map(StudyTable::read)
                    .sorted(asWanted)
                    .toList();
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_READABLE, e, "%s cannot be read (%s): check its permissions.", tables, e);
        }
    }

    /** Table 2 before table 10. */
    private static String order(Path file) {
        StringBuilder padded = new StringBuilder();
        for (String piece : file.getFileName().toString().split("(?<=\\d)(?=\\D)|(?<=\\D)(?=\\d)")) {
            padded.append(piece.matches("\\d{1,8}") ? "0".repeat(8 - piece.length()) + piece : piece);
        }
        return padded.toString();
    }

    /** As its author named it, or else as its folder is called. */
    String name() {
        for (String field : List.of("title", "name")) {
            String given = specification.path(field).asText("");
            if (!given.isBlank()) {
                return given;
            }
        }
        return String.valueOf(folder.toAbsolutePath().normalize().getFileName());
    }

    List<RunLine> finished() {
        return runs.stream().filter(RunLine::finished).toList();
    }

    /** Finished runs that compare; those that chose settings before are not among them. */
    List<RunLine> compared() {
        return finished().stream().filter(run -> !run.tuned()).toList();
    }

    List<RunLine> failed() {
        return runs.stream().filter(run -> !run.finished()).toList();
    }

    /** Finished runs that compare, of one network and one set of photos, by method, in the order in which methods came up. */
    Map<String, List<RunLine>> byMethod(ModelOnData setting) {
        Map<String, List<RunLine>> groups = new LinkedHashMap<>();
        compared().stream().filter(run -> ModelOnData.of(run).equals(setting)).forEach(run -> groups.computeIfAbsent(
                        run.method(), method -> new ArrayList<>())
                .add(run));
        return groups;
    }

    List<ModelOnData> settings() {
        return compared().stream().map(ModelOnData::of).distinct().toList();
    }

    /** Folders of these runs, as far as they are there. */
    List<RunFiles> folders(List<RunLine> some) {
        return some.stream()
                .map(run -> folders.get(run.key()))
                .filter(Objects::nonNull)
                .toList();
    }
}
