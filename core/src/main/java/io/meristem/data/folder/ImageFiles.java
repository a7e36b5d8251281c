package io.meristem.data.folder;

import io.meristem.ErrorCode;
import io.meristem.FileNames;
import io.meristem.FolderWalk;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.data.image.PhotoFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
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

/** Which files are photos: by their names, and where those do not say it, by their first bytes. */
public final class ImageFiles {

    /** For people. */
    public static final String FORMATS = "JPEG, PNG, BMP, GIF or WebP";

    /** Formats that are read. A name is not believed any further: what the file holds is decoded. */
    private static final Set<String> EXTENSIONS = Set.of(
            "jpg", "jpeg", "jpe", "jfif", "jif", "pjpeg", "pjp", "mpo", "png", "apng", "bmp", "dib", "gif", "webp");

    /** Pictures that are not: passing them over silently would surprise. */
    private static final Set<String> OTHER_PICTURES = Set.of(
            "tif", "tiff", "heic", "heif", "hif", "avif", "jp2", "j2k", "jpf", "jpx", "jpm", "jxl", "jxr", "svg", "psd",
            "psb", "tga", "ppm", "pgm", "pbm", "pnm", "pam", "exr", "hdr", "ico", "icns", "pcx", "xcf", "raw", "dng",
            "cr2", "cr3", "crw", "nef", "nrw", "arw", "srf", "sr2", "orf", "rw2", "raf", "pef", "srw", "x3f", "erf",
            "kdc", "dcr", "mrw", "3fr", "iiq", "rwl", "gpr");

    /**
     * What a file in a photo folder is.
     *
     * @param photo whether it is to be decoded
     * @param picture whether it is a photo, or looks like a picture, so that leaving it out may surprise
     * @param reason why it is no photo, in a few words; null when it is one
     */
    record Look(boolean photo, boolean picture, String reason) {}

    /** Beside names that begin with a dot. */
    private static final Set<String> SYSTEM =
            Set.of("__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found");

    /** Reason for leaving out a file that is none. */
    static final String NO_PICTURE = "not a picture";

    private ImageFiles() {}

    /** Whether the name's ending is one of a photo format that is read, in any case. */
    static boolean isPhoto(String fileName) {
        return fileName.indexOf('.') >= 0 && isExtension(extension(fileName));
    }

    /** Whether a file is to be decoded: by its name, or by its first bytes where its name may be that of any file or of another picture. */
    static boolean isPhoto(Path file) {
        String name = file.getFileName().toString();
        return isPhoto(name)
                || (name.indexOf('.') < 0 || looksLikePicture(name))
                        && look(file).photo();
    }

    /** Whether the name's ending is one of a picture, of a format that is read or of another. */
    static boolean looksLikePicture(String fileName) {
        return isPhoto(fileName) || fileName.indexOf('.') >= 0 && OTHER_PICTURES.contains(extension(fileName));
    }

    private static String extension(String fileName) {
        return fileName.substring(fileName.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
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

    /**
     * A photo by its name, also where it cannot be read; a photo by its content, where its name has no ending or that of another picture; no photo, but a
     * picture, where its name ends in something else, as those of copies and previews do.
     */
    static Look look(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        if (isPhoto(name)) {
            return new Look(true, true, null);
        }
        boolean named = looksLikePicture(name);
        byte[] start = start(file);
        PhotoFormat format = PhotoFormat.of(start);
        if (format != null) {
            boolean photo = dot < 0 || named;
            return new Look(
                    photo,
                    true,
                    photo
                            ? null
                            : "holds a picture, but its name does not say so: let it end in ." + format.label()
                                    + " to have it used");
        }
        String other = PhotoFormat.other(start);
        if (other != null || named) {
            return new Look(false, true, PhotoFormat.unsupported(named ? extension(name) : other));
        }
        return new Look(false, false, NO_PICTURE);
    }

    /** The first bytes of an ordinary file, or none. */
    private static byte[] start(Path file) {
        if (!Files.isRegularFile(file)) {
            return new byte[0];
        }
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(PhotoFormat.START);
        } catch (IOException e) {
            return new byte[0]; // what its name says is left
        }
    }

    /** All pictures in a folder and its sub-folders, also those that cannot be read, sorted by path; hidden files and folders are left out. */
    public static List<Path> below(Path folder) {
        return find(folder).photos();
    }

    /** The same, and what was passed over. */
    public static Found find(Path folder) {
        try {
            return photos(folder, Integer.MAX_VALUE, file -> true);
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_READABLE,
                    e,
                    "The folder %s cannot be read (%s): check its permissions.",
                    folder,
                    InputFiles.reason(e));
        }
    }

    /**
     * What is named like a picture and leads nowhere or is no ordinary file, and a folder that cannot be read, are among them: whoever decodes them says what is
     * wrong.
     */
    private static Found photos(Path folder, int levels, PathMatcher wanted) throws IOException {
        FolderWalk walk = FolderWalk.of(folder, ImageFiles::isHidden, levels);
        List<Path> found = new ArrayList<>();
        List<Path> heatmaps = new ArrayList<>();
        collect(walk.root(), wanted, found, heatmaps);
        Map<FolderWalk.Reason, List<Path>> reasons = new EnumMap<>(FolderWalk.Reason.class);
        for (FolderWalk.PassedOver p : walk.passedOver()) {
            if (!isNamedAsPicture(p) || !wanted.matches(p.path())) {
                reasons.computeIfAbsent(p.reason(), k -> new ArrayList<>()).add(p.path());
            } else {
                found.add(p.path());
            }
        }
        Collections.sort(found);
        List<String> passedOver = new ArrayList<>();
        reasons.forEach((reason, paths) -> passedOver.add(about(paths, reason.words())));
        if (!heatmaps.isEmpty()) {
            passedOver.add(about(heatmaps, "a heatmap of this program"));
        }
        return new Found(List.copyOf(found), List.copyOf(passedOver));
    }

    private static boolean isNamedAsPicture(FolderWalk.PassedOver p) {
        return switch (p.reason()) {
            case DEAD_LINK, SPECIAL -> looksLikePicture(p.path().getFileName().toString());
            case UNREADABLE -> true;
            case LEADS_BACK, READ_ALREADY -> false;
        };
    }

    private static String about(List<Path> paths, String reason) {
        return paths.size() == 1
                ? "Passed over " + paths.get(0) + ": " + reason + "."
                : "Passed over " + paths.size() + " entries such as " + paths.get(0) + ": " + reason + ".";
    }

    private static void collect(FolderWalk.Folder folder, PathMatcher wanted, List<Path> found, List<Path> heatmaps) {
        for (FolderWalk.File file : folder.files()) {
            if (wanted.matches(file.path()) && look(file.path()).picture()) {
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
     * The pictures whose paths a pattern describes, sorted by path: {@code *}, {@code ?}, {@code [abc]} and {@code {a,b}} within a name, {@code **}
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
                    ErrorCode.OUT_OF_RANGE,
                    e,
                    "The pattern %s cannot be understood (%s): mend it, or name a folder.",
                    pattern,
                    e.getDescription());
        } catch (NoSuchFileException e) {
            return new Found(List.of(), List.of());
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_READABLE,
                    e,
                    "The folder %s cannot be read (%s): check its permissions.",
                    base,
                    InputFiles.reason(e));
        }
    }
}
