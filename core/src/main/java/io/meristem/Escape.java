package io.meristem;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names from files and folders, made safe for what they are shown in: one method for each medium. JSON needs none, {@code artifact.Json} writes escapes of its
 * own; HTML is escaped by the templates, and {@link #text} comes before.
 *
 * <p>A character that steers a terminal or turns the direction of text is shown as {@code \}{@code u} and four hexadecimal digits: the control characters U+0000
 * to U+001F and U+007F to U+009F, line and paragraph separators, marks, embeddings, overrides and isolates of direction, characters without width, tags, and
 * halves of surrogate pairs.
 */
public final class Escape {

    /** What a spreadsheet takes for a formula when a cell begins with it, perhaps behind apostrophes of ours. */
    private static final Pattern FORMULA = Pattern.compile("'*[=+\\-@\t\r].*", Pattern.DOTALL);

    private static final Pattern ESCAPED = Pattern.compile("\\\\u([0-9a-fA-F]{4})");

    /** What Markdown, and the HTML within it, would take for its own; an underscore within a word is none of that. */
    private static final Pattern MARKDOWN = Pattern.compile("[\\\\|*`<>\\[\\]#~&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])");

    /** Letters and digits of any script, and what no shell takes for its own; a hyphen in front would make an option of it. */
    private static final Pattern PLAIN_WORD = Pattern.compile("[\\p{L}\\p{N}_./+][\\p{L}\\p{N}_./+:,=@%-]*");

    private Escape() {}

    /** Text on one line, for a terminal, a log or a plain text file. */
    public static String line(String text) {
        return escaped(text, false, false);
    }

    /** Text whose lines are meant, for the same: newlines and tabs stay. */
    public static String text(String text) {
        return escaped(text, true, false);
    }

    /**
     * Text in a cell of a CSV file. One that a spreadsheet would take for a formula gets an apostrophe in front, and what steers a terminal is escaped; {@link
     * #fromCell} undoes both. Numbers are not for this method: a cell of {@code -1} stays what it is.
     */
    public static String cell(String text) {
        // An apostrophe first: a tab at the beginning is no longer seen once it is escaped.
        String safe = FORMULA.matcher(text).matches() ? "'" + text : text;
        return escaped(safe, false, true);
    }

    /** The text that {@link #cell} was given. */
    public static String fromCell(String cell) {
        String text = cell;
        if (text.indexOf('\\') >= 0) {
            Matcher found = ESCAPED.matcher(text);
            StringBuilder out = new StringBuilder();
            while (found.find()) {
                found.appendReplacement(
                        out, Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(found.group(1), 16))));
            }
            text = found.appendTail(out).toString();
        }
        return text.startsWith("'") && FORMULA.matcher(text).matches() ? text.substring(1) : text;
    }

    /** Text within a line or a table of Markdown. */
    public static String markdown(String text) {
        return MARKDOWN.matcher(line(text.replaceAll("[\\s\\u00a0]+", " "))).replaceAll("\\\\$0");
    }

    /** Text within a span of code in Markdown, between single backticks. */
    public static String code(String text) {
        return line(text).replace('`', '\'');
    }

    /** A word of a command line for POSIX shells, in quotes where it needs them. */
    public static String word(String text) {
        return PLAIN_WORD.matcher(text).matches() ? text : "'" + text.replace("'", "'\\''") + "'";
    }

    /** A string as Python writes it, quotes included. */
    public static String python(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c == '`') {
                // Three of them would end the block of code that it stands in.
                hex(out, c);
            } else if (steers(text, i)) {
                int whole = text.codePointAt(i);
                if (Character.isSupplementaryCodePoint(whole)) {
                    // To Python two halves are two characters.
                    out.append(String.format(Locale.ROOT, "\\U%08x", whole));
                    i++;
                } else {
                    hex(out, c);
                }
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }

    private static String escaped(String text, boolean lines, boolean reversible) {
        StringBuilder out = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean kept = lines && (c == '\n' || c == '\t' || (c == '\r' && followedByNewline(text, i)));
            boolean escape = !kept && steers(text, i) || reversible && c == '\\' && looksEscaped(text, i);
            if (escape && out == null) {
                out = new StringBuilder(text.length() + 16).append(text, 0, i);
            }
            if (escape) {
                hex(out, c);
            } else if (out != null) {
                out.append(c);
            }
        }
        return out == null ? text : out.toString();
    }

    private static boolean followedByNewline(String text, int i) {
        return i + 1 < text.length() && text.charAt(i + 1) == '\n';
    }

    private static boolean looksEscaped(String text, int i) {
        return ESCAPED.matcher(text).region(i, text.length()).lookingAt();
    }

    /** Whether a character of a text steers a terminal, or what is around it. */
    private static boolean steers(String text, int i) {
        char c = text.charAt(i);
        if (Character.isHighSurrogate(c)) {
            return i + 1 == text.length()
                    || !Character.isLowSurrogate(text.charAt(i + 1))
                    || isHidden(Character.toCodePoint(c, text.charAt(i + 1)));
        }
        if (Character.isLowSurrogate(c)) {
            return i == 0
                    || !Character.isHighSurrogate(text.charAt(i - 1))
                    || isHidden(Character.toCodePoint(text.charAt(i - 1), c));
        }
        return steers(c);
    }

    /** Of characters that take two {@code char}s: tags, which can hide a text within another, and marks of shorthand and music. Only these are of this type. */
    private static boolean isHidden(int codePoint) {
        return Character.getType(codePoint) == Character.FORMAT;
    }

    /** The same of one character, whatever stands around it; half a surrogate pair does not count. */
    public static boolean steers(char c) {
        return c < 0x20
                || (c >= 0x7f && c <= 0x9f)
                || c == 0x61c // Arabic letter mark
                || c == 0xad // soft hyphen, which has no width
                || c == 0x34f // grapheme joiner, likewise
                || c == 0x180e // Mongolian vowel separator, likewise
                || (c >= 0x200b && c <= 0x200f) // zero width, and marks of direction
                || (c >= 0x2028 && c <= 0x202e) // separators, embeddings and overrides
                || (c >= 0x2060 && c <= 0x206f) // joiners without width, isolates, and old orders
                || c == 0xfeff // byte order mark
                || (c >= 0xfff9 && c <= 0xfffb); // annotations between lines
    }

    private static void hex(StringBuilder out, char c) {
        out.append(escape(c));
    }

    /** As JSON, Java and Python write it in a string. */
    public static String escape(char c) {
        String digits = Integer.toHexString(c);
        return "\\u" + "0".repeat(4 - digits.length()) + digits;
    }
}
