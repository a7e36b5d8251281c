package io.meristem.artifact;

import io.meristem.AtomicFiles;
import io.meristem.ErrorCode;
import io.meristem.Folders;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.ProcessLock;
import io.meristem.adapter.ComputePlan;
import io.meristem.execute.Network;
import io.meristem.tune.SavedTraining;
import io.meristem.weights.Checksums;
import io.meristem.weights.SavedTensors;
import io.meristem.weights.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A run that has begun and not ended, to be resumed; this process's alone until it is closed. */
public final class StoppedRun implements AutoCloseable {

    private final RunFolder folder;
    private final ProcessLock lock;
    private final RunConfig config;
    private final Provenance provenance;
    private final Checkpoints.Intact found;
    private final TensorFile tensors;

    /**
     * @param note gets a sentence about each checkpoint that is damaged, and one that says where the run resumes
     * @throws InputException when no such run is there, another process is at work on it, or none of its checkpoints is whole
     */
    public StoppedRun(Path path, Consumer<String> note) {
        this.folder = RunFolder.begun(path);
        this.lock = RunPlace.at(path).lock();
        try {
            if (RunFolder.isFinished(path)) {
                throw new InputException(
                        ErrorCode.CHANGED, "The run in %s has ended meanwhile: nothing is left to do.", path);
            }
            config = folder.config();
            folder.photos();
            provenance = Json.read(folder.file(RunFolder.PROVENANCE), Provenance.class);
            found = new Checkpoints(path).open(note).orElse(null);
            note.accept(
                    found == null
                            ? "The run in " + path + " was stopped before its first checkpoint: starting it anew."
                            : "Resuming the run in " + path + " "
                                    + found.position().words() + ".");
            tensors = found == null ? null : TensorFile.open(found.tensors());
        } catch (RuntimeException e) {
            release();
            throw e;
        }
    }

    public RunConfig config() {
        return config;
    }

    /** Where the run came from when it began. */
    public Provenance provenance() {
        return provenance;
    }

    /** Steps between two checkpoints within an epoch, as at the run's last start. */
    public int checkpointSteps() {
        return found == null ? 0 : found.state().checkpointSteps();
    }

    /** What training resumes from, until this is closed; null where it starts anew. */
    public SavedTraining training() {
        return found == null ? null : new SavedTraining(found.state().train(), new SavedTensors(tensors));
    }

    /**
     * How its layers are computed, where it has got so far as to keep that; null otherwise. A checkpoint says it too, and goes before.
     *
     * @throws InputException when the file does not fit the run
     */
    public Map<String, ComputePlan.LayerPlan> ways(Network network) {
        Path file = folder.file(RunFolder.PLAN);
        if (found != null || !Files.exists(file)) {
            return null;
        }
        return PlanFile.read(file).ways(file, config, network);
    }

    /**
     * Puts the run folder back to where the checkpoint found it.
     *
     * @param checkpointSteps steps between two checkpoints within an epoch from here on, to be remembered
     * @throws InputException when the folder cannot be written
     */
    public RunWriter writer(int checkpointSteps) {
        try {
            removeTemporaries();
            Map<String, String> lines =
                    found == null ? Map.of() : found.state().run().lines();
            for (String name : RunFolder.GROWING) {
                if (lines.containsKey(name)) {
                    folder.write(name, lines.get(name));
                } else {
                    Files.deleteIfExists(folder.file(name));
                }
            }
            for (String name : RunFolder.STATES) {
                restore(name);
            }
            Files.deleteIfExists(folder.file(RunFolder.LAST));
            Files.deleteIfExists(folder.file(RunFolder.LAST_AVERAGED));
            if (found != null) {
                restorePlan();
            }
            return new RunWriter(
                    folder,
                    config,
                    checkpointSteps,
                    found == null ? null : found.state().run());
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_WRITABLE,
                    e,
                    "The run folder %s cannot be written (%s): make room, or make it writable, and resume again.",
                    folder.path(),
                    InputFiles.reason(e));
        }
    }

    /** What the checkpoint says goes, where the file is missing, damaged or another one. */
    private void restorePlan() throws IOException {
        PlanFile.Origin origin = config.train().compute().measured() ? PlanFile.Origin.MEASURED : PlanFile.Origin.KIND;
        try {
            origin = PlanFile.read(folder.file(RunFolder.PLAN)).origin();
        } catch (InputException e) {
            // It was never there, in a run from before plans were kept, or it is damaged.
        }
        folder.write(
                RunFolder.PLAN, Json.pretty(PlanFile.of(found.state().train().plan(), config, origin)));
    }

    private void restore(String name) throws IOException {
        Path target = folder.file(name);
        Path saved = found == null ? null : found.path().resolve(name);
        if (saved == null || !Files.exists(saved)) {
            Files.deleteIfExists(target);
        } else if (!Files.exists(target) || !Checksums.sha256(target).equals(Checksums.sha256(saved))) {
            AtomicFiles.write(target, temporary -> Files.copy(saved, temporary, StandardCopyOption.REPLACE_EXISTING));
        }
    }

    private void removeTemporaries() throws IOException {
        List<Path> left;
        try (Stream<Path> inside = Files.list(folder.path())) {
            left = inside.filter(Folders::isTemporary).toList();
        }
        for (Path path : left) {
            Folders.delete(path);
        }
    }

    private void release() {
        try {
            lock.close();
        } catch (IOException e) {
            // The system lets go of it when the process ends.
        }
    }

    @Override
    public void close() {
        if (tensors != null) {
            tensors.close();
        }
        release();
    }
}
