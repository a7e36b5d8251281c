package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.data.folder.ImageFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The photos that a command line names: files, folders, patterns, or {@value #STDIN} for a list on standard input.
 *
 * @param known those named by other means than standard input
 * @param listed whether more of them come on standard input, after these
 * @param notes a sentence for each name that stands for nothing, beside others that do, and about links and the like in the folders that were searched
 */
record PhotoPaths(List<Path> known, boolean listed, List<String> notes) {

    static final String STDIN = "-";

    /**
     * A file that is not there is among them where others are named too: it gets its own answer, and the others theirs.
     *
     * @throws InputException when no name stands for anything
     */
    static PhotoPaths of(List<String> names) {
        List<Path> files = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        InputException first = null;
        for (String name : names) {
            if (name.equals(STDIN)) {
                continue;
            }
            Path path = path(name);
            if (path != null && names.size() > 1 && !Files.exists(path) && !ImageFiles.isPattern(name)) {
                files.add(path);
                continue;
            }
            try {
                ImageFiles.Found found = files(name, path);
                files.addAll(found.photos());
                notes.addAll(found.passedOver());
            } catch (InputException e) {
                notes.add(OptionNames.PLAIN.text(e.sentence()));
                first = first == null ? e : first;
            }
        }
        boolean listed = names.contains(STDIN);
        if (files.isEmpty() && !listed && first != null) {
            throw first;
        }
        return new PhotoPaths(files, listed, notes);
    }

    private static ImageFiles.Found files(String name, Path path) {
        if (path != null && Files.isDirectory(path)) {
            ImageFiles.Found inside = ImageFiles.find(path);
            if (inside.photos().isEmpty()) {
                throw new InputException(
                        ErrorCode.TOO_FEW,
                        "There are no photos in %s: give a folder with %s files.",
                        name,
                        ImageFiles.FORMATS);
            }
            return inside;
        }
        if (path != null && Files.exists(path)) {
            return new ImageFiles.Found(List.of(path), List.of());
        }
        if (ImageFiles.isPattern(name)) {
            ImageFiles.Found matching = ImageFiles.findMatching(name);
            if (matching.photos().isEmpty()) {
                throw new InputException(
                        ErrorCode.NOT_FOUND, "No photo matches %s: check the pattern; ** crosses folders.", name);
            }
            return matching;
        }
        throw new InputException(ErrorCode.NOT_FOUND, "There is no photo %s: check the path.", name);
    }

    /** Null where the system allows no such name, as Windows allows no pattern. */
    private static Path path(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            return null;
        }
    }

    private static String line(BufferedReader list) {
        try {
            return list.readLine();
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static InputException unreadable(IOException e) {
        String reason =
                e instanceof CharacterCodingException ? "it is no text in " + "UTF-8 or UTF-16" : e.getMessage();
        return new InputException(
                ErrorCode.NOT_READABLE,
                e,
                "The list on standard input cannot be read (%s): give one path a line.",
                reason);
    }

    /** As other programs write lists: UTF-16 and a byte order mark are known by the first bytes, which are waited for. */
    private static BufferedReader open(InputStream in) {
        try {
            return new BufferedReader(InputFiles.shortLines(InputFiles.text(in, StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static Path listed(String line) {
        try {
            return Path.of(line);
        } catch (InvalidPathException e) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    e,
                    "The list on standard input has a line that is no path: give one path a line.");
        }
    }

    /** All of them; those of standard input as they come. */
    Iterator<Path> iterator(InputStream in) {
        if (!listed) {
            return known.iterator();
        }
        BufferedReader[] list = new BufferedReader[1];
        Stream<Path> lines = Stream.generate(() -> {
                    list[0] = list[0] == null ? open(in) : list[0];
                    return line(list[0]);
                })
                .takeWhile(Objects::nonNull)
                .filter(line -> !line.isBlank())
                .map(PhotoPaths::listed);
        return Stream.concat(known.stream(), lines).iterator();
    }
}
