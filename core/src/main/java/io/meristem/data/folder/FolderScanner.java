package io.meristem.data.folder;

import io.meristem.ErrorCode;
import io.meristem.FileNames;
import io.meristem.FolderWalk;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.Names;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Makes out a data folder: which layout it has, its classes, its photos, and what was passed over. docs/formats.md has the layouts as a table. */
final class FolderScanner {

    private static final int MOST_NAMES = 5;

    private static final int MOST_KNOWN = 20;

    private final Path root;
    private final FolderWalk walk;
    private final PhotoTree tree;
    private final List<String> classes = new ArrayList<>();
    private final List<Photo> photos = new ArrayList<>();
    private final List<ImageFolder.Skipped> skipped = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final List<String> cautions = new ArrayList<>();
    private final Set<Split> given = EnumSet.noneOf(Split.class);

    /** Of a network that is to be judged, in label order; null where the folder says which classes there are. */
    private final List<String> known;

    /** Whether classes may have no photos, and be fewer than two. */
    private final boolean lenient;

    private FolderScanner(Path root, List<String> known, boolean lenient) {
        this.root = root;
        this.known = known == null ? null : known.stream().map(Names::nfc).toList();
        this.lenient = lenient;
        if (known != null) {
            classes.addAll(this.known);
        }
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
        scanner.photos.sort(Photo.order());
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
        Map<Split, PhotoTree> sides = sides();
        if (!sides.isEmpty()) {
            given.addAll(sides.keySet());
            sides.forEach(this::readSide);
        } else if (sidesLieBelowClasses()) {
            readClassesAboveSides();
        } else {
            readClasses(tree, Split.TRAIN);
            noteSameFolders();
            noteNamesOfSides();
        }
        looseFiles(tree);
        passedOver();
    }

    /** The folders that are sides; none where the classes lie directly below the root. */
    private Map<Split, PhotoTree> sides() {
        Map<Split, List<PhotoTree>> named = new EnumMap<>(Split.class);
        List<PhotoTree> classLike = new ArrayList<>();
        List<PhotoTree> others = new ArrayList<>();
        for (PhotoTree child : tree.folders()) {
            Split split = SideNames.side(child.name()).orElse(null);
            if (split == null || known != null && known.contains(child.name())) {
                others.add(child);
            } else if (child.pictures() > 0 && child.filled().isEmpty()) {
                classLike.add(child);
            } else {
                named.computeIfAbsent(split, k -> new ArrayList<>()).add(child);
            }
        }
        boolean plain = named.values().stream().flatMap(List::stream).anyMatch(f -> SideNames.isPlain(f.name()));
        boolean strangers = others.stream().anyMatch(f -> f.total() > 0);
        if (named.isEmpty() || !plain && !named.containsKey(Split.TRAIN) && strangers) {
            refuseSidesAsClasses(classLike, named.isEmpty() && !strangers);
            return Map.of();
        }
        if (!plain && strangers) {
            throw new InputException(
                    ErrorCode.WRONG_KIND,
                    "%s holds %s, which look like sides of a data set by their names, and beside them %s: rename the sides to train, val and test, or move the other folders away; if all of them are classes, rename %s.",
                    root,
                    names(named.values().stream().flatMap(List::stream).toList()),
                    names(others.stream().filter(f -> f.total() > 0).toList()),
                    named.values().iterator().next().get(0).name());
        }
        return only(named, classLike, others);
    }

    private Map<Split, PhotoTree> only(
            Map<Split, List<PhotoTree>> named, List<PhotoTree> classLike, List<PhotoTree> others) {
        Map<Split, PhotoTree> sides = new EnumMap<>(Split.class);
        named.forEach((split, folders) -> {
            if (folders.size() > 1) {
                throw new InputException(
                        ErrorCode.WRONG_KIND,
                        "%s holds both %s and %s for the %s side: keep one of them.",
                        root,
                        folders.get(0).name(),
                        folders.get(1).name(),
                        ImageFolder.name(split));
            }
            sides.put(split, folders.get(0));
        });
        if (known == null && !sides.containsKey(Split.TRAIN)) {
            for (PhotoTree train : classLike) {
                if (SideNames.side(train.name()).orElseThrow() == Split.TRAIN) {
                    throw flat(train);
                }
            }
            throw new InputException(
                    ErrorCode.WRONG_KIND,
                    "%s holds a folder %s but no folder train: add it, or put the class folders directly below %s.",
                    root,
                    sides.values().iterator().next().name(),
                    root);
        }
        List<PhotoTree> unusual = sides.values().stream()
                .filter(f -> !SideNames.isPlain(f.name()))
                .toList();
        if (!unusual.isEmpty()) {
            cautions.add(sides.entrySet().stream()
                    .map(e -> e.getValue().name() + " is taken as the " + ImageFolder.name(e.getKey()) + " side")
                    .collect(Collectors.joining(", ", "", ".")));
        }
        for (PhotoTree flat : classLike) {
            cautions.add("The folder " + flat.name() + " holds " + count(flat.pictures(), "photo")
                    + " and no class folders: they are left out.");
            looseFiles(flat);
        }
        List<PhotoTree> left = others.stream().filter(f -> f.total() > 0).toList();
        if (!others.isEmpty()) {
            (left.isEmpty() ? notes : cautions)
                    .add("Folders beside train, val and test are left out: " + names(left.isEmpty() ? others : left)
                            + ".");
        }
        return sides;
    }

    /** A class of trains, and one of tests: folders that hold photos directly. */
    private void refuseSidesAsClasses(List<PhotoTree> classLike, boolean all) {
        for (PhotoTree side : classLike) {
            if (all || SideNames.isPlain(side.name())) {
                throw flat(side);
            }
            cautions.add(
                    side.name() + " is taken as a class, since it holds photos and no folders: if it is a side of the"
                            + " data set, sort its photos into one folder per class.");
        }
    }

    private static InputException flat(PhotoTree side) {
        return new InputException(
                ErrorCode.WRONG_KIND,
                "%s holds %s and no class folders, and train, val and test are names of sides: if it is a class, rename the folder, such as to %s-class; if it is a side, sort its photos into one folder per class.",
                side.folder().path(),
                count(side.pictures(), "photo"),
                side.name());
    }

    private boolean sidesLieBelowClasses() {
        List<PhotoTree> filled = tree.filled();
        return filled.size() > 1
                && filled.stream()
                        .allMatch(f -> f.isOnlyAround()
                                && f.filled().stream()
                                        .allMatch(s -> SideNames.side(s.name()).isPresent()))
                && filled.stream()
                        .flatMap(f -> f.filled().stream())
                        .anyMatch(s -> SideNames.side(s.name()).orElseThrow() == Split.TRAIN);
    }

    private void readClassesAboveSides() {
        List<PhotoTree> classFolders = tree.filled();
        nameClasses(classFolders);
        Set<String> names = new TreeSet<>();
        for (PhotoTree classFolder : classFolders) {
            if (label(classFolder) < 0) {
                throw unknown(classFolder);
            }
            classFolder.folder().files().forEach(file -> add(file, label(classFolder), Split.TRAIN));
            for (PhotoTree side : classFolder.filled()) {
                Split split = SideNames.side(side.name()).orElseThrow();
                names.add(side.name());
                given.add(split);
                read(side, label(classFolder), split);
            }
        }
        cautions.add(
                "The folders " + String.join(", ", names) + " lie within the class folders: they are taken as sides.");
        checkTraining(tree, List.of());
    }

    /** Class folders are folders of folders, and the same ones: as if the classes were one level further down. */
    private void noteSameFolders() {
        List<PhotoTree> filled = tree.filled();
        if (filled.size() == 1 && filled.get(0).isOnlyAround()) {
            PhotoTree inner = innermost(filled.get(0));
            Path path = inner.folder().path();
            if (inner.isOnlyAround()) {
                cautions.add("All photos lie in the folders of " + path + " (" + names(inner.filled())
                        + "), and so the only class is " + filled.get(0).name()
                        + ": if those folders are classes or sides, give " + path + ".");
            }
            return;
        }
        Set<Set<String>> inside = filled.stream()
                .map(f -> f.filled().stream().map(s -> Names.loose(s.name())).collect(Collectors.toSet()))
                .collect(Collectors.toSet());
        if (filled.stream().allMatch(PhotoTree::isOnlyAround)
                && inside.size() == 1
                && inside.iterator().next().size() > 1) {
            cautions.add(
                    "The classes are " + names(filled)
                            + ", and each of these folders holds no photo of its own but the same folders, "
                            + names(filled.get(0).filled())
                            + ": if those are the classes, put them directly below the data folder, or below train, val and test.");
        }
    }

    /** Classes such as {@code a_train} and {@code a_test}, or {@code trainA} and {@code testA}. */
    private void noteNamesOfSides() {
        Map<Split, String> spoken = new EnumMap<>(Split.class);
        for (PhotoTree classFolder : tree.filled()) {
            SideNames.spokenOf(classFolder.name()).ifPresent(split -> spoken.putIfAbsent(split, classFolder.name()));
        }
        if (spoken.size() > 1 && spoken.containsKey(Split.TRAIN)) {
            cautions.add(
                    "The classes " + String.join(" and ", spoken.values())
                            + " look like sides of a data set by their names: if they are, arrange the photos as train/<class> and test/<class>.");
        }
    }

    /** The folder that classes or sides may lie in, where others are around it. */
    private static PhotoTree innermost(PhotoTree folder) {
        PhotoTree deep = folder;
        while (deep.isOnlyAround()
                && deep.filled().size() == 1
                && SideNames.side(deep.filled().get(0).name()).isEmpty()) {
            deep = deep.filled().get(0);
        }
        return deep;
    }

    private void readSide(Split split, PhotoTree folder) {
        int before = photos.size();
        readClasses(folder, split);
        looseFiles(folder);
        if (photos.size() == before) {
            given.remove(split);
            cautions.add("The folder " + folder.name() + " holds no image and counts as missing.");
        }
    }

    private void readClasses(PhotoTree folder, Split split) {
        if (split == Split.TRAIN) {
            nameClasses(folder.folders());
        }
        List<String> empty = new ArrayList<>();
        for (PhotoTree classFolder : folder.folders()) {
            int label = label(classFolder);
            int before = photos.size();
            read(classFolder, Math.max(0, label), split);
            if (photos.size() == before) {
                empty.add(classFolder.folder().name());
            } else if (label < 0) {
                throw unknown(classFolder);
            }
        }
        ownOutput(folder);
        if (split == Split.TRAIN) {
            checkTraining(folder, empty);
        }
    }

    private InputException unknown(PhotoTree classFolder) {
        List<String> like = classes.stream()
                .filter(name -> Names.loose(name).equals(Names.loose(classFolder.name())))
                .toList();
        if (known != null) {
            return new InputException(
                    ErrorCode.MISMATCH,
                    "The folder %s holds photos and is none of the classes that are known, %s%s%s",
                    classFolder.folder().path(),
                    known.stream().limit(MOST_KNOWN).collect(Collectors.joining(", ")),
                    known.size() > MOST_KNOWN ? ", ..." : "",
                    like.isEmpty()
                            ? holdsTheDataSet(classFolder)
                                    ? ": give that folder."
                                    : ": name the class folders as in training, or take it away."
                            : ": rename it to '" + like.get(0) + "'.");
        }
        return new InputException(
                ErrorCode.MISMATCH,
                "The class folder %s has no counterpart in the train folder%s",
                classFolder.folder().path(),
                like.isEmpty()
                        ? ": add training photos of it, or remove or rename it."
                        : ", where '" + like.get(0) + "' differs from it in case or blanks only: rename one of them.");
    }

    /** Whether a folder that is no class holds folders of classes that are known, or sides. */
    private boolean holdsTheDataSet(PhotoTree folder) {
        return folder.isOnlyAround()
                && folder.filled().stream()
                        .allMatch(f -> classes.contains(f.name())
                                || SideNames.side(f.name()).isPresent());
    }

    /** In the order of their names in NFC; folders whose names are the same then are one class. */
    private void nameClasses(List<PhotoTree> folders) {
        if (known != null) {
            return;
        }
        Map<String, Set<String>> spellings = new TreeMap<>();
        Map<String, List<String>> onDisk = new TreeMap<>();
        for (PhotoTree folder : folders) {
            FileNames.requireText(folder.folder().path());
            spellings
                    .computeIfAbsent(Names.loose(folder.name()), k -> new TreeSet<>())
                    .add(folder.name());
            onDisk.computeIfAbsent(folder.name(), k -> new ArrayList<>())
                    .add(folder.folder().name());
        }
        classes.addAll(onDisk.keySet());
        onDisk.forEach((name, folderNames) -> {
            if (folderNames.size() > 1) {
                cautions.add(folderNames.size() + " folders are called " + name
                        + ", in different Unicode forms: they are one class.");
            }
        });
        spellings.values().stream()
                .filter(names -> names.size() > 1)
                .forEach(names -> cautions.add("The classes '"
                        + String.join("' and '", names)
                        + "' differ in case or blanks only: if they are one class, merge the folders."));
    }

    private int label(PhotoTree classFolder) {
        return classes.indexOf(classFolder.name());
    }

    private void checkTraining(PhotoTree folder, List<String> empty) {
        Path path = folder.folder().path();
        if (photos.isEmpty()) {
            List<ImageFolder.Skipped> unusable = unusable(path);
            if (!unusable.isEmpty()) {
                throw new InputException(
                        ErrorCode.TOO_FEW,
                        "None of the %s in %s can be used, the first is %s (%s).",
                        count(unusable.size(), "picture"),
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
                            : ", " + count(folder.pictures(), "photo") + (folder.pictures() == 1 ? " lies" : " lie")
                                    + " directly in it: it must hold");
        }
        if (lenient) {
            return;
        }
        boolean around = folder.filled().size() == 1 && folder.filled().get(0).isOnlyAround();
        if (!empty.isEmpty() && !around) {
            Path first = path.resolve(empty.get(0));
            List<ImageFolder.Skipped> unusable = unusable(first);
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
                        count(unusable.size(), "picture"),
                        unusable.get(0).relative(),
                        unusable.get(0).reason());
            }
            throw new InputException(
                    ErrorCode.TOO_FEW,
                    "The class folder %s has no image: add photos (jpg, png, bmp, gif, webp) or remove the folder.",
                    first);
        }
        if (classes.size() - empty.size() < 2) {
            PhotoTree only = folder.filled().get(0);
            PhotoTree deep = innermost(only);
            throw new InputException(
                    ErrorCode.TOO_FEW,
                    "%s holds a single class (%s): a classifier needs at least two class folders%s",
                    path,
                    only.name(),
                    deep.isOnlyAround()
                            ? ", and " + names(deep.filled()) + (deep.filled().size() == 1 ? " lies in " : " lie in ")
                                    + deep.folder().path()
                                    + (folder.equals(tree)
                                            ? ": give that folder."
                                            : ": move them up into " + path + ".")
                            : ".");
        }
    }

    /** Pictures in a folder that cannot be used, by now. */
    private List<ImageFolder.Skipped> unusable(Path folder) {
        String below = relative(folder) + "/";
        return skipped.stream()
                .filter(s -> s.image() && (folder.equals(root) || s.relative().startsWith(below)))
                .sorted(Comparator.comparing(ImageFolder.Skipped::relative))
                .toList();
    }

    /** Pictures that lie beside class folders. */
    private void looseFiles(PhotoTree folder) {
        for (FolderWalk.File file : folder.folder().files()) {
            if (OwnOutput.isHeatmap(file.name())) {
                skip(file.path(), "a heatmap of this program", false);
            } else if (ImageFiles.look(file.path()).picture()) {
                skip(file.path(), "not in a class folder", true);
            }
        }
    }

    private void ownOutput(PhotoTree folder) {
        folder.own().forEach(own -> skip(own.folder().path(), own.kind() + ", which this program has written", false));
    }

    private void passedOver() {
        for (FolderWalk.PassedOver p : walk.passedOver()) {
            String name = p.path().getFileName().toString();
            boolean lost =
                    switch (p.reason()) {
                        case LEADS_BACK, READ_ALREADY -> false;
                        // A link without an ending may have been one to a folder of photos.
                        case DEAD_LINK, UNREADABLE -> ImageFiles.looksLikePicture(name) || name.indexOf('.') < 0;
                        case SPECIAL -> ImageFiles.looksLikePicture(name);
                    };
            skip(p.path(), p.reason().words(), lost);
        }
    }

    private void read(PhotoTree folder, int label, Split split) {
        folder.folder().files().forEach(file -> add(file, label, split));
        folder.folders().forEach(inside -> read(inside, label, split));
        ownOutput(folder);
    }

    private void add(FolderWalk.File file, int label, Split split) {
        ImageFiles.Look look = ImageFiles.look(file.path());
        if (OwnOutput.isHeatmap(file.name())) {
            skip(file.path(), "a heatmap of this program", false);
        } else if (!look.photo()) {
            skip(file.path(), look.reason(), look.picture());
        } else if (file.size() == 0) {
            skip(file.path(), "empty file", true);
        } else if (!FileNames.isText(file.path()) && FileNames.areUnicode()) {
            skip(file.path(), "its name is not UTF-8", true);
        } else {
            FileNames.requireText(file.path());
            photos.add(new Photo(file.path(), relative(file.path()), label, split, null));
        }
    }

    private void skip(Path file, String reason, boolean image) {
        skipped.add(new ImageFolder.Skipped(relative(file), reason, image));
    }

    private String relative(Path file) {
        return root.relativize(file).toString().replace(root.getFileSystem().getSeparator(), "/");
    }

    private static String names(List<PhotoTree> folders) {
        String names = folders.stream().limit(MOST_NAMES).map(PhotoTree::name).collect(Collectors.joining(", "));
        return folders.size() > MOST_NAMES ? names + ", ..." : names;
    }

    private static String count(long n, String noun) {
        return n + " " + noun + (n == 1 ? "" : "s");
    }
}
