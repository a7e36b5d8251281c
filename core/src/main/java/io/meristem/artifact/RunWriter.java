package io.meristem.artifact;

import io.meristem.Action;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.OwnFiles;
import io.meristem.ProcessLock;
import io.meristem.adapter.ComputePlan;
import io.meristem.adapter.LayerRank;
import io.meristem.adapter.LayerSize;
import io.meristem.adapter.LowRankChange.Factors;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.op.Param;
import io.meristem.rank.Allocation;
import io.meristem.rank.SizeHistory;
import io.meristem.tune.Checkpoint;
import io.meristem.tune.EpochReport;
import io.meristem.tune.ModelState;
import io.meristem.tune.TrainListener;
import io.meristem.tune.TrainProgress;
import io.meristem.weights.Checksums;
import io.meristem.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** Writes a run folder during a training. A line that is written is whole; a state is moved into place when it is whole. */
public final class RunWriter implements TrainListener, AutoCloseable {

    private final RunPlace place;
    private final RunFolder folder;
    private final RunConfig config;
    private final int checkpointSteps;
    private final Checkpoints checkpoints;
    private final ProcessLock lock;
    private final Map<Path, String> sums = new LinkedHashMap<>();
    private final List<SizeHistory.Span> sizes = new ArrayList<>();
    private final List<Double> seconds = new ArrayList<>();
    private int bestEpoch;
    private long headNumbers;

    /**
     * Of a new run, whose folder is this process's alone until the writer is closed.
     *
     * @param checkpointSteps steps between two checkpoints within an epoch, to be remembered
     * @throws InputException when the place is taken or cannot be written
     */
    public RunWriter(Path path, RunConfig config, List<String> classes, Provenance provenance, int checkpointSteps) {
        this(path, config, classes, provenance, checkpointSteps, null);
    }

    /** @param ways how layers are computed where that was given, not chosen; otherwise null */
    public RunWriter(
            Path path,
            RunConfig config,
            List<String> classes,
            Provenance provenance,
            int checkpointSteps,
            Map<String, ComputePlan.LayerPlan> ways) {
        this.place = RunPlace.create(path);
        this.folder = RunFolder.of(path);
        this.config = config;
        this.checkpointSteps = checkpointSteps;
        this.checkpoints = new Checkpoints(path);
        this.lock = place.lock();
        try {
            place.begin(
                    config,
                    classes,
                    provenance,
                    ways == null ? null : PlanFile.of(ways, config, PlanFile.Origin.GIVEN));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Of a run that was stopped.
     *
     * @param course null when it starts anew
     */
    RunWriter(RunFolder folder, RunConfig config, int checkpointSteps, CheckpointState.Course course) {
        this.place = RunPlace.at(folder.path());
        this.folder = folder;
        this.config = config;
        this.checkpointSteps = checkpointSteps;
        this.checkpoints = new Checkpoints(folder.path());
        this.lock = null;
        if (course != null) {
            sizes.addAll(course.sizes());
            seconds.addAll(course.seconds());
            bestEpoch = course.bestEpoch();
            headNumbers = course.headNumbers();
        }
    }

    public RunFolder folder() {
        return folder;
    }

    /** Adapter sizes in MiB so far, each with the first epoch trained with it. */
    public List<SizeHistory.Span> sizes() {
        return List.copyOf(sizes);
    }

    public int bestEpoch() {
        return bestEpoch;
    }

    public long headNumbers() {
        return headNumbers;
    }

    /** Median over the epochs so far. */
    public double secondsPerEpoch() {
        double[] sorted =
                seconds.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
    }

    @Override
    public void onPlan(ComputePlan plan) {
        PlanFile.Origin origin = config.train().compute().measured() ? PlanFile.Origin.MEASURED : PlanFile.Origin.KIND;
        keep(PlanFile.of(plan.ways(), config, origin));
    }

    private void keep(PlanFile plan) {
        try {
            folder.write(RunFolder.PLAN, Json.pretty(plan));
        } catch (IOException e) {
            throw failed(e);
        }
    }

    @Override
    public void onAllocation(int firstEpoch, Allocation allocation) {
        append(RunFolder.RANKS, RankLine.of(firstEpoch, allocation));
    }

    @Override
    public void onRanks(int epoch, List<LayerRank> layers) {
        append(RunFolder.RANKS, RankLine.of(epoch, layers));
    }

    @Override
    public void onBest(int epoch, ModelState state) {
        bestEpoch = epoch;
        save(RunFolder.BEST, state, epoch);
        if (state.isLowRank()) {
            saveAdapter(state.update(), state, epoch);
        }
    }

    @Override
    public void onEpoch(EpochReport report, boolean best) {
        double mib = LayerSize.mib(report.numbers());
        if (sizes.isEmpty() || sizes.get(sizes.size() - 1).size() != mib) {
            sizes.add(new SizeHistory.Span(report.epoch(), mib));
        }
        headNumbers = report.headNumbers();
        TimingLine timing = TimingLine.of(report);
        seconds.add(timing.seconds());
        append(RunFolder.METRICS, EpochLine.of(report, best));
        append(RunFolder.TIMINGS, timing);
    }

    /**
     * Writes a checkpoint; the ones before are as they were when that fails.
     *
     * @throws IOException when there is no room, say; the run can continue without it
     */
    public void write(Checkpoint checkpoint) throws IOException {
        for (String name : RunFolder.STATES) {
            Path file = folder.file(name);
            if (!sums.containsKey(file) && Files.exists(file)) {
                sums.put(file, Checksums.sha256(file));
            }
        }
        Map<String, String> lines = new LinkedHashMap<>();
        for (String name : RunFolder.GROWING) {
            if (Files.exists(folder.file(name))) {
                lines.put(name, Files.readString(folder.file(name)));
            }
        }
        CheckpointState state = new CheckpointState(
                CheckpointState.FORMAT,
                checkpointSteps,
                checkpoint.state(),
                new CheckpointState.Course(sizes, seconds, bestEpoch, headNumbers, lines));
        TrainProgress progress = checkpoint.progress();
        try (PointerScope scope = new PointerScope()) {
            checkpoints.write(
                    new Checkpoints.Position(progress.epoch() - 1, progress.step()), state, checkpoint.tensors(), sums);
        }
    }

    @Override
    public void onEnd(ModelState state) {
        save(RunFolder.LAST, state, config.train().epochs());
    }

    @Override
    public void onEndAveraged(ModelState state) {
        save(RunFolder.LAST_AVERAGED, state, config.train().epochs());
    }

    /** The last file of a run: with it the run is finished. */
    public void finish(RunResult result, List<String> classes, Provenance provenance) {
        try {
            folder.write(
                    RunFolder.SUMMARY,
                    Summary.text(
                            config, result, provenance, folder.calibration().orElse(null)));
            folder.write(
                    RunFolder.CONFUSION,
                    Summary.confusionCsv(result.test() == null ? result.val() : result.test(), classes));
            folder.write(RunFolder.RESULT, Json.pretty(result));
        } catch (IOException e) {
            throw failed(e);
        }
        try {
            checkpoints.delete();
            Files.deleteIfExists(folder.file(ProcessLock.NAME));
        } catch (IOException e) {
            // They are of no use any more, and do no harm.
        }
    }

    /** Takes the run folder away again where a new run failed before it left a state: there is nothing in it to use. */
    public void discardUntrained() {
        if (bestEpoch == 0 && lock != null) {
            place.remove();
        }
    }

    @Override
    public void close() {
        try {
            if (lock != null) {
                lock.close();
            }
        } catch (IOException e) {
            // The system lets go of it when the process ends.
        }
    }

    private void save(String file, ModelState state, int epoch) {
        try (PointerScope scope = new PointerScope()) {
            sums.remove(folder.file(file));
            Safetensors.write(folder.file(file), state.merged(), metadata(RunFolder.NETWORK_FORMAT, epoch));
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * The adapter's factors, the head, what trains beside them, and whatever buffers the network has: with the pretrained weights, the whole tuned network. A head that has
     * an adapter itself is saved as it was before any update, like the pretrained weights of the other layers.
     */
    private void saveAdapter(Map<String, Factors> update, ModelState state, int epoch) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Network network = state.network();
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            update.forEach((name, f) -> {
                tensors.put(name + AdapterFile.A, tensor(f.a(), f.rank(), f.columns()));
                tensors.put(name + AdapterFile.B, tensor(f.b(), f.out(), f.rank()));
            });
            String head = network.spec().headName();
            for (Map.Entry<String, Param> param : network.params().entrySet()) {
                boolean ofHead = param.getKey().startsWith(head + ".");
                if (ofHead || param.getValue().isBuffer() || param.getValue().trains()) {
                    tensors.put(param.getKey(), param.getValue().value());
                }
            }
            if (update.containsKey(head)) {
                String weight = head + ".weight";
                Tensor change = tensors.get(head + AdapterFile.B).matmul(tensors.get(head + AdapterFile.A));
                tensors.put(weight, state.merged().get(weight).sub(change));
            }
            sums.remove(folder.file(RunFolder.ADAPTER));
            Safetensors.write(folder.file(RunFolder.ADAPTER), tensors, metadata(RunFolder.ADAPTER_FORMAT, epoch));
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private static Tensor tensor(double[] values, int rows, int columns) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return Tensors.of(floats, rows, columns);
    }

    private Map<String, String> metadata(String format, int epoch) {
        return RunFolder.metadata(format, config.model().name(), epoch);
    }

    private void append(String file, Record line) {
        try {
            OwnFiles.append(folder.file(file), Json.line(line) + "\n");
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private InputException failed(IOException e) {
        return new InputException(
                ErrorCode.NOT_WRITABLE,
                e,
                "The run folder %s cannot be written any more (%s): make room, and %s.",
                folder.path(),
                InputFiles.reason(e),
                Action.RESUME.with(folder.path()));
    }
}
