package io.meristem.study;

import io.meristem.AtomicFiles;
import io.meristem.ErrorCode;
import io.meristem.Folders;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.Message;
import io.meristem.Outputs;
import io.meristem.OwnFiles;
import io.meristem.ProcessLock;
import io.meristem.Setting;
import io.meristem.artifact.Json;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The folder of a study; docs/formats.md lists its files. While it is open it is this process's alone. */
final class StudyFolder implements AutoCloseable {

    static final String RUNS = "runs";

    private static final String ROBUSTNESS = "robustness";

    private static final List<String> ENDINGS = List.of(".json", ".md", ".csv", ".tex");

    /** Of a run that failed, in its folder. */
    static final String FAILURE = "failure.json";

    /**
     * Why a run failed.
     *
     * @param error one sentence
     * @param trace for a failure that is not the user's doing: where it happened
     */
    record Failure(String error, List<String> trace) {}

    /** By perturbation. */
    private static final class Accuracies extends LinkedHashMap<String, Double> {}

    private final Path path;
    private final ProcessLock lock;

    private StudyFolder(Path path, ProcessLock lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Makes the folder, or takes one that a study has begun. */
    static StudyFolder open(Path path) {
        refuseForeign(path);
        requireOwn(path);
        Outputs.requireFolder(path, Setting.OUT);
        try {
            Files.createDirectories(path);
            StudyFolder folder = new StudyFolder(
                    path,
                    ProcessLock.take(
                            path,
                            Message.of(
                                    "The study in %s is being run by another process: wait until it ends, or choose another %s.",
                                    path, Setting.OUT)));
            folder.removeTemporaries();
            Files.createDirectories(path.resolve(RUNS));
            Files.createDirectories(path.resolve(StudyJob.TABLES));
            return folder;
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    /** To look only: nothing is made, and nobody is kept out. */
    static StudyFolder look(Path path) {
        refuseForeign(path);
        requireOwn(path);
        return new StudyFolder(path, null);
    }

    /**
     * Refuses a study of which a file, a folder or a run is a link, a pipe or a device: what is written and deleted there is to stay in the study.
     *
     * @throws InputException naming the first
     */
    static void requireOwn(Path path) {
        for (String name : List.of(StudyJob.SPECIFICATION, StudyJob.LINES, ProcessLock.NAME)) {
            OwnFiles.requireFile(path, path.resolve(name));
        }
        for (String name : List.of(RUNS, StudyJob.TABLES, ROBUSTNESS)) {
            Path folder = path.resolve(name);
            OwnFiles.requireFolder(folder);
            if (!Files.isDirectory(folder)) {
                continue;
            }
            try (Stream<Path> inside = Files.list(folder)) {
                inside.forEach(entry -> {
                    if (name.equals(RUNS)) {
                        OwnFiles.requireFolder(entry);
                        OwnFiles.requireFile(entry, entry.resolve(FAILURE));
                    } else {
                        OwnFiles.requireFile(path, entry);
                    }
                });
            } catch (IOException e) {
                throw failed(path, e);
            }
        }
    }

    private static void refuseForeign(Path path) {
        if (!Files.exists(path)) {
            return;
        }
        if (!Files.isDirectory(path)) {
            throw new InputException(ErrorCode.WRONG_KIND, "%s is no folder: choose another %s.", path, Setting.OUT);
        }
        Set<String> ours = Set.of(ProcessLock.NAME, RUNS, StudyJob.TABLES);
        try (Stream<Path> inside = Files.list(path)) {
            boolean foreign = !Files.exists(path.resolve(StudyJob.SPECIFICATION))
                    && inside.map(p -> p.getFileName().toString())
                            .anyMatch(name -> !ours.contains(name) && !name.startsWith("."));
            if (foreign) {
                throw new InputException(
                        ErrorCode.ALREADY_THERE,
                        "%s holds something that is no study: choose a new %s.",
                        path,
                        Setting.OUT);
            }
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    /** What writing was cut short by a kill. */
    private void removeTemporaries() throws IOException {
        for (Path folder : List.of(path, path.resolve(StudyJob.TABLES), path.resolve(ROBUSTNESS))) {
            if (Files.isDirectory(folder)) {
                try (Stream<Path> files = Files.list(folder)) {
                    for (Path file : files.filter(
                                    f -> f.getFileName().toString().matches("\\..*\\.part"))
                            .toList()) {
                        Files.delete(file);
                    }
                }
            }
        }
    }

    Path run(String key) {
        return path.resolve(RUNS).resolve(key);
    }

    /** The result of a run that is finished, or null. */
    RunResult result(String key) {
        return RunFolder.isFinished(run(key)) ? RunFolder.result(run(key)) : null;
    }

    /** Why a run failed when it was last tried, or null. */
    Failure failure(String key) {
        Path file = run(key).resolve(FAILURE);
        return Files.exists(file) ? Json.read(file, Failure.class) : null;
    }

    /** Whether a run of exactly this configuration was stopped without having failed, so that it can be resumed. */
    boolean brokenOff(String key, RunConfig config) {
        Path run = run(key);
        RunFolder.requireOwn(run);
        return Files.isRegularFile(run.resolve(RunFolder.CONFIG))
                && !Files.exists(run.resolve(FAILURE))
                && Json.read(run.resolve(RunFolder.CONFIG), RunConfig.class).equals(config);
    }

    /** Whether something, finished or not, is in the run's place. */
    boolean has(String key) {
        return Files.exists(run(key));
    }

    /** Takes away what a run that is not finished has left. */
    void discard(String key) {
        try {
            Folders.delete(run(key));
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    /** Writes the specification, and takes away the tables of an earlier one that are not asked for any more. */
    void write(Study study) {
        Set<String> wanted = study.questions().stream().map(Question::id).collect(Collectors.toSet());
        for (String id : writtenTables()) {
            if (!wanted.contains(id)) {
                ENDINGS.forEach(ending -> delete(path.resolve(StudyJob.TABLES).resolve(id + ending)));
            }
        }
        write(StudyJob.SPECIFICATION, Json.pretty(study.json()));
    }

    private List<String> writtenTables() {
        Path spec = path.resolve(StudyJob.SPECIFICATION);
        try {
            if (!Files.exists(spec)) {
                return List.of();
            }
            // The folder may be a stranger's, and what the ids name is deleted.
            return Json.parse(InputFiles.json(spec)).path("tables").findValuesAsText("id").stream()
                    .filter(id -> id.matches(QuestionReader.ID))
                    .toList();
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    private void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    void write(String key, Failure failure) {
        write(RUNS + "/" + key + "/" + FAILURE, Json.pretty(failure));
    }

    /** Accuracies of a run under perturbations, by name; empty when it was not judged. */
    Map<String, Double> robustness(String key) {
        Path file = path.resolve(ROBUSTNESS).resolve(key + ".json");
        return Files.exists(file) ? Json.read(file, Accuracies.class) : Map.of();
    }

    void writeRobustness(String key, String json) {
        write(ROBUSTNESS + "/" + key + ".json", json);
    }

    void write(List<RunLine> lines) {
        write(StudyJob.LINES, RunLine.text(lines));
    }

    void write(ResultTable table) {
        String name = StudyJob.TABLES + "/" + table.id();
        write(name + ENDINGS.get(0), Json.pretty(table));
        write(name + ENDINGS.get(1), TableText.markdown(table));
        write(name + ENDINGS.get(2), TableText.csv(table));
        write(name + ENDINGS.get(3), TableText.latex(table));
    }

    private void write(String name, String text) {
        try {
            AtomicFiles.writeString(path.resolve(name), text);
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    private static InputException failed(Path path, IOException e) {
        return new InputException(
                ErrorCode.NOT_WRITABLE,
                e,
                "The study folder %s cannot be used (%s): make room or choose another %s, and give the same command again.",
                path,
                InputFiles.reason(e),
                Setting.OUT);
    }

    @Override
    public void close() {
        try {
            if (lock != null) {
                lock.close();
            }
        } catch (IOException e) {
            throw failed(path, e);
        }
    }
}
