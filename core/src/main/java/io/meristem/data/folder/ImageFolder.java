package io.meristem.data.folder;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A folder of photos, one sub-folder per class, divided into train, validation and test.
 *
 * <p>Either the sides are folders of their own ({@code train/<class>}, {@code val/<class>}, {@code test/<class>}; {@code valid} and
 * {@code validation} serve as well) or the classes lie directly below the root. A side that is missing is carved out of the photos at hand,
 * seeded and stratified by class. Class folders may hold folders of their own. Photos are in a stable order: train, validation, test, and by
 * relative path within each.
 */
public final class ImageFolder {

    /**
     * A file that was passed over.
     *
     * @param relative its path below the data folder
     * @param reason why, in a few words
     * @param image whether it looks like a picture, so that leaving it out may surprise
     */
    public record Skipped(String relative, String reason, boolean image) {}

    /** A file of this name in a photo folder says that a program has drawn the pictures. */
    public static final String DRAWN = "SYNTHETIC.txt";

    private final Path root;
    private final List<String> classes;
    private final List<Photo> photos;
    private final List<Skipped> skipped;
    private final List<String> notes;
    private final List<String> cautions;
    private final SplitOptions options;
    private SortedMap<String, Fingerprint.Content> contents;

    private ImageFolder(
            Path root,
            List<String> classes,
            List<Photo> photos,
            List<Skipped> skipped,
            List<String> notes,
            List<String> cautions,
            SplitOptions options) {
        this.root = root;
        this.classes = List.copyOf(classes);
        this.photos = List.copyOf(photos);
        this.skipped = List.copyOf(skipped);
        this.notes = List.copyOf(notes);
        this.cautions = List.copyOf(cautions);
        this.options = options;
    }

    /** Lists and divides the photos below {@code folder}; no picture is decoded. Throws {@link InputException} when it is no usable data set. */
    public static ImageFolder scan(Path folder, SplitOptions options) {
        return scan(folder, options, null, false);
    }

    /** Likewise, to look the photos over: a class may have none, and there may be one class only. */
    public static ImageFolder look(Path folder, SplitOptions options) {
        return scan(folder, options, null, true);
    }

    /**
     * Likewise, of photos that a network is to be judged by: some of its classes may have none, and sides may lack.
     *
     * @param known the network's classes in label order, whose labels the photos get
     * @throws InputException also when there are photos of another class
     */
    public static ImageFolder scan(Path folder, SplitOptions options, List<String> known) {
        return scan(folder, options, known, true);
    }

    private static ImageFolder scan(Path folder, SplitOptions options, List<String> known, boolean lenient) {
        if (!Files.exists(folder)) {
            throw new InputException(
                    ErrorCode.NOT_FOUND, "There is no folder %s: check the path of the data set.", folder);
        }
        if (!Files.isDirectory(folder)) {
            throw new InputException(
                    ErrorCode.WRONG_KIND,
                    "%s is a file: give the folder that holds one sub-folder of photos per class.",
                    folder);
        }
        Path root = folder.toAbsolutePath().normalize();
        FolderScanner found = FolderScanner.scan(root, known, lenient);
        List<String> notes = new ArrayList<>(found.notes());
        List<String> cautions = new ArrayList<>(found.cautions());
        List<Photo> listed = found.photos();
        if (options.groupCsv() != null) {
            listed = GroupCsv.read(options, root).assign(listed, notes);
        } else {
            GroupCsv.unused(root).ifPresent(cautions::add);
        }
        List<Photo> divided = Splitter.divide(listed, found.classes(), found.given(), options, notes);
        List<Photo> kept = Splitter.limit(divided, options.limitPerClass(), options.seed());
        if (kept.size() < divided.size()) {
            notes.add("Only " + kept.size() + " of " + divided.size() + " photos are used: at most "
                    + options.limitPerClass() + " per class and side, chosen by seed " + options.seed() + ".");
        }
        List<Skipped> pictures = found.skipped().stream().filter(Skipped::image).toList();
        if (options.strict() && !pictures.isEmpty()) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    "%s picture(s) in %s cannot be used, the first is %s (%s): mend or remove them, or run without strict.",
                    pictures.size(),
                    folder,
                    pictures.get(0).relative(),
                    pictures.get(0).reason());
        }
        if (!lenient) {
            refuseUntrained(divided, found, options);
        }
        if (known == null) {
            noteEmptySides(divided, found, options, cautions);
        }
        noteAbsentAndLeaking(kept, found.classes(), notes);
        notes.addAll(0, cautions);
        return new ImageFolder(root, found.classes(), kept, found.skipped(), notes, cautions, options);
    }

    /** A table of groups may leave no photo of a class to train on. */
    private static void refuseUntrained(List<Photo> photos, FolderScanner found, SplitOptions options) {
        Set<Integer> trained = photos.stream()
                .filter(p -> p.split() == Split.TRAIN)
                .map(Photo::label)
                .collect(Collectors.toSet());
        for (int c = 0; c < found.classes().size(); c++) {
            if (!trained.contains(c)) {
                throw new InputException(
                        ErrorCode.TOO_FEW,
                        "No photo of the class %s is left to train on%s",
                        found.classes().get(c),
                        options.groupCsv() == null
                                ? ": add training photos of it."
                                : ", since its photos are in few groups in " + options.groupCsv()
                                        + ": mend the table, keep smaller shares for validation and test, or do without groups.");
            }
        }
    }

    private static void noteEmptySides(
            List<Photo> photos, FolderScanner found, SplitOptions options, List<String> cautions) {
        for (Split split : List.of(Split.VAL, Split.TEST)) {
            double share = split == Split.VAL ? options.valFraction() : options.testFraction();
            if (share > 0 && !found.given().contains(split) && photos.stream().noneMatch(p -> p.split() == split)) {
                cautions.add("The " + name(split) + " side is empty: "
                        + (options.groupCsv() == null
                                ? "there are too few photos."
                                : "too few groups are named in " + options.groupCsv() + " for one to be spared."));
            }
        }
    }

    private static void noteAbsentAndLeaking(List<Photo> photos, List<String> classes, List<String> notes) {
        for (Split split : Split.values()) {
            Set<Integer> present = photos.stream()
                    .filter(p -> p.split() == split)
                    .map(Photo::label)
                    .collect(Collectors.toSet());
            if (present.isEmpty() || present.size() == classes.size()) {
                continue;
            }
            List<String> absent = new ArrayList<>();
            for (int c = 0; c < classes.size(); c++) {
                if (!present.contains(c)) {
                    absent.add(classes.get(c));
                }
            }
            notes.add("The " + name(split) + " side has no photo of " + String.join(", ", absent) + ".");
        }
        Set<String> trained = photos.stream()
                .filter(p -> p.split() == Split.TRAIN && p.group() != null)
                .map(Photo::group)
                .collect(Collectors.toSet());
        for (Split split : List.of(Split.VAL, Split.TEST)) {
            List<Photo> side = photos.stream().filter(p -> p.split() == split).toList();
            long leaks = side.stream()
                    .filter(p -> p.group() != null && trained.contains(p.group()))
                    .count();
            if (leaks > 0) {
                notes.add(leaks + " of " + side.size() + " " + name(split)
                        + " photos share a group with a training photo, so its scores flatter the network.");
            }
        }
    }

    static String name(Split split) {
        return switch (split) {
            case TRAIN -> "training";
            case VAL -> "validation";
            case TEST -> "test";
        };
    }

    /** Absolute path of the data folder. */
    public Path root() {
        return root;
    }

    /** Whether the folder says of itself that its pictures are drawn, and no photographs. */
    public boolean isDrawn() {
        return Files.exists(root.resolve(DRAWN));
    }

    /** Class names, sorted; a photo's label is an index into this list. */
    public List<String> classes() {
        return classes;
    }

    public List<Photo> photos() {
        return photos;
    }

    public List<Photo> photos(Split split) {
        return photos.stream().filter(p -> p.split() == split).toList();
    }

    /** Files below the data folder that are no photos of the set. */
    public List<Skipped> skipped() {
        return skipped;
    }

    /** What a reader of the results ought to know about how this set was made, one sentence each. */
    public List<String> notes() {
        return notes;
    }

    /** Those of the notes that may tell of a mistake, and should be said before work is done. */
    public List<String> cautions() {
        return cautions;
    }

    /** What was left out, in few sentences: one for each reason. {@link #skipped} has all of it. */
    public List<String> leftOut() {
        List<String> sentences = new ArrayList<>(leftOut(true));
        sentences.addAll(leftOut(false));
        return sentences;
    }

    /**
     * The same of some of it.
     *
     * @param images whether of what looks like pictures, or of the rest
     */
    public List<String> leftOut(boolean images) {
        Map<String, List<Skipped>> reasons = new LinkedHashMap<>();
        skipped.stream().filter(s -> s.image() == images).forEach(s -> reasons.computeIfAbsent(
                        s.reason(), k -> new ArrayList<>())
                .add(s));
        List<String> sentences = new ArrayList<>();
        reasons.forEach((reason, files) -> {
            String first = files.get(0).relative();
            if (files.size() == 1) {
                sentences.add("Left out " + first + ": " + reason + ".");
            } else if (reason.equals(ImageFiles.NO_PICTURE)) {
                sentences.add("Left out " + files.size() + " files that are no pictures, such as " + first + ".");
            } else {
                sentences.add("Left out " + files.size() + " entries (" + reason + "), such as " + first + ".");
            }
        });
        return sentences;
    }

    public SplitOptions options() {
        return options;
    }

    /** Number of photos per class name and side, classes in label order, zeros included. */
    public Map<String, Map<Split, Integer>> counts() {
        Map<Integer, Map<Split, Integer>> byLabel = new TreeMap<>();
        for (int c = 0; c < classes.size(); c++) {
            Map<Split, Integer> sides = new EnumMap<>(Split.class);
            for (Split split : Split.values()) {
                sides.put(split, 0);
            }
            byLabel.put(c, sides);
        }
        for (Photo photo : photos) {
            Objects.requireNonNull(byLabel.get(photo.label())).merge(photo.split(), 1, Integer::sum);
        }
        Map<String, Map<Split, Integer>> counts = new LinkedHashMap<>();
        byLabel.forEach((label, sides) -> counts.put(classes.get(label), sides));
        return counts;
    }

    /**
     * SHA-256 (hex) over relative path, size and content hash of every photo whose file can be read, in path order: the same files give the same value
     * on every machine, wherever they lie and whenever they were copied. The first call reads all photos. {@link io.meristem.data.feed.PixelCache#fingerprint} is that of the
     * photos that could be decoded.
     */
    public String fingerprint() {
        return Fingerprint.of(contents());
    }

    /** SHA-256 (hex) of every photo's file that can be read, by relative path. The first call reads all photos. */
    public Map<String, String> contentHashes() {
        Map<String, String> hashes = new HashMap<>();
        contents().forEach((relative, content) -> {
            if (content.sha256() != null) {
                hashes.put(relative, content.sha256());
            }
        });
        return hashes;
    }

    /** What is in every photo's file, by relative path. The first call reads all photos. */
    public synchronized SortedMap<String, Fingerprint.Content> contents() {
        if (contents == null) {
            Map<String, Path> files = new HashMap<>();
            photos.forEach(p -> files.put(p.relative(), p.file()));
            contents = Fingerprint.contents(files);
        }
        return contents;
    }
}
