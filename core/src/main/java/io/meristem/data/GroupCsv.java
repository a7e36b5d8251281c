package io.meristem.data;

import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.Limit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A table that says which photos belong together. */
final class GroupCsv {

    static final String MANIFEST = "manifest.csv";

    private final Path csv;
    private final Map<Path, String> groups = new HashMap<>();
    private int rows;

    private GroupCsv(Path csv) {
        this.csv = csv;
    }

    /** Reads the columns named in the options; paths count from the data folder, or else from the table's own folder. */
    static GroupCsv read(SplitOptions options, Path root) {
        Path csv = options.groupCsv();
        if (!Files.isRegularFile(csv)) {
            throw new InputException("There is no file " + csv + ": check the path of the group table.");
        }
        GroupCsv table = new GroupCsv(csv);
        Path beside = csv.toAbsolutePath().normalize().getParent();
        CsvMapper mapper =
                CsvMapper.builder().enable(CsvParser.Feature.TRIM_SPACES).build();
        try (MappingIterator<Map<String, String>> lines = mapper.readerForMapOf(String.class)
                .with(CsvSchema.emptySchema().withHeader())
                .readValues(InputFiles.lines(csv))) {
            CsvSchema header = (CsvSchema) lines.getParserSchema();
            for (String column : List.of(options.pathColumn(), options.groupColumn())) {
                if (header.column(column) == null) {
                    throw new InputException(csv + " has no column " + column + ": its columns are "
                            + String.join(", ", header.getColumnNames()) + ".");
                }
            }
            while (lines.hasNext()) {
                Map<String, String> line = lines.next();
                table.add(line.get(options.pathColumn()), line.get(options.groupColumn()), root, beside);
            }
        } catch (IOException | RuntimeException e) {
            if (e instanceof InputException known) {
                throw known;
            }
            throw new InputException(
                    csv + " is no readable CSV file (" + firstLine(e.getMessage())
                            + "): give a table with a header line.",
                    e);
        }
        return table;
    }

    /** A table of the usual name and columns that gives a group to a photo of the folder. One that cannot be read is none: nobody has asked for it. */
    static Optional<Path> find(Path folder) {
        Path root = folder.toAbsolutePath().normalize();
        for (Path place : root.getParent() == null ? List.of(root) : List.of(root, root.getParent())) {
            Path csv = place.resolve(MANIFEST);
            if (Files.isRegularFile(csv) && knowsPhotosOf(root, csv)) {
                return Optional.of(csv);
            }
        }
        return Optional.empty();
    }

    private static boolean knowsPhotosOf(Path root, Path csv) {
        try {
            GroupCsv table = read(SplitOptions.defaults().withGroups(csv, null, null), root);
            return table.groups.keySet().stream().anyMatch(path -> path.startsWith(root) && Files.exists(path));
        } catch (InputException e) {
            return false;
        }
    }

    private void add(String path, String group, Path root, Path beside) {
        if (path == null || path.isBlank()) {
            return;
        }
        rows++;
        if (rows > Limit.TABLE_ROWS.value()) {
            throw new InputException(csv + " has more rows than " + Limit.TABLE_ROWS.words() + ": divide it.");
        }
        if (group == null || group.isBlank()) {
            return;
        }
        try {
            // A table may name files with either slash, whatever machine it was written on.
            String name = path.strip().replace('\\', '/');
            groups.putIfAbsent(root.resolve(name).normalize(), group.strip());
            groups.putIfAbsent(beside.resolve(name).normalize(), group.strip());
        } catch (InvalidPathException e) {
            throw new InputException(
                    csv + " names the path " + path + ", which this system cannot hold: mend that line.", e);
        }
    }

    /** The photos with their groups; says how many have one. */
    List<Photo> assign(List<Photo> photos, List<String> notes) {
        List<Photo> grouped = photos.stream()
                .map(p -> new Photo(p.file(), p.relative(), p.label(), p.split(), groups.get(p.file())))
                .collect(Collectors.toList());
        long known = grouped.stream().filter(p -> p.group() != null).count();
        if (known == 0) {
            throw new InputException(
                    "None of the " + rows + " rows of " + csv
                            + " gives a group to a photo of the data set: its paths must count from the data folder or from the table's folder.");
        }
        long count = grouped.stream()
                .map(Photo::group)
                .filter(g -> g != null)
                .distinct()
                .count();
        notes.add(known + " of " + photos.size() + " photos belong to " + count + " groups named in "
                + csv.getFileName() + "; the others stand alone.");
        return grouped;
    }

    private static String firstLine(String text) {
        return text == null ? "unknown error" : text.lines().findFirst().orElse("");
    }
}
