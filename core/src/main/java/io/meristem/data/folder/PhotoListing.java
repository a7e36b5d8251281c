package io.meristem.data.folder;

import io.meristem.FileNames;
import io.meristem.FolderWalk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The photos of a data folder, and what of it was passed over and why. */
final class PhotoListing {

    private final Path root;
    private final List<Photo> photos = new ArrayList<>();
    private final List<ImageFolder.Skipped> skipped = new ArrayList<>();

    PhotoListing(Path root) {
        this.root = root;
    }

    int size() {
        return photos.size();
    }

    /** Sorted by side and relative path. */
    List<Photo> photos() {
        return photos.stream().sorted(Photo.order()).toList();
    }

    /** Sorted by relative path. */
    List<ImageFolder.Skipped> skipped() {
        return skipped.stream()
                .sorted(Comparator.comparing(ImageFolder.Skipped::relative))
                .toList();
    }

    /** Takes all photos of a folder and below. */
    void read(PhotoTree folder, int label, Split split) {
        folder.folder().files().forEach(file -> add(file, label, split));
        folder.folders().forEach(inside -> read(inside, label, split));
        ownOutput(folder);
    }

    void add(FolderWalk.File file, int label, Split split) {
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

    /** Pictures that lie beside class folders. */
    void looseFiles(PhotoTree folder) {
        for (FolderWalk.File file : folder.folder().files()) {
            if (OwnOutput.isHeatmap(file.name())) {
                skip(file.path(), "a heatmap of this program", false);
            } else if (ImageFiles.look(file.path()).picture()) {
                skip(file.path(), "not in a class folder", true);
            }
        }
    }

    /** Folders of our own output in this one. */
    void ownOutput(PhotoTree folder) {
        folder.own().forEach(own -> skip(own.folder().path(), own.kind() + ", which this program has written", false));
    }

    /** What could not be walked through. */
    void passedOver(FolderWalk walk) {
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

    /** Pictures in a folder that cannot be used, by now. */
    List<ImageFolder.Skipped> unusable(Path folder) {
        String below = relative(folder) + "/";
        return skipped.stream()
                .filter(s -> s.image() && (folder.equals(root) || s.relative().startsWith(below)))
                .sorted(Comparator.comparing(ImageFolder.Skipped::relative))
                .toList();
    }

    private void skip(Path file, String reason, boolean image) {
        skipped.add(new ImageFolder.Skipped(relative(file), reason, image));
    }

    private String relative(Path file) {
        return root.relativize(file).toString().replace(root.getFileSystem().getSeparator(), "/");
    }
}
