package io.meristem.data.folder;

import io.meristem.Names;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Layouts of folders that are possible, and seldom meant. */
final class LayoutDoubts {

    private LayoutDoubts() {}

    /** What makes one doubt that the class folders are the classes, a sentence each. */
    static List<String> of(PhotoTree tree) {
        return Stream.of(sameFolders(tree), namesOfSides(tree))
                .flatMap(Optional::stream)
                .toList();
    }

    /** Class folders are folders of folders, and the same ones: as if the classes were one level further down. */
    private static Optional<String> sameFolders(PhotoTree tree) {
        List<PhotoTree> filled = tree.filled();
        if (filled.size() == 1 && filled.get(0).isOnlyAround()) {
            PhotoTree inner = innermost(filled.get(0));
            Path path = inner.folder().path();
            if (inner.isOnlyAround()) {
                return Optional.of("All photos lie in the folders of " + path + " (" + FolderWords.names(inner.filled())
                        + "), and so the only class is " + filled.get(0).name()
                        + ": if those folders are classes or sides, give " + path + ".");
            }
            return Optional.empty();
        }
        Set<Set<String>> inside = filled.stream()
                .map(f -> f.filled().stream().map(s -> Names.loose(s.name())).collect(Collectors.toSet()))
                .collect(Collectors.toSet());
        if (filled.stream().allMatch(PhotoTree::isOnlyAround)
                && inside.size() == 1
                && inside.iterator().next().size() > 1) {
            return Optional.of(
                    "The classes are " + FolderWords.names(filled)
                            + ", and each of these folders holds no photo of its own but the same folders, "
                            + FolderWords.names(filled.get(0).filled())
                            + ": if those are the classes, put them directly below the data folder, or below train, val and test.");
        }
        return Optional.empty();
    }

    /** Classes such as {@code a_train} and {@code a_test}, or {@code trainA} and {@code testA}. */
    private static Optional<String> namesOfSides(PhotoTree tree) {
        Map<Split, String> spoken = new EnumMap<>(Split.class);
        for (PhotoTree classFolder : tree.filled()) {
            SideNames.spokenOf(classFolder.name()).ifPresent(split -> spoken.putIfAbsent(split, classFolder.name()));
        }
        if (spoken.size() > 1 && spoken.containsKey(Split.TRAIN)) {
            return Optional.of(
                    "The classes " + String.join(" and ", spoken.values())
                            + " look like sides of a data set by their names: if they are, arrange the photos as train/<class> and test/<class>.");
        }
        return Optional.empty();
    }

    /** The folder that classes or sides may lie in, where others are around it. */
    static PhotoTree innermost(PhotoTree folder) {
        PhotoTree deep = folder;
        while (deep.isOnlyAround()
                && deep.filled().size() == 1
                && SideNames.side(deep.filled().get(0).name()).isEmpty()) {
            deep = deep.filled().get(0);
        }
        return deep;
    }
}
