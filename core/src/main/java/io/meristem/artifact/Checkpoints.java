package io.meristem.artifact;

import io.meristem.ErrorCode;
import io.meristem.Folders;
import io.meristem.InputException;
import io.meristem.OwnFiles;
import io.meristem.weights.Checksums;
import io.meristem.weights.Safetensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/**
 * The checkpoints of a run, the last two: a folder each, which is there whole or not at all and lists the SHA-256 of each of its files as {@code sha256sum}
 * does. Only the process that holds the run's lock uses this.
 */
public final class Checkpoints {

    /** In the run folder. */
    public static final String FOLDER = "checkpoints";

    static final String TENSORS = "tensors.safetensors";
    static final String STATE = "state.json";
    static final String SUMS = "SHA256SUMS";

    private static final Pattern FILE = Pattern.compile("[\\w.-]+");

    private static final int KEPT = 2;
    private static final Map<String, String> METADATA = Map.of("format", "meristem-checkpoint");

    /** Where in its training a checkpoint stands: whole epochs, and steps of the next. */
    public record Position(int epochs, int steps) implements Comparable<Position> {

        private static final Pattern NAME = Pattern.compile("epoch-(\\d{1,9})-step-(\\d{1,9})");

        /** Of its folder. */
        public String name() {
            return String.format(Locale.ROOT, "epoch-%04d-step-%06d", epochs, steps);
        }

        static Optional<Position> parse(String name) {
            Matcher matcher = NAME.matcher(name);
            return matcher.matches()
                    ? Optional.of(new Position(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))))
                    : Optional.empty();
        }

        /** For a sentence, such as {@code after epoch 3 and 12 steps}. */
        public String words() {
            if (epochs == 0 && steps == 0) {
                return "before the first step";
            }
            String rest = steps == 0 ? "" : steps == 1 ? "1 step" : steps + " steps";
            return "after " + (epochs == 0 ? "" : "epoch " + epochs + (steps == 0 ? "" : " and ")) + rest;
        }

        @Override
        public int compareTo(Position other) {
            return epochs != other.epochs ? Integer.compare(epochs, other.epochs) : Integer.compare(steps, other.steps);
        }
    }

    /** A checkpoint that has been found whole. */
    record Intact(Position position, Path path, CheckpointState state) {

        Path tensors() {
            return path.resolve(TENSORS);
        }
    }

    private final Path path;

    Checkpoints(Path run) {
        this.path = run.resolve(FOLDER);
    }

    /** Where the newest checkpoint of a run stands, whole or not; empty where there is none. */
    public static Optional<Position> newest(Path run) {
        try {
            return new Checkpoints(run).positions().stream().findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /**
     * Writes a checkpoint and removes those that are too many, and those of a course that the training has gone back on: later ones, and another one of
     * that position.
     *
     * @param models files beside it that belong to it, with their SHA-256
     */
    void write(Position position, CheckpointState state, Map<String, Tensor> tensors, Map<Path, String> models)
            throws IOException {
        Path target = path.resolve(position.name());
        String text = Json.pretty(state);
        List<Position> left = new ArrayList<>();
        for (Position other : positions()) {
            if (other.compareTo(position) > 0 || (other.equals(position) && !isOf(target, text))) {
                left.add(other);
            }
        }
        if (!Files.exists(target) || left.contains(position)) {
            Files.createDirectories(path);
            Folders.write(target, folder -> {
                Safetensors.write(folder.resolve(TENSORS), tensors, METADATA);
                Files.writeString(folder.resolve(STATE), text);
                Map<String, String> sums = new LinkedHashMap<>();
                for (String name : List.of(TENSORS, STATE)) {
                    sums.put(name, Checksums.sha256(folder.resolve(name)));
                }
                for (Map.Entry<Path, String> model : models.entrySet()) {
                    Path copy = folder.resolve(model.getKey().getFileName());
                    link(model.getKey(), copy);
                    sums.put(copy.getFileName().toString(), model.getValue());
                }
                StringBuilder lines = new StringBuilder();
                sums.forEach((name, sum) ->
                        lines.append(sum).append("  ").append(name).append('\n'));
                Files.writeString(folder.resolve(SUMS), lines);
                // Only now, so that they stay where there is no room for this one.
                for (Position old : left) {
                    Folders.vanish(path.resolve(old.name()));
                }
            });
        }
        List<Position> all = positions();
        for (Position old : all.subList(Math.min(KEPT, all.size()), all.size())) {
            Folders.vanish(path.resolve(old.name()));
        }
    }

    private static boolean isOf(Path folder, String state) throws IOException {
        Path file = folder.resolve(STATE);
        return Files.isRegularFile(file) && Files.readString(file).equals(state);
    }

    /** A second name for a file, which is never written to again but replaced; a copy where the system has no second names. */
    static void link(Path file, Path name) throws IOException {
        try {
            Files.createLink(name, file);
        } catch (UnsupportedOperationException | IOException e) {
            Files.copy(file, name, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /**
     * The newest checkpoint that is whole; those after it are removed.
     *
     * @param note gets a sentence about each that is not
     * @return empty where there is none at all
     * @throws InputException when there are some and none is whole
     */
    Optional<Intact> open(Consumer<String> note) {
        try {
            List<Position> positions = positions();
            List<String> faults = new ArrayList<>();
            for (Position position : positions) {
                Path folder = path.resolve(position.name());
                String fault = fault(folder);
                if (fault == null) {
                    CheckpointState state = Json.read(folder.resolve(STATE), CheckpointState.class);
                    if (state.format() != CheckpointState.FORMAT) {
                        throw new InputException(
                                ErrorCode.UNSUPPORTED,
                                "%s is of format %s, and this version reads %s: resume with the version that wrote it.",
                                folder,
                                state.format(),
                                CheckpointState.FORMAT);
                    }
                    faults.forEach(said -> note.accept(said + ": resuming from the one " + position.words() + "."));
                    for (Position bad : positions.subList(0, faults.size())) {
                        Folders.vanish(path.resolve(bad.name()));
                    }
                    return Optional.of(new Intact(position, folder, state));
                }
                faults.add("The checkpoint " + position.words() + " is damaged (" + fault + ")");
            }
            if (faults.isEmpty()) {
                return Optional.empty();
            }
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    "No checkpoint in %s is whole (%s): restore them, or train again into another folder.",
                    path,
                    fault(path.resolve(positions.get(0).name())));
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_READABLE, e, "%s cannot be read (%s): make it readable, or train again.", path, e);
        }
    }

    /** What is wrong with a checkpoint, or null. */
    private static String fault(Path folder) throws IOException {
        if (!Files.isRegularFile(folder.resolve(SUMS))) {
            return SUMS + " is missing";
        }
        Map<String, String> sums = new LinkedHashMap<>();
        for (String line : Files.readString(folder.resolve(SUMS), StandardCharsets.ISO_8859_1)
                .split("\n")) {
            String[] parts = line.split(" {2}", 2);
            if (parts.length < 2 || !FILE.matcher(parts[1]).matches()) {
                return SUMS + " cannot be read";
            }
            sums.put(parts[1], parts[0]);
        }
        if (!sums.keySet().containsAll(List.of(TENSORS, STATE))) {
            return SUMS + " is not whole";
        }
        for (Map.Entry<String, String> entry : sums.entrySet()) {
            Path file = folder.resolve(entry.getKey());
            if (!Files.isRegularFile(file)) {
                return entry.getKey() + " is missing";
            }
            if (!Checksums.sha256(file).equals(entry.getValue())) {
                return entry.getKey() + " is not what was written";
            }
        }
        return null;
    }

    /** The newest first. */
    private List<Position> positions() throws IOException {
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        try (Stream<Path> inside = Files.list(path)) {
            return inside.flatMap(p -> Position.parse(p.getFileName().toString()).stream())
                    .sorted(Comparator.reverseOrder())
                    .toList();
        }
    }

    /** As one step: a kill leaves all of them or none. */
    void delete() throws IOException {
        Folders.vanish(path);
    }

    /**
     * Refuses links and whatever else is no file or folder of a checkpoint's.
     *
     * @throws InputException with the mend
     */
    void requireOwn() {
        OwnFiles.requireFolder(path);
        try {
            for (Position position : positions()) {
                Path folder = path.resolve(position.name());
                OwnFiles.requireFolder(folder);
                try (Stream<Path> files = Files.list(folder)) {
                    files.forEach(file -> OwnFiles.requireFile(folder, file));
                }
            }
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_READABLE, e, "%s cannot be read (%s): make it readable, or train again.", path, e);
        }
    }
}
