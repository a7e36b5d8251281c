package io.meristem.study;

import io.meristem.AtomicFiles;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.Outputs;
import io.meristem.Setting;
import io.meristem.artifact.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A study as its specification and one line per run, without photos, weights and run folders: small enough to keep in a repository, and enough for its tables. */
public final class StudyLines {

    /** How a line is found; trials by their words, as settings may gain fields. */
    private record RunKey(String model, String data, String method, String trial, String role, long seed) {

        static RunKey of(RunLine line) {
            return new RunKey(
                    line.model(),
                    line.data(),
                    line.method(),
                    line.trial() == null ? "" : line.trial(),
                    line.role() == null ? RunRequest.Role.CONFIRMATION.label() : line.role(),
                    line.seed());
        }

        static RunKey of(RunRequest slot, Trial trial) {
            return new RunKey(
                    slot.model().label(),
                    slot.data().name(),
                    slot.method().label(),
                    trial.words(),
                    slot.role().label(),
                    slot.seed());
        }
    }

    private StudyLines() {}

    /**
     * Copies a study's specification, without paths, and its lines.
     *
     * @param study a study's folder
     * @param to a folder, which is made; files of the same names are replaced
     * @throws InputException when there is no study, or nothing can be written
     */
    public static void copy(Path study, Path to) {
        Study specification = StudyReader.file(requireStudy(study), Scale.NONE);
        List<RunLine> lines = lines(study);
        if (study.toAbsolutePath().normalize().equals(to.toAbsolutePath().normalize())) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "The lines of %s are in it already: choose another %s.",
                    study,
                    Setting.TO);
        }
        Outputs.requireFolder(to, Setting.TO);
        try {
            Files.createDirectories(to);
            AtomicFiles.writeString(to.resolve(StudyJob.SPECIFICATION), Json.pretty(specification.portable()));
            AtomicFiles.writeString(
                    to.resolve(StudyJob.LINES),
                    RunLine.text(lines.stream().map(RunLine::withoutFolder).toList()));
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_WRITABLE,
                    e,
                    "%s cannot be written (%s): choose another folder.",
                    to,
                    InputFiles.reason(e));
        }
    }

    /**
     * The tables that follow from lines alone: all but those of courses, of sizes within runs, and of perturbed photos.
     *
     * @param folder a study's, or one that {@link #copy} made
     * @throws InputException when there is no study in it, or its files are damaged
     */
    public static List<ResultTable> tables(Path folder) {
        Scale noWeights = new Scale(
                null,
                List.of(),
                List.of(),
                Map.of("", "scratch"),
                null,
                null,
                null,
                null,
                List.of(),
                List.of(),
                null,
                null,
                List.of());
        Study study = StudyReader.file(requireStudy(folder), noWeights);
        List<RunLine> lines = lines(folder);
        Map<RunKey, RunLine> places = new HashMap<>();
        lines.forEach(line -> places.put(RunKey.of(line), line));
        Set<String> drawn = new HashSet<>();
        lines.stream().filter(line -> Boolean.TRUE.equals(line.synthetic())).forEach(line -> drawn.add(line.data()));
        Results results = new Results(study, data -> drawn.contains(data.name()));
        for (List<RunRequest> phase : new StudyPlan(study).phases()) {
            phase.forEach(slot -> add(slot, folder, places, results));
        }
        List<ResultTable> tables = new ArrayList<>();
        for (Question question : study.questions()) {
            if (question.kind().fromLines()) {
                tables.add(question.table(results));
            }
        }
        return tables;
    }

    private static void add(RunRequest slot, Path folder, Map<RunKey, RunLine> places, Results results) {
        Trial trial = results.trial(slot);
        RunLine line = places.get(
                RunKey.of(slot, trial == null ? new Trial("", slot.method().train()) : trial));
        if (line == null) {
            return;
        }
        if (line.finished() && trial != null) {
            if (slot.role() == RunRequest.Role.TUNING && line.val() == null) {
                throw new InputException(
                        ErrorCode.DAMAGED_FILE,
                        "%s has a tuning run without validation scores (%s): copy the lines again.",
                        folder.resolve(StudyJob.LINES),
                        line.key());
            }
            results.add(slot.with(trial), line.result(folder));
        } else if (!line.finished()) {
            results.addFailure(slot, line.error());
        }
    }

    private static Path requireStudy(Path folder) {
        Path specification = folder.resolve(StudyJob.SPECIFICATION);
        if (!Files.isRegularFile(specification)) {
            throw new InputException(
                    ErrorCode.NOT_FOUND, "There is no study in %s: it has no %s.", folder, StudyJob.SPECIFICATION);
        }
        return specification;
    }

    private static List<RunLine> lines(Path folder) {
        Path lines = folder.resolve(StudyJob.LINES);
        if (!Files.isRegularFile(lines)) {
            throw new InputException(ErrorCode.NOT_FOUND, "%s has no %s: run the study first.", folder, StudyJob.LINES);
        }
        return RunLine.read(folder);
    }
}
