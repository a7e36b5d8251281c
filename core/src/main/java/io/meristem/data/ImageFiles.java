package io.meristem.data;

import io.meristem.FileNames;
import io.meristem.InputException;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.PatternSyntaxException;

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
        try {
            return photos(folder, Integer.MAX_VALUE, file -> true);
        } catch (IOException e) {
            throw new InputException(
                    "The folder " + folder + " cannot be read (" + e.getMessage() + "): check its permissions.", e);
        }
    }

    /** Links are followed; one that leads back to a folder around it, or nowhere, is passed over. */
    private static List<Path> photos(Path folder, int levels, PathMatcher wanted) throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), levels, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                String name = file.getFileName().toString();
                if (attributes.isRegularFile() && isPhoto(name) && !name.startsWith(".") && wanted.matches(file)) {
                    if (!FileNames.areUnicode()) {
                        FileNames.requireText(file);
                    }
                    found.add(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof FileSystemLoopException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }
        });
        Collections.sort(found);
        return List.copyOf(found);
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
        try {
            return photos(base, levels, FileSystems.getDefault().getPathMatcher("glob:" + pattern));
        } catch (PatternSyntaxException e) {
            throw new InputException(
                    "The pattern " + pattern + " cannot be understood (" + e.getDescription()
                            + "): mend it, or name a folder.",
                    e);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new InputException(
                    "The folder " + base + " cannot be read (" + e.getMessage() + "): check its permissions.", e);
        }
    }
}
