package io.meristem.data.folder;

import io.meristem.ErrorCode;
import io.meristem.Escape;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.InputTable;
import io.meristem.Message;
import io.meristem.Names;
import io.meristem.Setting;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/** A table that says which photos belong together. */
final class GroupCsv {

    static final String MANIFEST = "manifest.csv";

    private static final String STEM = "manifest.";

    /** In this order. */
    private static final List<String> ENDINGS = List.of("csv", "tsv", "xlsx", "xls", "ods");

    /** So many of them are tables of text. */
    private static final int TABLES = 2;

    private static final Message MEND = Message.of(
            ": give another %s, name its columns (%s, %s), or do without one (%s).",
            Setting.GROUPS, Setting.PATH_COLUMN, Setting.GROUP_COLUMN, Setting.NO_GROUPS);

    private final Path csv;
    private final Path root;
    private final Path beside;

    /** By paths in NFC: first those that count from the data folder, then those from the table's folder. */
    private final List<Map<String, String>> groups = List.of(new HashMap<>(), new HashMap<>());

    private int rows;

    /** Paths in it with a group, each counted once. */
    private int named;

    private String firstPath = "";

    private GroupCsv(Path csv, Path root) {
        this.csv = csv;
        this.root = root;
        this.beside = csv.toAbsolutePath().normalize().getParent();
    }

    /** Reads the columns named in the options; paths count from the data folder, or else from the table's own folder. */
    static GroupCsv read(SplitOptions options, Path root) {
        Path csv = options.groupCsv();
        if (!Files.exists(csv)) {
            throw new InputException(
                    ErrorCode.NOT_FOUND, "There is no file %s: check the path of the group table.", csv);
        }
        GroupCsv groups = new GroupCsv(csv, root);
        try (InputTable table = InputTable.open(csv)) {
            int path = groups.column(table, options.pathColumn());
            int group = groups.column(table, options.groupColumn());
            for (String[] row = table.next(); row != null; row = table.next()) {
                groups.add(row[path], row[group], table.row());
            }
        } catch (IOException e) {
            throw unreadable(csv, e);
        }
        return groups;
    }

    private static InputException unreadable(Path csv, IOException e) {
        return new InputException(
                ErrorCode.DAMAGED_FILE,
                e,
                "%s is no readable CSV file (%s): give a table with a header line.",
                csv,
                InputFiles.reason(e));
    }

    private int column(InputTable table, String name) throws IOException {
        int column = table.column(name);
        if (column < 0) {
            throw new InputException(
                    ErrorCode.UNKNOWN_NAME,
                    "%s has no column %s: its columns are %s; name two of them (%s, %s).",
                    csv,
                    name,
                    String.join(", ", table.columns()),
                    Setting.PATH_COLUMN,
                    Setting.GROUP_COLUMN);
        }
        return column;
    }

    /**
     * What a {@value #MANIFEST} that lies in the data folder or beside it is to a training for which nobody has named a table.
     *
     * @param csv the table, which may not be there
     * @param fits whether it gives a group to a photo of the folder
     * @param about that it does not, and what it is in place of that; null where it fits
     */
    record Manifest(Path csv, boolean fits, String about) {}

    /**
     * Looks for a manifest.
     *
     * @throws InputException when one in the folder seems to be a table of groups and cannot be used as such: without it photos of one group would be parted
     */
    static Optional<Manifest> find(Path folder) {
        Path root = folder.toAbsolutePath().normalize();
        Manifest other = null;
        for (Path place : root.getParent() == null ? List.of(root) : List.of(root, root.getParent())) {
            for (Path csv : manifests(place)) {
                Manifest manifest = look(csv, root);
                if (manifest.fits) {
                    return Optional.of(manifest);
                }
                other = other == null ? manifest : other;
            }
        }
        return Optional.ofNullable(other);
    }

    /** {@value #MANIFEST} in any case, then what else may have been meant by it; also where it is no file. */
    private static List<Path> manifests(Path folder) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries =
                Files.newDirectoryStream(folder, entry -> rank(entry) < ENDINGS.size() && !Files.isDirectory(entry))) {
            entries.forEach(found::add);
        } catch (IOException | DirectoryIteratorException e) {
            return Files.exists(folder.resolve(MANIFEST)) ? List.of(folder.resolve(MANIFEST)) : List.of();
        }
        found.sort(Comparator.<Path>comparingInt(file -> rank(file)).thenComparing(file -> file));
        return found;
    }

    /** Where the file's ending is in the list, beyond its end for other files. */
    private static int rank(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        int rank = name.startsWith(STEM) ? ENDINGS.indexOf(name.substring(STEM.length())) : -1;
        return rank < 0 ? ENDINGS.size() : rank;
    }

    /** A sentence about a manifest in the folder or beside it, of a data set that is divided without it. */
    static Optional<String> unused(Path root) {
        try {
            return find(root)
                    .map(manifest -> manifest.fits
                            ? manifest.csv
                                    + " says which photos belong together and is not used: photos of one group may be on two sides."
                            : manifest.csv + " " + manifest.about + " and is not used.");
        } catch (InputException e) {
            return Optional.of(e.getMessage().replace(MEND.text(), "").replaceFirst("\\.$", "")
                    + "; it is not used, so photos of one group may be on two sides.");
        }
    }

    private static Manifest look(Path csv, Path root) {
        boolean inside = csv.startsWith(root);
        if (rank(csv) >= TABLES) {
            return new Manifest(
                    csv, false, "is a workbook (save it as " + MANIFEST + " to have its groups kept together)");
        }
        try (InputTable table = InputTable.open(csv)) {
            if (table.column("path") < 0 || table.column("group") < 0) {
                String columns = String.join(", ", table.columns());
                if (inside && table.columns().stream().anyMatch(GroupCsv::speaksOfGroups)) {
                    throw unusable(
                            ErrorCode.WRONG_KIND,
                            null,
                            Message.of(
                                    "%s seems to say which photos belong together, but has no columns path and group (its columns are %s)",
                                    csv, columns));
                }
                return new Manifest(csv, false, "is no table of groups (its columns are " + columns + ")");
            }
        } catch (IOException e) {
            if (inside) {
                throw unusable(
                        ErrorCode.DAMAGED_FILE,
                        e,
                        Message.of("%s cannot be read as a table of groups (%s)", csv, InputFiles.reason(e)));
            }
            return new Manifest(csv, false, "cannot be read as a table of groups (" + InputFiles.reason(e) + ")");
        }
        GroupCsv groups = read(SplitOptions.defaults().withGroups(csv, null, null), root);
        if (groups.groups.stream().allMatch(Map::isEmpty)) {
            return new Manifest(csv, false, "names no groups");
        }
        if (groups.groups.stream().anyMatch(map -> map.keySet().stream().anyMatch(p -> groups.isPhoto(p)))) {
            return new Manifest(csv, true, null);
        }
        if (inside) {
            throw unusable(
                    ErrorCode.MISMATCH,
                    null,
                    Message.of(
                            "None of the %s rows of %s names a photo of the folder: its paths must count from there",
                            groups.rows, csv));
        }
        return new Manifest(csv, false, "names no photo of the folder");
    }

    private static InputException unusable(ErrorCode code, IOException cause, Message what) {
        return new InputException(code, cause, "%s%s", what, MEND);
    }

    private static boolean speaksOfGroups(String column) {
        return column.toLowerCase(Locale.ROOT).contains("group");
    }

    /** @param key of a file, whose name on disk may be in another Unicode form */
    private boolean isPhoto(String key) {
        String folder = key(root) + root.getFileSystem().getSeparator();
        if (!key.startsWith(folder)) {
            return false;
        }
        return Files.exists(Names.below(root, key.substring(folder.length())));
    }

    private void add(String path, String group, int row) {
        if (path.isEmpty()) {
            return;
        }
        firstPath = rows == 0 ? path : firstPath;
        rows++;
        if (group.isEmpty()) {
            return;
        }
        try {
            // A table may name files with either slash, whatever machine it was written on.
            // A table of 'data check --groups-out' has them as cells, too.
            if (!groups.get(0).containsKey(key(root.resolve(path.replace('\\', '/'))))) {
                named++;
            }
            for (String written : new LinkedHashSet<>(List.of(path, Escape.fromCell(path)))) {
                String name = written.replace('\\', '/');
                put(groups.get(0), root.resolve(name), group, path, row);
                put(groups.get(1), beside.resolve(name), group, path, row);
            }
        } catch (InvalidPathException e) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    e,
                    "%s names the path %s, which this system cannot hold: mend row %s.",
                    csv,
                    path,
                    row);
        }
    }

    private void put(Map<String, String> map, Path file, String group, String path, int row) {
        String before = map.putIfAbsent(key(file), Names.nfc(group));
        if (before != null && !before.equals(Names.nfc(group))) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    "%s gives %s two groups, %s and, in row %s, %s: keep one of them.",
                    csv,
                    path,
                    before,
                    row,
                    group);
        }
    }

    private static String key(Path file) {
        return Names.nfc(file.normalize().toString());
    }

    private String group(Photo photo) {
        String key = key(photo.file());
        return groups.stream()
                .map(map -> map.get(key))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    private static String unknown(long paths) {
        return paths <= 0
                ? ""
                : paths == 1
                        ? " 1 path in the table names no photo of the data set."
                        : " " + paths + " paths in the table name no photo of the data set.";
    }

    /** The photos with their groups; says how many have one. */
    List<Photo> assign(List<Photo> photos, List<String> notes) {
        List<Photo> grouped = photos.stream()
                .map(p -> new Photo(p.file(), p.relative(), p.label(), p.split(), group(p)))
                .collect(Collectors.toList());
        long known = grouped.stream().filter(p -> p.group() != null).count();
        if (known == 0) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "None of the %s rows of %s gives a group to a photo of the data set: its paths, such as %s, must count from the data folder or from the table's folder.",
                    rows,
                    csv,
                    firstPath);
        }
        long count = grouped.stream()
                .map(Photo::group)
                .filter(g -> g != null)
                .distinct()
                .count();
        notes.add(known + " of " + photos.size() + " photos belong to " + count + " groups named in "
                + csv.getFileName() + "; the others stand alone."
                + unknown(named - known));
        return grouped;
    }
}
