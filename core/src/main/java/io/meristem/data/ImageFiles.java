package io.meristem.data;

import io.meristem.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/** Which files are photos, by name. */
public final class ImageFiles {

    /** For people. */
    public static final String FORMATS = "JPEG, PNG, BMP, GIF or WebP";

    private static final Set<String> EXTENSIONS = Set.of("jpg", "jpeg", "png", "bmp", "gif", "webp");

    private ImageFiles() {}

    /** Whether the name's ending is one of a photo format, in any case. */
    public static boolean isPhoto(String fileName) {
        int dot = fileName.lastIndexOf('.');
        return dot >= 0 && isExtension(fileName.substring(dot + 1).toLowerCase(Locale.ROOT));
    }

    /** @param extension in lower case, without the dot */
    static boolean isExtension(String extension) {
        return EXTENSIONS.contains(extension);
    }

    /** All photos in a folder and its sub-folders, sorted by path; hidden files are left out. */
    public static List<Path> below(Path folder) {
        try (Stream<Path> walk = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            return walk.filter(Files::isRegularFile)
                    .filter(file -> isPhoto(file.getFileName().toString()))
                    .filter(file -> !file.getFileName().toString().startsWith("."))
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw new InputException(
                    "The folder " + folder + " cannot be read (" + e.getMessage() + "): check its permissions.", e);
        }
    }

    /** Whether a name has a wildcard in it. */
    public static boolean isPattern(String name) {
        return name.chars().anyMatch(c -> "*?[{".indexOf(c) >= 0);
    }

    /**
     * The photos whose paths a pattern describes, sorted by path: {@code *}, {@code ?}, {@code [abc]} and {@code {a,b}} within a name, {@code **}
     * across folders. Hidden files are left out.
     *
     * @throws InputException when the pattern cannot be understood or a folder not be read
     */
    public static List<Path> matching(String pattern) {
        Path base = Path.of("");
        int depth = 0;
        for (String part : pattern.split("/", -1)) {
            if (depth > 0 || isPattern(part)) {
                depth++;
            } else {
                base = part.isEmpty() ? Path.of("/") : base.resolve(part);
            }
        }
        int levels = pattern.contains("**") || pattern.contains("{") ? Integer.MAX_VALUE : depth;
        try (Stream<Path> walk = Files.walk(base, levels, FileVisitOption.FOLLOW_LINKS)) {
            PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
            return walk.filter(matcher::matches)
                    .filter(Files::isRegularFile)
                    .filter(file -> isPhoto(file.getFileName().toString()))
                    .filter(file -> !file.getFileName().toString().startsWith("."))
                    .sorted()
                    .toList();
        } catch (PatternSyntaxException e) {
            throw new InputException(
                    "The pattern " + pattern + " cannot be understood (" + e.getDescription()
                            + "): mend it, or name a folder.",
                    e);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException | UncheckedIOException e) {
            throw new InputException(
                    "The folder " + base + " cannot be read (" + e.getMessage() + "): check its permissions.", e);
        }
    }
}
