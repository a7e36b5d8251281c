package io.meristem.data.folder;

import io.meristem.FolderWalk;
import io.meristem.Names;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A folder as a data set sees it.
 *
 * @param name in NFC
 * @param folders within it, but for those of our own output
 * @param own folders in it that hold our own output, with what it is
 * @param pictures that lie directly in it
 * @param total pictures in it and below
 * @param output whether it holds nothing but our own output
 */
record PhotoTree(
        FolderWalk.Folder folder,
        String name,
        List<PhotoTree> folders,
        List<Own> own,
        int pictures,
        long total,
        boolean output) {

    /** A folder of our own output. */
    record Own(FolderWalk.Folder folder, String kind) {}

    static PhotoTree of(FolderWalk.Folder folder) {
        long pictures = folder.files().stream()
                .filter(f -> !OwnOutput.isHeatmap(f.name()) && ImageFiles.isPhoto(f.path()))
                .count();
        boolean heatmaps = folder.files().stream().anyMatch(f -> OwnOutput.isHeatmap(f.name()));
        List<PhotoTree> folders = new java.util.ArrayList<>();
        List<Own> own = new java.util.ArrayList<>();
        for (FolderWalk.Folder child : folder.folders()) {
            PhotoTree tree = of(child);
            String kind = tree.kind();
            if (kind == null) {
                folders.add(tree);
            } else {
                own.add(new Own(child, kind));
            }
        }
        long total = pictures + folders.stream().mapToLong(PhotoTree::total).sum();
        boolean output = total == 0 && (heatmaps || !own.isEmpty());
        return new PhotoTree(
                folder,
                Names.nfc(folder.name()),
                List.copyOf(folders),
                List.copyOf(own),
                (int) pictures,
                total,
                output);
    }

    /** What of ours this folder is; null when it is none of ours. */
    String kind() {
        if (total > 0) {
            return null;
        }
        Set<String> names = Stream.concat(
                        folder.files().stream().map(FolderWalk.File::name),
                        folder.folders().stream().map(FolderWalk.Folder::name))
                .collect(Collectors.toSet());
        return OwnOutput.kind(names).orElse(output ? "output of this program" : null);
    }

    /** Those of its folders that have pictures in them. */
    List<PhotoTree> filled() {
        return folders.stream().filter(f -> f.total > 0).toList();
    }

    /** Whether pictures lie in its folders only. */
    boolean isOnlyAround() {
        return pictures == 0 && total > 0;
    }
}
