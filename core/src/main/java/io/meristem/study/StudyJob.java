package io.meristem.study;

import io.meristem.CancelToken;
import io.meristem.CancelledException;
import io.meristem.InputException;
import io.meristem.adapter.LayerSize;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunResult;
import io.meristem.data.image.Perturbation;
import io.meristem.data.image.Perturbations;
import io.meristem.engine.Engine;
import io.meristem.job.EvaluateJob;
import io.meristem.job.Memory;
import io.meristem.job.MemoryCheck;
import io.meristem.job.TrainJob;
import io.meristem.tune.Method;
import io.meristem.tune.TrainConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

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
    private final StudyInputs materials;
    private final StudyPlan plan;
    private final StudyFolder folder;
    private final Results results;
    private final TimeLeft time;
    private final String studyKey;
    private final Map<RunRequest, RunLine> lines = new LinkedHashMap<>();

    private StudyJob(Study study, StudyInputs materials, StudyFolder folder) {
        this.study = study;
        this.materials = materials;
        this.plan = new StudyPlan(study);
        this.folder = folder;
        this.results = new Results(study, data -> materials.photos(data).synthetic());
        this.studyKey = study.key();
        this.time = new TimeLeft(data -> materials.photos(data).training());
    }

    /**
     * Runs what is missing, one after the other, and does not stop at runs that fail. Runs that are finished in the folder already are taken as they are. A
     * kill at any moment loses no more than the run that it hits.
     *
     * @param out the study's folder: new, or that of a study to resume
     * @param cache where decoded photos are kept
     * @throws InputException when photos or weights cannot be used, or the folder cannot, or another process is at work in it
     */
    public static Outcome run(Study study, Path out, int threads, Path cache, StudyListener listener) {
        return run(study, out, threads, cache, listener, new CancelToken(), false);
    }

    /**
     * @param token stops the study, at the places where it stops a training; given again, the study resumes the run that was stopped
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
        StudyInputs materials = new StudyInputs(study);
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
        StudyJob job = new StudyJob(study, new StudyInputs(study), StudyFolder.look(out));
        job.load();
        return job.plan.slots().stream().map(job::planned).toList();
    }

    /** For what is missing, model by model and method by method; the first that will not fit is refused. */
    private void requireMemory(int threads) {
        load();
        Set<String> asked = new HashSet<>();
        for (RunRequest slot : missing()) {
            StudyRun cell = slot.likely();
            String words = "'" + slot.method().label() + "' on " + cell.model().label();
            if (asked.add(words + cell.train())) {
                try {
                    MemoryCheck.require(
                            new RunConfig(cell.model().model(), cell.data().data(), cell.train(), threads));
                } catch (InputException e) {
                    throw new InputException(e.code(), e, "A run of %s: %s", words, e.sentence());
                }
            }
        }
    }

    private Outcome run(int threads, Path cache, StudyListener listener, CancelToken token) {
        results.judgeWith(new PerturbedRuns(folder, PERTURBATIONS, judge(threads, cache, listener)));
        load();
        int all = plan.slots().size();
        int todo = missing().size();
        listener.onPlan(all - todo, todo);
        write();
        for (int phase = 0; phase < plan.phases().size(); phase++) {
            // What an earlier phase chose may be there already.
            plan.phases().get(phase).forEach(this::load);
            List<RunRequest> missing = missing(plan.phases().get(phase));
            List<RunRequest> after = plan
                    .phases()
                    .subList(phase + 1, plan.phases().size())
                    .stream()
                    .flatMap(next -> missing(next).stream())
                    .toList();
            while (!missing.isEmpty()) {
                RunRequest slot = missing.get(0);
                int number = all - after.size() - missing.size() + 1;
                if (results.of(slot) != null) {
                    listener.onFound(planned(slot), number, all);
                } else {
                    List<RunRequest> left = new ArrayList<>(missing);
                    left.addAll(after);
                    listener.onRun(planned(slot), number, all, timeOf(left));
                    token.check();
                    run(slot, threads, cache, listener, token);
                    listener.onRunEnd(lines.get(slot));
                    write();
                }
                missing.remove(0);
                // A run that took its size from this one may turn out to be one that is there.
                missing.stream().filter(next -> next.method().sizeOf() != null).forEach(this::load);
            }
        }
        write();
        return new Outcome(ordered(), tables());
    }

    private Duration timeOf(List<RunRequest> slots) {
        return time.of(slots.stream()
                .map(slot -> slot.isOpen() && results.cell(slot) != null ? results.cell(slot) : slot.likely())
                .toList());
    }

    private static PerturbationJudge judge(int threads, Path cache, StudyListener listener) {
        return (run, names) -> EvaluateJob.run(
                        EvaluateJob.Request.of(run)
                                .withPerturbations(Perturbations.parse(String.join(",", names), PERTURBATION_SEED)),
                        threads,
                        cache,
                        listener)
                .robustness()
                .results()
                .stream()
                .map(result -> result.scores().accuracy())
                .toList();
    }

    /** Takes what is finished, and why what failed did. A run comes after the one that its size is taken from, and after those that choose its settings. */
    private void load() {
        plan.slots().forEach(this::load);
    }

    private void load(RunRequest slot) {
        String key = key(slot);
        if (key == null) {
            return;
        }
        FinishedRun known = results.of(slot);
        if (known != null) {
            lines.putIfAbsent(slot, line(slot, known));
            return;
        }
        RunResult result = folder.result(key);
        StudyFolder.Failure failure = folder.failure(key);
        if (result != null) {
            finished(slot, key, result);
        } else if (failure != null) {
            failed(slot, key, failure.error(), true);
        }
    }

    private List<RunRequest> missing() {
        return plan.phases().stream().flatMap(phase -> missing(phase).stream()).toList();
    }

    private List<RunRequest> missing(List<RunRequest> phase) {
        List<RunRequest> missing =
                phase.stream().filter(slot -> results.of(slot) == null).toList();
        List<RunRequest> troubled = missing.stream()
                .filter(slot -> key(slot) != null && folder.has(key(slot)))
                .toList();
        return new ArrayList<>(plan.ordered(missing, troubled));
    }

    private void run(RunRequest slot, int threads, Path cache, StudyListener listener, CancelToken token) {
        String key = key(slot);
        if (key == null) {
            String label = slot.method().label();
            failed(
                    slot,
                    StudyInputs.words(slot.likely(), label),
                    results.cell(slot) == null
                            ? "None of the " + slot.method().trials().size()
                                    + " trials of '" + label
                                    + "' could be chosen: each had a run that failed."
                            : "It takes its size from '"
                                    + slot.method().sizeOf().method() + "', and that run failed.",
                    false);
            return;
        }
        RunConfig config = new RunConfig(slot.model().model(), slot.data().data(), train(slot), threads);
        try {
            Memory.resetPeak();
            finished(slot, key, result(config, key, cache, listener, token));
        } catch (CancelledException e) {
            throw e;
        } catch (RuntimeException | OutOfMemoryError e) {
            StudyFolder.Failure failure = Failures.of(e);
            folder.write(key, failure);
            failed(slot, key, failure.error(), true);
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

    private void finished(RunRequest slot, String key, RunResult result) {
        FinishedRun run = new FinishedRun(key, folder.run(key), result);
        if (slot.method().sizeOf() != null) {
            run = run.at(slot.method().sizeOf().factor()
                    * results.of(plan.base(slot)).mib());
        }
        StudyRun cell = results.cell(slot);
        results.add(cell, run);
        time.learn(cell, result.secondsPerEpoch());
        lines.put(slot, line(slot, run));
    }

    private RunLine line(RunRequest slot, FinishedRun run) {
        return RunLine.finished(slot, results.trial(slot), studyKey, run.key(), run.result(), synthetic(slot));
    }

    private void failed(RunRequest slot, String key, String error, boolean hasFolder) {
        results.addFailure(slot, error);
        lines.put(slot, RunLine.failed(slot, results.trial(slot), studyKey, key, error, hasFolder, synthetic(slot)));
    }

    private boolean synthetic(RunRequest slot) {
        return materials.photos(slot.data()).synthetic();
    }

    /** Null when the size is another run's that is not finished, or the settings are not chosen. */
    private String key(RunRequest slot) {
        TrainConfig train = train(slot);
        return train == null ? null : materials.key(results.cell(slot), train);
    }

    /** Likewise. */
    private TrainConfig train(RunRequest slot) {
        StudyRun cell = results.cell(slot);
        if (cell == null) {
            return null;
        }
        Method method = cell.train().method();
        if (cell.sizeOf() != null) {
            FinishedRun base = results.of(plan.base(slot));
            if (base == null) {
                return null;
            }
            method = method.sized(
                    base.mib(),
                    cell.sizeOf().factor(),
                    LayerSize.mib(materials.beside(cell)),
                    materials.layers(cell.model(), cell.data(), cell.train().head()));
        }
        return StudyMethod.train(cell.train(), method, cell.seed());
    }

    private PlannedRun planned(RunRequest slot) {
        TrainConfig train = train(slot);
        Trial trial = results.trial(slot);
        StudyRun likely = trial == null ? slot.likely() : slot.with(trial);
        String key = train == null ? null : materials.key(likely, train);
        String state = state(slot, key);
        Duration expected = state.equals("finished") ? null : time.of(List.of(likely));
        return new PlannedRun(
                key,
                slot.model().label(),
                slot.data().name(),
                slot.method().label(),
                slot.role().label(),
                trial == null ? null : trial.words(),
                slot.seed(),
                likely.train().epochs(),
                materials.photos(slot.data()).training(),
                size(slot, trial, train),
                state,
                expected == null ? null : expected.toMillis() / 1000.0);
    }

    /** In words; while the settings are open, of each trial. */
    private String size(RunRequest slot, Trial trial, TrainConfig train) {
        if (slot.method().sizeOf() != null && train == null) {
            return PlannedSize.of(slot.likely(), null, true, materials);
        }
        if (trial != null) {
            return PlannedSize.of(slot.with(trial), train.method(), false, materials);
        }
        return slot.method().trials().stream()
                .map(one -> PlannedSize.of(slot.with(one), one.train().method(), false, materials))
                .distinct()
                .collect(Collectors.joining(", or "));
    }

    private String state(RunRequest slot, String key) {
        if (results.of(slot) != null) {
            return "finished";
        }
        if (key == null || !folder.has(key)) {
            return "missing";
        }
        return folder.failure(key) == null ? "broken off" : "failed";
    }

    private List<RunLine> ordered() {
        return plan.slots().stream().map(lines::get).filter(Objects::nonNull).toList();
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
