package io.meristem.data.check;

import io.meristem.InputException;
import io.meristem.data.ImageFolder;
import io.meristem.data.Photo;
import io.meristem.data.SplitOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A table of groups that lies in the data folder or beside it.
 *
 * @param csv the file
 * @param groups by relative path; photos of no group are left out
 */
record GroupTable(Path csv, Map<String, String> groups) {

    /** The name under which it is found. */
    static final String NAME = "manifest.csv";

    private static final SplitOptions WHOLE = SplitOptions.defaults().withFractions(0, 0);

    /** {@value #NAME} in the folder or beside it, if it has the columns {@code path} and {@code group} and names a group of any photo. */
    static Optional<GroupTable> find(Path folder) {
        Path root = folder.toAbsolutePath().normalize();
        Path beside = root.resolveSibling(NAME);
        for (Path csv : List.of(root.resolve(NAME), beside)) {
            if (Files.isRegularFile(csv)) {
                Optional<GroupTable> found = read(root, csv);
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<GroupTable> read(Path root, Path csv) {
        try {
            ImageFolder grouped = ImageFolder.scan(root, WHOLE.withGroups(csv, null, null));
            Map<String, String> groups = new HashMap<>();
            for (Photo photo : grouped.photos()) {
                if (photo.group() != null) {
                    groups.put(photo.relative(), photo.group());
                }
            }
            return Optional.of(new GroupTable(csv, groups));
        } catch (InputException e) {
            // Nobody has named this table: one that does not fit is not for us.
            return Optional.empty();
        }
    }

    Photo apply(Photo photo) {
        return new Photo(photo.file(), photo.relative(), photo.label(), photo.split(), groups.get(photo.relative()));
    }
}
