package io.meristem.job;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What heatmaps are called: {@code leaf.heatmap.jpg} for {@code leaf.jpg}, PNG for a PNG. Photos from several folders keep their folders below the nearest one that
 * they share. Where two photos would still be called the same, as {@code leaf.jpg} and {@code leaf.bmp} would, all of these keep their whole name:
 * {@code leaf.bmp.heatmap.jpg}.
 */
final class HeatmapNames {

    private static final String MARK = ".heatmap";

    private HeatmapNames() {}

    /** One relative path per photo, in order; the same photo twice has the same one. */
    static List<Path> of(List<Path> photos) {
        List<Path> whole =
                photos.stream().map(photo -> photo.toAbsolutePath().normalize()).toList();
        Path shared = null;
        for (Path photo : whole) {
            shared = shared == null ? photo.getParent() : shared(shared, photo.getParent());
        }
        Map<String, Path> owners = new HashMap<>();
        Map<String, Boolean> clashes = new HashMap<>();
        for (Path photo : whole) {
            String key = key(photo);
            Path owner = owners.putIfAbsent(key, photo);
            clashes.merge(key, owner != null && !owner.equals(photo), Boolean::logicalOr);
        }
        Path root = shared;
        return whole.stream()
                .map(photo -> relative(root, photo).resolveSibling(name(photo, clashes.get(key(photo)))))
                .toList();
    }

    private static Path shared(Path a, Path b) {
        Path shared = a;
        while (shared != null && !b.startsWith(shared)) {
            shared = shared.getParent();
        }
        return shared;
    }

    private static Path relative(Path shared, Path photo) {
        // Without a shared folder, as on two drives, the parts of the path below the root tell photos apart.
        return shared == null ? photo.subpath(0, photo.getNameCount()) : shared.relativize(photo);
    }

    /** File systems may not tell capitals apart. */
    private static String key(Path photo) {
        return photo.resolveSibling(name(photo, false)).toString().toLowerCase(Locale.ROOT);
    }

    private static String name(Path photo, boolean whole) {
        String name = photo.getFileName().toString();
        int dot = name.lastIndexOf('.');
        String ending = dot < 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
        String stem = whole || dot <= 0 ? name : name.substring(0, dot);
        return stem + MARK + (ending.equals("png") ? ".png" : ".jpg");
    }
}
