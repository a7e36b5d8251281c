package io.meristem;

import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Names of files and classes, compared as people read them. One name has several spellings in Unicode (a letter with its accent, or a letter and an accent
 * after it, as macOS archives have them); the one on disk is what is opened, and {@link #nfc} of it is what is compared, sorted and shown.
 */
public final class Names {

    private Names() {}

    /** Unicode's composed form, NFC. */
    public static String nfc(String name) {
        return Normalizer.normalize(name, Normalizer.Form.NFC);
    }

    /** Whether two names are the same to a reader. */
    public static boolean same(String one, String other) {
        return nfc(one).equals(nfc(other));
    }

    /** The file of this name below a folder, in whichever Unicode form it is there; in the given form where it is not. */
    public static Path below(Path folder, String relative) {
        Path given = folder.resolve(relative);
        if (Files.exists(given)) {
            return given;
        }
        return Stream.of(Normalizer.Form.NFC, Normalizer.Form.NFD)
                .map(form -> folder.resolve(Normalizer.normalize(relative, form)))
                .filter(Files::exists)
                .findFirst()
                .orElse(given);
    }

    /** What is left of a name without case, blanks and Unicode form: equal for names that are easily taken for each other. */
    public static String loose(String name) {
        String folded = Normalizer.normalize(name, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
        return folded.codePoints()
                .filter(c -> !Character.isWhitespace(c) && !Character.isSpaceChar(c))
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
