package io.meristem.artifact;

import io.meristem.Action;
import io.meristem.AtomicFiles;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.Message;
import io.meristem.Outputs;
import io.meristem.ProcessLock;
import io.meristem.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The place of a run: whether it is free for one, the first files of one, its lock, and what is left there by one that was cut short. */
public final class RunPlace {

    /** Files that are written before the configuration, and are all that a process leaves which is killed before its run has begun. */
    private static final List<String> BEFORE = List.of(RunFolder.PROVENANCE, RunFolder.CLASSES, RunFolder.PLAN);

    /** Names that {@link AtomicFiles} and a new run may have left together. */
    private static final Pattern TEMPORARY = Pattern.compile("\\.(config|classes|provenance)\\.json\\..*\\.part");

    private final Path path;
    private final boolean made;

    private RunPlace(Path path, boolean made) {
        this.path = path;
        this.made = made;
    }

    /** Of a run that is there already. */
    static RunPlace at(Path path) {
        return new RunPlace(path, false);
    }

    /**
     * Refuses a place where a run, or anything else, already is, and one where nothing can be written. What a training has left that was killed before its run
     * began is nothing.
     */
    public static void refuseUnlessFree(Path path) {
        refuseRun(path);
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new InputException(ErrorCode.WRONG_KIND, "%s is no folder: choose another %s.", path, Setting.OUT);
        }
        if (Files.isDirectory(path) && !isLeftover(path)) {
            try (Stream<Path> inside = Files.list(path)) {
                if (inside.findAny().isPresent()) {
                    throw new InputException(
                            ErrorCode.ALREADY_THERE, "%s is not empty: choose a new %s.", path, Setting.OUT);
                }
            } catch (IOException e) {
                throw new InputException(
                        ErrorCode.NOT_READABLE,
                        e,
                        "%s cannot be read (%s): choose another %s.",
                        path,
                        InputFiles.reason(e),
                        Setting.OUT);
            }
        }
        Outputs.requireFolder(path, Setting.OUT);
    }

    private static void refuseRun(Path path) {
        if (Files.exists(path.resolve(RunFolder.CONFIG))) {
            if (RunFolder.isFinished(path)) {
                throw new InputException(
                        ErrorCode.ALREADY_THERE,
                        "%s already holds a run: choose another %s, or remove that folder first.",
                        path,
                        Setting.OUT);
            }
            throw new InputException(
                    ErrorCode.ALREADY_THERE,
                    "%s already holds a run: choose another %s, %s, or remove that folder first.",
                    path,
                    Setting.OUT,
                    Action.RESUME.with(path));
        }
    }

    /**
     * Whether a folder is what a training leaves that is killed before its run has begun, or while what there was of one was taken away: the lock, and nothing
     * beside it but what comes before the configuration.
     */
    static boolean isLeftover(Path path) {
        try (Stream<Path> inside = Files.list(path)) {
            List<Path> files = inside.limit(1000).toList();
            boolean ours = files.stream().allMatch(file -> {
                String name = file.getFileName().toString();
                return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                        && (name.equals(ProcessLock.NAME)
                                || BEFORE.contains(name)
                                || TEMPORARY.matcher(name).matches());
            });
            return ours && files.stream().anyMatch(file -> file.endsWith(ProcessLock.NAME));
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Empties a folder that {@link #isLeftover}; others stay as they are.
     *
     * @throws InputException when another process is at work there
     */
    static void clearLeftover(Path path) throws IOException {
        if (Files.isDirectory(path) && isLeftover(path)) {
            RunPlace place = at(path);
            try (ProcessLock lock = place.lock()) {
                place.removeLeftover();
                Files.deleteIfExists(path.resolve(ProcessLock.NAME));
            }
        }
    }

    private void removeLeftover() throws IOException {
        List<Path> left;
        try (Stream<Path> inside = Files.list(path)) {
            left = inside.filter(file -> BEFORE.contains(file.getFileName().toString())
                            || TEMPORARY.matcher(file.getFileName().toString()).matches())
                    .toList();
        }
        for (Path file : left) {
            Files.delete(file);
        }
    }

    /** Makes the folder, or takes an empty one. */
    static RunPlace create(Path path) {
        refuseUnlessFree(path);
        RunPlace place = new RunPlace(path, !Files.exists(path));
        try {
            Files.createDirectories(path);
            return place;
        } catch (IOException e) {
            throw place.unwritable(e);
        }
    }

    /** Puts in what a run begins with, a plan only where one was given; the configuration is last, and with it the run has begun. */
    void begin(RunConfig config, List<String> classes, Provenance provenance, PlanFile plan) {
        refuseRun(path);
        try {
            removeLeftover();
            write(RunFolder.PROVENANCE, Json.pretty(provenance));
            write(RunFolder.CLASSES, Json.pretty(classes));
            if (plan != null) {
                write(RunFolder.PLAN, Json.pretty(plan));
            }
            write(RunFolder.CONFIG, Json.pretty(config));
        } catch (IOException e) {
            remove();
            throw unwritable(e);
        }
    }

    private InputException unwritable(IOException e) {
        return new InputException(
                ErrorCode.NOT_WRITABLE,
                e,
                "The run folder %s cannot be written (%s): choose another %s or make room.",
                path,
                InputFiles.reason(e),
                Setting.OUT);
    }

    /** Takes away what only a run in training needs; nothing happens where a process is at work. Failing to is not worth an error. */
    void tidy() {
        try (ProcessLock lock = ProcessLock.take(path, Message.plain(""))) {
            new Checkpoints(path).delete();
            Files.deleteIfExists(path.resolve(ProcessLock.NAME));
        } catch (IOException | InputException e) {
            return;
        }
    }

    /** @throws InputException when another process is training here */
    ProcessLock lock() {
        try {
            return ProcessLock.take(
                    path, Message.of("The run in %s is being trained by another process: wait until it ends.", path));
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    /** Removes what a run without a state has left, and the folder where {@link #create} made it. Failing to is not worth another error. */
    void remove() {
        try {
            // Whatever is left when this is cut short can be resumed as long as there is a configuration, and is a
            // leftover from then on.
            new Checkpoints(path).delete();
            for (String name : List.of(
                    RunFolder.RANKS,
                    RunFolder.METRICS,
                    RunFolder.TIMINGS,
                    RunFolder.CONFIG,
                    RunFolder.PLAN,
                    RunFolder.CLASSES,
                    RunFolder.PROVENANCE)) {
                Files.deleteIfExists(path.resolve(name));
            }
            Files.deleteIfExists(path.resolve(ProcessLock.NAME));
            if (made) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            return;
        }
    }

    private void write(String name, String text) throws IOException {
        AtomicFiles.writeString(path.resolve(name), text);
    }
}
