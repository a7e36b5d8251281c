package io.meristem.study;

import io.meristem.CancelToken;
import io.meristem.CancelledException;
import io.meristem.InputException;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunResult;
import io.meristem.data.Perturbation;
import io.meristem.data.Perturbations;
import io.meristem.engine.Engine;
import io.meristem.job.EvaluateJob;
import io.meristem.job.Memory;
import io.meristem.job.MemoryCheck;
import io.meristem.job.TrainJob;
import io.meristem.tune.Method;
import io.meristem.tune.TrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Runs what a study lacks, and writes its tables. */
public final class StudyJob {

    /** Of the folder: what was asked for. */
    public static final String SPECIFICATION = "study.json";

    /** Of the folder: a {@link RunLine} for each run that has ended. */
    public static final String LINES = "runs.jsonl";

    /** Of the folder: a {@link ResultTable} for each question, in several forms. */
    public static final String TABLES = "tables";

    /**
     * What became of a study.
     *
     * @param runs one for each run, in order
     */
    public record Outcome(List<RunLine> runs, List<ResultTable> tables) {

        public long failed() {
            return runs.stream()
                    .filter(run -> run.status() == RunLine.Status.FAILED)
                    .count();
        }
    }

    /** At the usual level; the source names the four and does not say how strong. */
    private static final List<String> PERTURBATIONS = Arrays.stream(Perturbation.Kind.values())
            .map(Perturbation.Kind::label)
            .toList();

    private static final long PERTURBATION_SEED = 0;

    private final Study study;
    private final Materials materials;
    private final Plan plan;
    private final StudyFolder folder;
    private final Results results;
    private final TimeLeft time;
    private final Map<Cell, RunLine> lines = new LinkedHashMap<>();

    private StudyJob(Study study, Materials materials, StudyFolder folder) {
        this.study = study;
        this.materials = materials;
        this.plan = new Plan(study);
        this.folder = folder;
        this.results = new Results(study, materials);
        this.time = new TimeLeft(data -> materials.photos(data).training());
    }

    /**
     * Runs what is missing, one after the other, and goes on past runs that fail. Runs that are finished in the folder already are taken as they are. A
     * kill at any moment loses no more than the run that it hits.
     *
     * @param out the study's folder: new, or one to go on in
     * @param cache where decoded photos are kept
     * @throws InputException when photos or weights cannot be used, or the folder cannot, or another process is at work in it
     */
    public static Outcome run(Study study, Path out, int threads, Path cache, StudyListener listener) {
        return run(study, out, threads, cache, listener, new CancelToken(), false);
    }

    /**
     * @param token stops the study, at the places where it stops a training; given again, the study goes on in the run that was stopped
     * @param ignoreMemory whether to start although a run is predicted to take more memory than is free
     * @throws CancelledException then
     */
    public static Outcome run(
            Study study,
            Path out,
            int threads,
            Path cache,
            StudyListener listener,
            CancelToken token,
            boolean ignoreMemory) {
        // Whatever cannot be used is refused before anything is made.
        Materials materials = new Materials(study);
        if (!ignoreMemory) {
            new StudyJob(study, materials, StudyFolder.look(out)).requireMemory(threads);
        }
        study.methods().stream()
                .map(method -> method.train().compute().device())
                .distinct()
                .forEach(device -> Engine.start(threads, device));
        try (StudyFolder folder = StudyFolder.open(out)) {
            folder.write(study);
            return new StudyJob(study, materials, folder).run(threads, cache, listener, token);
        }
    }

    /**
     * Refuses a study, which may be a stranger's, of which something is a link, a pipe or a device.
     *
     * @throws InputException naming the first
     */
    public static void requireOwn(Path folder) {
        StudyFolder.requireOwn(folder);
    }

    /** Where the study that is in {@code out} has its specification. */
    public static Path specification(Path out) {
        return out.resolve(SPECIFICATION);
    }

    /** The runs of a study in their order and how they stand in {@code out}, which is looked at only. */
    public static List<PlannedRun> plan(Study study, Path out) {
        StudyJob job = new StudyJob(study, new Materials(study), StudyFolder.look(out));
        job.load();
        return job.plan.cells().stream().map(job::planned).toList();
    }

    /** For what is missing, model by model and method by method; the first that will not fit is refused. */
    private void requireMemory(int threads) {
        load();
        Set<String> asked = new HashSet<>();
        for (Cell cell : missing()) {
            String words = "'" + plan.label(cell) + "' on " + cell.model().label();
            if (asked.add(words)) {
                try {
                    MemoryCheck.require(
                            new RunConfig(cell.model().model(), cell.data().data(), cell.train(), threads));
                } catch (InputException e) {
                    throw new InputException("A run of " + words + ": " + e.getMessage(), e);
                }
            }
        }
    }

    private Outcome run(int threads, Path cache, StudyListener listener, CancelToken token) {
        results.judgeWith(new PerturbedRuns(folder, PERTURBATIONS, judge(threads, cache, listener)));
        load();
        List<Cell> missing = missing();
        listener.onPlan(plan.cells().size() - missing.size(), missing.size());
        write();
        while (!missing.isEmpty()) {
            Cell cell = missing.get(0);
            int number = plan.cells().size() - missing.size() + 1;
            if (results.of(cell) != null) {
                listener.onFound(planned(cell), number, plan.cells().size());
            } else {
                listener.onRun(planned(cell), number, plan.cells().size(), time.of(missing));
                token.check();
                run(cell, threads, cache, listener, token);
                listener.onRunEnd(lines.get(cell));
                write();
            }
            missing.remove(0);
            // A run that took its size from this one may turn out to be one that is there.
            missing.stream().filter(next -> next.sizeOf() != null).forEach(this::load);
        }
        write();
        return new Outcome(ordered(), tables());
    }

    private static PerturbationJudge judge(int threads, Path cache, StudyListener listener) {
        return (run, names) -> EvaluateJob.run(
                        new EvaluateJob.Request(
                                run,
                                null,
                                null,
                                null,
                                Perturbations.parse(String.join(",", names), PERTURBATION_SEED),
                                null),
                        threads,
                        cache,
                        listener)
                .robustness()
                .results()
                .stream()
                .map(result -> result.scores().accuracy())
                .toList();
    }

    /** Takes what is finished, and why what failed did. A run comes after the one that its size is taken from. */
    private void load() {
        plan.cells().forEach(this::load);
    }

    private void load(Cell cell) {
        String key = key(cell);
        if (key == null || results.of(cell) != null) {
            return;
        }
        RunResult result = folder.result(key);
        StudyFolder.Failure failure = folder.failure(key);
        if (result != null) {
            finished(cell, key, result);
        } else if (failure != null) {
            failed(cell, key, failure.error(), true);
        }
    }

    private List<Cell> missing() {
        List<Cell> missing =
                plan.cells().stream().filter(cell -> results.of(cell) == null).toList();
        List<Cell> troubled = missing.stream()
                .filter(cell -> key(cell) != null && folder.has(key(cell)))
                .toList();
        return new ArrayList<>(plan.ordered(missing, troubled));
    }

    private void run(Cell cell, int threads, Path cache, StudyListener listener, CancelToken token) {
        String key = key(cell);
        if (key == null) {
            failed(
                    cell,
                    Materials.words(cell, plan.label(cell)),
                    "It takes its size from '" + cell.sizeOf().method() + "', and that run failed.",
                    false);
            return;
        }
        RunConfig config = new RunConfig(cell.model().model(), cell.data().data(), train(cell), threads);
        try {
            Memory.resetPeak();
            finished(cell, key, result(config, key, cache, listener, token));
        } catch (CancelledException e) {
            throw e;
        } catch (RuntimeException | OutOfMemoryError e) {
            StudyFolder.Failure failure = Failures.of(e);
            folder.write(key, failure);
            failed(cell, key, failure.error(), true);
        }
    }

    /** From where the run was broken off, if it was. */
    private RunResult result(RunConfig config, String key, Path cache, StudyListener listener, CancelToken token) {
        if (folder.brokenOff(key, config)) {
            return TrainJob.resume(folder.run(key), cache, null, listener, token);
        }
        folder.discard(key);
        return TrainJob.run(config, folder.run(key), cache, 0, listener, token);
    }

    private void finished(Cell cell, String key, RunResult result) {
        Finished run = new Finished(key, folder.run(key), result);
        if (cell.sizeOf() != null) {
            run = run.at(cell.sizeOf().factor() * results.of(plan.base(cell)).mib());
        }
        results.add(cell, run);
        time.learn(cell, result.secondsPerEpoch());
        lines.put(cell, RunLine.finished(cell, plan.label(cell), key, run.result()));
    }

    private void failed(Cell cell, String key, String error, boolean hasFolder) {
        results.addFailure(cell, error);
        lines.put(cell, RunLine.failed(cell, plan.label(cell), key, error, hasFolder));
    }

    /** Null when the size is another run's that is not finished. */
    private String key(Cell cell) {
        TrainConfig train = train(cell);
        return train == null ? null : materials.key(cell, train);
    }

    /** Likewise. */
    private TrainConfig train(Cell cell) {
        Method method = cell.train().method();
        if (cell.sizeOf() != null) {
            Finished base = results.of(plan.base(cell));
            if (base == null) {
                return null;
            }
            method = method.sized(
                    base.mib(),
                    cell.sizeOf().factor(),
                    materials.layers(cell.model(), cell.data(), cell.train().head()));
        }
        return StudyMethod.train(cell.train(), method, cell.seed());
    }

    private PlannedRun planned(Cell cell) {
        TrainConfig train = train(cell);
        String key = train == null ? null : materials.key(cell, train);
        return new PlannedRun(
                key,
                cell.model().label(),
                cell.data().name(),
                plan.label(cell),
                cell.seed(),
                cell.train().epochs(),
                materials.photos(cell.data()).training(),
                PlannedSize.of(cell, train == null ? null : train.method(), train == null, materials),
                state(cell, key));
    }

    private String state(Cell cell, String key) {
        if (results.of(cell) != null) {
            return "finished";
        }
        if (key == null || !folder.has(key)) {
            return "missing";
        }
        return folder.failure(key) == null ? "broken off" : "failed";
    }

    private List<RunLine> ordered() {
        return plan.cells().stream().map(lines::get).filter(Objects::nonNull).toList();
    }

    private List<ResultTable> tables() {
        return study.questions().stream()
                .map(question -> question.table(results))
                .toList();
    }

    private void write() {
        folder.write(ordered());
        tables().forEach(folder::write);
    }
}
