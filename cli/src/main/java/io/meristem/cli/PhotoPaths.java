package io.meristem.cli;

import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.data.ImageFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
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
 */
record PhotoPaths(List<Path> known, boolean listed) {

    static final String STDIN = "-";

    /** @throws InputException when a name stands for nothing */
    static PhotoPaths of(List<String> names) {
        List<Path> files = new ArrayList<>();
        for (String name : names) {
            if (!name.equals(STDIN)) {
                files.addAll(files(name));
            }
        }
        return new PhotoPaths(files, names.contains(STDIN));
    }

    private static List<Path> files(String name) {
        Path path = path(name);
        if (path != null && Files.isDirectory(path)) {
            List<Path> inside = ImageFiles.below(path);
            if (inside.isEmpty()) {
                throw new InputException(
                        "There are no photos in " + name + ": give a folder with " + ImageFiles.FORMATS + " files.");
            }
            return inside;
        }
        if (path != null && Files.exists(path)) {
            return List.of(path);
        }
        if (ImageFiles.isPattern(name)) {
            List<Path> matching = ImageFiles.matching(name);
            if (matching.isEmpty()) {
                throw new InputException("No photo matches " + name + ": check the pattern; ** crosses folders.");
            }
            return matching;
        }
        throw new InputException("There is no photo " + name + ": check the path.");
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
            throw new InputException(
                    "The list on standard input cannot be read (" + e.getMessage() + "): give one path a line.", e);
        }
    }

    private static Path listed(String line) {
        try {
            return Path.of(line);
        } catch (InvalidPathException e) {
            throw new InputException("The list on standard input has a line that is no path: give one path a line.", e);
        }
    }

    /** All of them; those of standard input as they come. */
    Iterator<Path> iterator(InputStream in) {
        if (!listed) {
            return known.iterator();
        }
        BufferedReader list =
                new BufferedReader(InputFiles.shortLines(new InputStreamReader(in, StandardCharsets.UTF_8)));
        Stream<Path> lines = Stream.generate(() -> line(list))
                .takeWhile(Objects::nonNull)
                .filter(line -> !line.isBlank())
                .map(PhotoPaths::listed);
        return Stream.concat(known.stream(), lines).iterator();
    }
}
