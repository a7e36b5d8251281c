package io.meristem.data.folder;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Which folders of a data folder are its sides: {@code train}, {@code val}, {@code test}, under the many names that people give them. */
final class SideFolders {

    private final Path root;
    private final PhotoTree tree;
    private final List<String> known;
    private final Map<Split, PhotoTree> sides = new EnumMap<>(Split.class);
    private final List<PhotoTree> flatFolders = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final List<String> cautions = new ArrayList<>();

    private SideFolders(Path root, PhotoTree tree, List<String> known) {
        this.root = root;
        this.tree = tree;
        this.known = known;
    }

    /**
     * Looks for sides among the folders of a data folder.
     *
     * @param known classes of a network that is to be judged, or null
     * @throws InputException where it cannot be told what is a side and what a class
     */
    static SideFolders of(Path root, PhotoTree tree, List<String> known) {
        SideFolders found = new SideFolders(root, tree, known);
        found.find();
        return found;
    }

    /** Empty where the classes lie directly below the root. */
    Map<Split, PhotoTree> sides() {
        return sides;
    }

    /** Folders with the name of a side that hold photos and no class folders; they are left out. */
    List<PhotoTree> flatFolders() {
        return flatFolders;
    }

    List<String> notes() {
        return notes;
    }

    /** What may be a mistake. */
    List<String> cautions() {
        return cautions;
    }

    private void find() {
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
            return;
        }
        if (!plain && strangers) {
            throw new InputException(
                    ErrorCode.WRONG_KIND,
                    "%s holds %s, which look like sides of a data set by their names, and beside them %s: rename the sides to train, val and test, or move the other folders away; if all of them are classes, rename %s.",
                    root,
                    FolderWords.names(
                            named.values().stream().flatMap(List::stream).toList()),
                    FolderWords.names(others.stream().filter(f -> f.total() > 0).toList()),
                    named.values().iterator().next().get(0).name());
        }
        take(named, classLike, others);
    }

    private void take(Map<Split, List<PhotoTree>> named, List<PhotoTree> classLike, List<PhotoTree> others) {
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
            cautions.add("The folder " + flat.name() + " holds " + FolderWords.count(flat.pictures(), "photo")
                    + " and no class folders: they are left out.");
            flatFolders.add(flat);
        }
        List<PhotoTree> left = others.stream().filter(f -> f.total() > 0).toList();
        if (!others.isEmpty()) {
            (left.isEmpty() ? notes : cautions)
                    .add("Folders beside train, val and test are left out: "
                            + FolderWords.names(left.isEmpty() ? others : left) + ".");
        }
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
                FolderWords.count(side.pictures(), "photo"),
                side.name());
    }

    /** Whether the sides are folders within the class folders. */
    static boolean areBelowClasses(PhotoTree tree) {
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
}
