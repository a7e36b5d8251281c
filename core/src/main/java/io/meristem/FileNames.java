package io.meristem;

import java.io.File;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Names of files as text. They are bytes of the file system, and Java turns them into text by the encoding of the locale that the process was started in: in
 * the C locale, where containers and services run, all but ASCII is lost. The launcher sees to a UTF-8 locale; programs that use the library cannot be helped
 * once they run.
 */
public final class FileNames {

    /** What Java puts where bytes are no text. */
    private static final char LOST = '\uFFFD';

    private FileNames() {}

    /** Whether this process has names of files in UTF-8, or in Unicode, as Windows has them. */
    public static boolean areUnicode() {
        String name = encoding();
        return File.separatorChar == '\\'
                || Charset.isSupported(name) && Charset.forName(name).equals(StandardCharsets.UTF_8);
    }

    private static String encoding() {
        return System.getProperty("sun.jnu.encoding", "UTF-8");
    }

    /** Whether the text of {@code path} stands for the same file, so that it can be written down and read again. */
    public static boolean isText(Path path) {
        String text = path.toString();
        if (text.indexOf(LOST) < 0) {
            return true;
        }
        try {
            return path.getFileSystem().getPath(text).equals(path);
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /**
     * @return {@code path}
     * @throws InputException when its text does not stand for it
     */
    public static Path requireText(Path path) {
        if (!isText(path)) {
            throw new InputException(ErrorCode.UNSUPPORTED, Message.plain(lost(path.toString())));
        }
        return path;
    }

    /** @throws InputException when this process has lost letters of {@code argument}, of a command line */
    public static void requireWhole(String argument) {
        if (argument.indexOf(LOST) >= 0 && !areUnicode()) {
            throw new InputException(ErrorCode.UNSUPPORTED, Message.plain(lost(argument)));
        }
    }

    /** Whether there is a file of that name; what the encoding of this process cannot say is taken to be there. */
    public static boolean exists(Path folder, String relative) {
        try {
            return Files.exists(folder.resolve(relative));
        } catch (InvalidPathException e) {
            return true;
        }
    }

    /** One sentence about a name that has lost letters. */
    public static String lost(String name) {
        return areUnicode()
                ? "The name " + name + " is not in UTF-8: rename the file or folder."
                : "The name " + name + " has letters that are lost, as this process reads names of files in "
                        + encoding().toUpperCase(Locale.ROOT)
                        + ": set LC_ALL=C.UTF-8 in the environment and start it again.";
    }
}
