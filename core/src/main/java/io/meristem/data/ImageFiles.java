package io.meristem.data;

import io.meristem.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
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
}
