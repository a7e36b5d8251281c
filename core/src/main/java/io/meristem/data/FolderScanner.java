package io.meristem.data;

import io.meristem.FileNames;
import io.meristem.InputException;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Walks a data folder: which layout it has, its classes, its photos, and what was passed over. */
final class FolderScanner {

    /** Pictures that cannot be decoded here: passing them over silently would surprise. */
    private static final Set<String> OTHER_PICTURES = Set.of(
            "tif", "tiff", "heic", "heif", "avif", "jp2", "jxl", "svg", "raw", "dng", "cr2", "cr3", "nef", "arw",
            "jfif", "psd", "tga", "ppm", "pgm");

    private static final Map<String, Split> SIDES = Map.of(
            "train", Split.TRAIN, "val", Split.VAL, "valid", Split.VAL, "validation", Split.VAL, "test", Split.TEST);

    private final Path root;
    private final List<String> classes = new ArrayList<>();
    private final List<Photo> photos = new ArrayList<>();
    private final List<ImageFolder.Skipped> skipped = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final Set<Split> given = EnumSet.noneOf(Split.class);

    private FolderScanner(Path root) {
        this.root = root;
    }

    /** Reads the tree below {@code root}; throws {@link InputException} where it is no data set. */
    static FolderScanner scan(Path root) {
        FolderScanner scanner = new FolderScanner(root);
        Map<Split, Path> sides = scanner.sides();
        if (sides.isEmpty()) {
            scanner.readClasses(root, Split.TRAIN);
        } else {
            scanner.given.addAll(sides.keySet());
            sides.forEach((split, folder) -> scanner.readSide(folder, split));
        }
        scanner.photos.sort(Comparator.comparing(Photo::split).thenComparing(Photo::relative));
        scanner.skipped.sort(Comparator.comparing(ImageFolder.Skipped::relative));
        return scanner;
    }

    List<String> classes() {
        return classes;
    }

    /** Sorted by side and relative path; all on the training side where the classes lie directly below the root. */
    List<Photo> photos() {
        return photos;
    }

    List<ImageFolder.Skipped> skipped() {
        return skipped;
    }

    List<String> notes() {
        return notes;
    }

    /** The sides the folder brings itself; empty when it is not divided. */
    Set<Split> given() {
        return given;
    }

    private Map<Split, Path> sides() {
        Map<Split, Path> sides = new EnumMap<>(Split.class);
        List<String> others = new ArrayList<>();
        for (Path child : folders(root)) {
            String name = child.getFileName().toString();
            Split split = SIDES.get(name.toLowerCase(Locale.ROOT));
            if (split == null) {
                others.add(name);
                continue;
            }
            Path before = sides.put(split, child);
            if (before != null) {
                throw new InputException(root + " holds both " + before.getFileName() + " and " + name + " for the "
                        + ImageFolder.name(split) + " side: keep one of them.");
            }
        }
        if (!sides.isEmpty() && !sides.containsKey(Split.TRAIN)) {
            throw new InputException(root + " holds a folder "
                    + sides.values().iterator().next().getFileName()
                    + " but no folder train: add it, or put the class folders directly below " + root + ".");
        }
        if (!sides.isEmpty() && !others.isEmpty()) {
            notes.add("Folders beside train, val and test are left out: " + String.join(", ", others) + ".");
        }
        return sides;
    }

    private void readSide(Path folder, Split split) {
        int before = photos.size();
        readClasses(folder, split);
        if (photos.size() == before) {
            given.remove(split);
            notes.add("The folder " + folder.getFileName() + " holds no image and counts as missing.");
        }
    }

    private void readClasses(Path folder, Split split) {
        List<Path> classFolders = folders(folder);
        if (split == Split.TRAIN) {
            classFolders.forEach(c -> classes.add(c.getFileName().toString()));
        }
        looseFiles(folder);
        if (folder != root) {
            looseFiles(root);
        }
        int before = photos.size();
        List<String> empty = new ArrayList<>();
        for (Path classFolder : classFolders) {
            String name = classFolder.getFileName().toString();
            int label = classes.indexOf(name);
            int sizeBefore = photos.size();
            walk(classFolder, Math.max(0, label), split);
            if (photos.size() == sizeBefore) {
                empty.add(name);
            } else if (label < 0) {
                throw new InputException(
                        "The class folder " + classFolder
                                + " has no counterpart in the train folder: add training photos of it, or remove or rename it.");
            }
        }
        if (split == Split.TRAIN) {
            checkTraining(folder, before, empty);
        }
    }

    private void checkTraining(Path folder, int before, List<String> empty) {
        if (photos.size() == before) {
            throw new InputException("There is no image in " + folder
                    + ": it must hold one sub-folder per class with jpg, png, bmp, gif or webp files.");
        }
        if (!empty.isEmpty()) {
            throw new InputException("The class folder " + folder.resolve(empty.get(0))
                    + " has no image: add photos (jpg, png, bmp, gif, webp) or remove the folder.");
        }
        if (classes.size() < 2) {
            throw new InputException(folder + " holds a single class (" + classes.get(0)
                    + "): a classifier needs at least two class folders.");
        }
    }

    private void looseFiles(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(Files::isRegularFile)
                    .filter(f -> ImageFiles.isExtension(extension(f)) && !hidden(f))
                    .map(f -> new ImageFolder.Skipped(relative(f), "not in a class folder", true))
                    .filter(s -> !skipped.contains(s))
                    .forEach(skipped::add);
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
    }

    private void walk(Path classFolder, int label, Split split) {
        try {
            Files.walkFileTree(
                    classFolder,
                    EnumSet.of(FileVisitOption.FOLLOW_LINKS),
                    Integer.MAX_VALUE,
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
                            return hidden(dir) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                            if (!hidden(file)) {
                                add(file, attributes, label, split);
                            }
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFileFailed(Path file, IOException e) {
                            skipped.add(new ImageFolder.Skipped(
                                    relative(file), "cannot be opened", ImageFiles.isExtension(extension(file))));
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (IOException e) {
            throw unreadable(classFolder, e);
        }
    }

    private void add(Path file, BasicFileAttributes attributes, int label, Split split) {
        String extension = extension(file);
        if (!ImageFiles.isExtension(extension)) {
            boolean picture = OTHER_PICTURES.contains(extension);
            skipped.add(new ImageFolder.Skipped(
                    relative(file),
                    picture ? "picture format " + extension + " is not supported" : "not a picture",
                    picture));
        } else if (!attributes.isRegularFile()) {
            // With links followed, a link that still shows as one leads nowhere.
            String what = attributes.isSymbolicLink() ? "a link that leads nowhere" : "no ordinary file";
            skipped.add(new ImageFolder.Skipped(relative(file), what, true));
        } else if (attributes.size() == 0) {
            skipped.add(new ImageFolder.Skipped(relative(file), "empty file", true));
        } else if (!FileNames.isText(file) && FileNames.areUnicode()) {
            skipped.add(new ImageFolder.Skipped(relative(file), "its name is not UTF-8", true));
        } else {
            FileNames.requireText(file);
            photos.add(new Photo(file, relative(file), label, split, null));
        }
    }

    private String relative(Path file) {
        return root.relativize(file).toString().replace(File.separatorChar, '/');
    }

    private static List<Path> folders(Path parent) {
        try (Stream<Path> children = Files.list(parent)) {
            return children.filter(Files::isDirectory)
                    .filter(c -> !hidden(c))
                    .map(FileNames::requireText)
                    .sorted(Comparator.comparing(c -> c.getFileName().toString()))
                    .toList();
        } catch (IOException e) {
            throw unreadable(parent, e);
        }
    }

    private static InputException unreadable(Path folder, IOException e) {
        return new InputException(
                "Cannot list the folder " + folder + " (" + e.getMessage() + "): check its permissions.", e);
    }

    private static boolean hidden(Path path) {
        String name = path.getFileName().toString();
        return name.startsWith(".") || name.equals("__MACOSX");
    }

    private static String extension(Path file) {
        String name = file.getFileName().toString();
        return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }
}
