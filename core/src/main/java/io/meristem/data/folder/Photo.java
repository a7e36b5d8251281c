package io.meristem.data.folder;

import io.meristem.Names;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Objects;

/**
 * One image file of a data set.
 *
 * @param file where it lies
 * @param relative its path below the data folder, with {@code /} on every platform
 * @param label index of its class in {@link ImageFolder#classes()}
 * @param split the side it is on
 * @param group what it shares with photos that must stay on its side (a leaf, a plant, a field), or null when it stands alone
 */
public record Photo(Path file, String relative, int label, Split split, String group) {

    public Photo {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(relative, "relative");
        Objects.requireNonNull(split, "split");
        if (label < 0) {
            throw new IllegalArgumentException("label " + label + " is negative");
        }
    }

    /** By side and relative path, whatever Unicode form names have. */
    static Comparator<Photo> order() {
        return Comparator.comparing(Photo::split)
                .thenComparing(photo -> Names.nfc(photo.relative))
                .thenComparing(Photo::relative);
    }

    Photo on(Split side) {
        return new Photo(file, relative, label, side, group);
    }
}
