package io.meristem.data;

import io.meristem.FileNames;
import io.meristem.FolderWalk;
import io.meristem.InputException;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.PatternSyntaxException;

/** Which files are photos, by name. */
public final class ImageFiles {

    /** For people. */
    public static final String FORMATS = "JPEG, PNG, BMP, GIF or WebP";

    private static final Set<String> EXTENSIONS = Set.of("jpg", "jpeg", "png", "bmp", "gif", "webp");

    /** Beside names that begin with a dot. */
    private static final Set<String> SYSTEM =
            Set.of("__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found");

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

    /** Whether the name is one of those that systems and programs keep beside photos for themselves: thumbnails and the like. */
    static boolean isHidden(String name) {
        return name.startsWith(".") || SYSTEM.contains(name);
    }

    /**
     * Photos that were looked for.
     *
     * @param photos sorted by path
     * @param passedOver sentences about what else might have been one
     */
    public record Found(List<Path> photos, List<String> passedOver) {}

    /** All photos in a folder and its sub-folders, sorted by path; hidden files and folders are left out. */
    public static List<Path> below(Path folder) {
        return find(folder).photos();
    }

    /** The same, and what was passed over. */
    public static Found find(Path folder) {
        try {
            return photos(folder, Integer.MAX_VALUE, file -> true);
        } catch (IOException e) {
            throw new InputException(
                    "The folder " + folder + " cannot be read (" + e.getMessage() + "): check its permissions.", e);
        }
    }

    private static Found photos(Path folder, int levels, PathMatcher wanted) throws IOException {
        FolderWalk walk = FolderWalk.of(folder, ImageFiles::isHidden, levels);
        List<Path> found = new ArrayList<>();
        List<Path> heatmaps = new ArrayList<>();
        collect(walk.root(), wanted, found, heatmaps);
        Collections.sort(found);
        List<String> passedOver = new ArrayList<>();
        Map<FolderWalk.Reason, List<Path>> reasons = new EnumMap<>(FolderWalk.Reason.class);
        walk.passedOver().forEach(p -> reasons.computeIfAbsent(p.reason(), k -> new ArrayList<>())
                .add(p.path()));
        reasons.forEach((reason, paths) -> passedOver.add(about(paths, reason.words())));
        if (!heatmaps.isEmpty()) {
            passedOver.add(about(heatmaps, "a heatmap of this program"));
        }
        return new Found(List.copyOf(found), List.copyOf(passedOver));
    }

    private static String about(List<Path> paths, String reason) {
        return paths.size() == 1
                ? "Passed over " + paths.get(0) + ": " + reason + "."
                : "Passed over " + paths.size() + " entries such as " + paths.get(0) + ": " + reason + ".";
    }

    private static void collect(FolderWalk.Folder folder, PathMatcher wanted, List<Path> found, List<Path> heatmaps) {
        for (FolderWalk.File file : folder.files()) {
            if (isPhoto(file.name()) && wanted.matches(file.path())) {
                if (!FileNames.areUnicode()) {
                    FileNames.requireText(file.path());
                }
                (OwnOutput.isHeatmap(file.name()) ? heatmaps : found).add(file.path());
            }
        }
        folder.folders().forEach(inside -> collect(inside, wanted, found, heatmaps));
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
        return findMatching(pattern).photos();
    }

    /** The same, and what was passed over. */
    public static Found findMatching(String pattern) {
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
            return new Found(List.of(), List.of());
        } catch (IOException e) {
            throw new InputException(
                    "The folder " + base + " cannot be read (" + e.getMessage() + "): check its permissions.", e);
        }
    }
}
