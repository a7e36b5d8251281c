package io.meristem.data.folder;

import io.meristem.ErrorCode;
import io.meristem.FolderWalk;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.Names;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Makes out a data folder: which layout it has, its classes, its photos, and what was passed over. docs/formats.md has the layouts as a table. */
final class FolderScanner {

    private final Path root;
    private final FolderWalk walk;
    private final PhotoTree tree;
    private final List<String> known;
    private final ClassFolders classes;
    private final PhotoListing files;
    private final List<String> notes = new ArrayList<>();
    private final List<String> cautions = new ArrayList<>();
    private final Set<Split> given = EnumSet.noneOf(Split.class);

    /** Whether classes may have no photos, and be fewer than two. */
    private final boolean lenient;

    private FolderScanner(Path root, List<String> known, boolean lenient) {
        this.root = root;
        this.known = known == null ? null : known.stream().map(Names::nfc).toList();
        this.lenient = lenient;
        this.classes = new ClassFolders(this.known);
        this.files = new PhotoListing(root);
        try {
            this.walk = FolderWalk.of(root, ImageFiles::isHidden);
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_READABLE,
                    e,
                    "Cannot list the folder %s (%s): check its permissions.",
                    root,
                    InputFiles.reason(e));
        }
        this.tree = PhotoTree.of(walk.root());
    }

    /**
     * Reads the tree below {@code root}; throws {@link InputException} where it is no data set.
     *
     * @param known the classes that photos may be of; null where the folder says which classes there are
     * @param lenient whether classes may have no photos, and be fewer than two, as nothing is trained on them
     */
    static FolderScanner scan(Path root, List<String> known, boolean lenient) {
        FolderScanner scanner = new FolderScanner(root, known, lenient);
        scanner.scan();
        return scanner;
    }

    List<String> classes() {
        return classes.names();
    }

    /** Sorted by side and relative path; all on the training side where the classes lie directly below the root. */
    List<Photo> photos() {
        return files.photos();
    }

    List<ImageFolder.Skipped> skipped() {
        return files.skipped();
    }

    List<String> notes() {
        return notes;
    }

    /** Of the notes, in addition: what may be a mistake. */
    List<String> cautions() {
        return cautions;
    }

    /** The sides the folder brings itself; empty when it is not divided. */
    Set<Split> given() {
        return given;
    }

    private void scan() {
        if (tree.kind() != null) {
            throw new InputException(
                    ErrorCode.WRONG_KIND,
                    "%s is %s and no photo folder: give the folder that holds one sub-folder of photos per class.",
                    root,
                    tree.kind());
        }
        SideFolders found = SideFolders.of(root, tree, known);
        notes.addAll(found.notes());
        cautions.addAll(found.cautions());
        found.flatFolders().forEach(files::looseFiles);
        if (!found.sides().isEmpty()) {
            given.addAll(found.sides().keySet());
            found.sides().forEach(this::readSide);
        } else if (SideFolders.areBelowClasses(tree)) {
            readClassesAboveSides();
        } else {
            readClasses(tree, Split.TRAIN);
            cautions.addAll(LayoutDoubts.of(tree));
        }
        files.looseFiles(tree);
        files.passedOver(walk);
    }

    private void readClassesAboveSides() {
        List<PhotoTree> classFolders = tree.filled();
        cautions.addAll(classes.name(classFolders));
        Set<String> names = new TreeSet<>();
        for (PhotoTree classFolder : classFolders) {
            if (classes.label(classFolder) < 0) {
                throw classes.unknown(classFolder);
            }
            classFolder.folder().files().forEach(file -> files.add(file, classes.label(classFolder), Split.TRAIN));
            for (PhotoTree side : classFolder.filled()) {
                Split split = SideNames.side(side.name()).orElseThrow();
                names.add(side.name());
                given.add(split);
                files.read(side, classes.label(classFolder), split);
            }
        }
        cautions.add(
                "The folders " + String.join(", ", names) + " lie within the class folders: they are taken as sides.");
        checkTraining(tree, List.of());
    }

    private void readSide(Split split, PhotoTree folder) {
        int before = files.size();
        readClasses(folder, split);
        files.looseFiles(folder);
        if (files.size() == before) {
            given.remove(split);
            cautions.add("The folder " + folder.name() + " holds no image and counts as missing.");
        }
    }

    private void readClasses(PhotoTree folder, Split split) {
        if (split == Split.TRAIN) {
            cautions.addAll(classes.name(folder.folders()));
        }
        List<String> empty = new ArrayList<>();
        for (PhotoTree classFolder : folder.folders()) {
            int label = classes.label(classFolder);
            int before = files.size();
            files.read(classFolder, Math.max(0, label), split);
            if (files.size() == before) {
                empty.add(classFolder.folder().name());
            } else if (label < 0) {
                throw classes.unknown(classFolder);
            }
        }
        files.ownOutput(folder);
        if (split == Split.TRAIN) {
            checkTraining(folder, empty);
        }
    }

    private void checkTraining(PhotoTree folder, List<String> empty) {
        Path path = folder.folder().path();
        if (files.size() == 0) {
            List<ImageFolder.Skipped> unusable = files.unusable(path);
            if (!unusable.isEmpty()) {
                throw new InputException(
                        ErrorCode.TOO_FEW,
                        "None of the %s in %s can be used, the first is %s (%s).",
                        FolderWords.count(unusable.size(), "picture"),
                        path,
                        unusable.get(0).relative(),
                        unusable.get(0).reason());
            }
            throw new InputException(
                    ErrorCode.TOO_FEW,
                    "There is no image in a class folder of %s%s one sub-folder per class with jpg, png, bmp, gif or webp files.",
                    path,
                    folder.pictures() == 0
                            ? ": it must hold"
                            : ", " + FolderWords.count(folder.pictures(), "photo")
                                    + (folder.pictures() == 1 ? " lies" : " lie") + " directly in it: it must hold");
        }
        if (lenient) {
            return;
        }
        boolean around = folder.filled().size() == 1 && folder.filled().get(0).isOnlyAround();
        if (!empty.isEmpty() && !around) {
            Path first = path.resolve(empty.get(0));
            List<ImageFolder.Skipped> unusable = files.unusable(first);
            boolean closed = walk.passedOver().contains(new FolderWalk.PassedOver(first, FolderWalk.Reason.UNREADABLE));
            if (closed) {
                throw new InputException(
                        ErrorCode.NOT_READABLE, "The class folder %s cannot be opened: check its permissions.", first);
            }
            if (!unusable.isEmpty()) {
                throw new InputException(
                        ErrorCode.TOO_FEW,
                        "The class folder %s has no image that can be used, the first of %s is %s (%s).",
                        first,
                        FolderWords.count(unusable.size(), "picture"),
                        unusable.get(0).relative(),
                        unusable.get(0).reason());
            }
            throw new InputException(
                    ErrorCode.TOO_FEW,
                    "The class folder %s has no image: add photos (jpg, png, bmp, gif, webp) or remove the folder.",
                    first);
        }
        if (classes.names().size() - empty.size() < 2) {
            PhotoTree only = folder.filled().get(0);
            PhotoTree deep = LayoutDoubts.innermost(only);
            throw new InputException(
                    ErrorCode.TOO_FEW,
                    "%s holds a single class (%s): a classifier needs at least two class folders%s",
                    path,
                    only.name(),
                    deep.isOnlyAround()
                            ? ", and " + FolderWords.names(deep.filled())
                                    + (deep.filled().size() == 1 ? " lies in " : " lie in ")
                                    + deep.folder().path()
                                    + (folder.equals(tree)
                                            ? ": give that folder."
                                            : ": move them up into " + path + ".")
                            : ".");
        }
    }
}
