package io.meristem;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A table with a header line from outside, as programs and spreadsheets save them: UTF-8 or UTF-16, with or without a byte order mark; cells parted by
 * comma, semicolon, tab or bar, whichever the header has most of, or what a first line {@code sep=;} says; in double or single quotes or none; any line
 * ends. Failures are {@link IOException}s with a reason in a few words.
 */
public final class InputTable implements AutoCloseable {

    private static final String SEPARATORS = ",;\t|";

    private static final Pattern SAID = Pattern.compile("\"?sep=(.)\"?\\s*", Pattern.CASE_INSENSITIVE);

    /** Quotes that spreadsheets and word processors put around cells, opening and closing. */
    private static final List<String> QUOTES =
            List.of("''", "\u2018\u2019", "\u201c\u201d", "\u201e\u201c", "\u00ab\u00bb", "\u00bb\u00ab");

    private static final CsvMapper MAPPER = CsvMapper.builder()
            .enable(CsvParser.Feature.WRAP_AS_ARRAY)
            .enable(CsvParser.Feature.SKIP_EMPTY_LINES)
            .build();

    private final char separator;
    private final boolean exact;
    private final MappingIterator<String[]> lines;
    private final List<String> columns;
    private int row = 1;

    private InputTable(char separator, boolean exact, MappingIterator<String[]> lines) throws IOException {
        this.separator = separator;
        this.exact = exact;
        this.lines = lines;
        if (!lines.hasNextValue()) {
            throw new IOException("it is empty");
        }
        this.columns = trimmed(lines.nextValue());
    }

    /** Opens a table that people have made and reads its header; blanks and quotes around cells are taken off. */
    public static InputTable open(Path file) throws IOException {
        return open(file, false);
    }

    /** Opens a table that this program has written, of which a cell may begin with a blank or a quote: a name of a file or of a class. */
    public static InputTable ours(Path file) throws IOException {
        return open(file, true);
    }

    private static InputTable open(Path file, boolean exact) throws IOException {
        BufferedReader text = new BufferedReader(InputFiles.lines(file));
        try {
            return open(text, exact);
        } catch (IOException | RuntimeException e) {
            text.close();
            throw readable(e);
        }
    }

    private static InputTable open(BufferedReader text, boolean exact) throws IOException {
        String header = ahead(text);
        Matcher said = SAID.matcher(header);
        char separator;
        if (said.matches()) {
            separator = said.group(1).charAt(0);
            text.readLine();
            header = ahead(text);
        } else {
            separator = commonest(header);
        }
        CsvSchema schema = CsvSchema.emptySchema()
                .withColumnSeparator(separator)
                .withQuoteChar(exact ? '"' : quote(header, separator));
        ObjectReader parser = MAPPER.readerFor(String[].class).with(schema);
        if (!exact) {
            // Blanks before a quote would make it an ordinary character.
            parser = parser.with(CsvParser.Feature.TRIM_SPACES);
        }
        return new InputTable(separator, exact, parser.readValues((Reader) text));
    }

    /** The first line with anything in it, which is read again afterwards; blank lines before it are not. */
    private static String ahead(BufferedReader text) throws IOException {
        while (true) {
            text.mark(Limit.TABLE_LINE.intValue() + 2);
            String line = text.readLine();
            if (line == null) {
                throw new IOException("it is empty");
            }
            if (!line.isBlank()) {
                text.reset();
                return line;
            }
        }
    }

    private static char commonest(String header) {
        int[] counts = new int[SEPARATORS.length()];
        boolean quoted = false;
        for (char c : header.toCharArray()) {
            quoted ^= c == '"';
            int kind = SEPARATORS.indexOf(c);
            if (!quoted && kind >= 0) {
                counts[kind]++;
            }
        }
        int best = 0;
        for (int i = 1; i < counts.length; i++) {
            best = counts[i] > counts[best] ? i : best;
        }
        return SEPARATORS.charAt(best);
    }

    /** Single ones where each cell of the header is in them. */
    private static char quote(String header, char separator) {
        return Arrays.stream(header.split(Pattern.quote(String.valueOf(separator))))
                        .map(String::strip)
                        .allMatch(cell -> cell.length() >= 2 && cell.startsWith("'") && cell.endsWith("'"))
                ? '\''
                : '"';
    }

    private List<String> trimmed(String[] cells) {
        List<String> trimmed = new ArrayList<>();
        for (String cell : cells) {
            trimmed.add(exact ? cell : bare(cell));
        }
        while (trimmed.size() > 1 && trimmed.get(trimmed.size() - 1).isEmpty()) {
            trimmed.remove(trimmed.size() - 1);
        }
        return trimmed;
    }

    /** Without blanks around it, and without quotes that the parser does not know as such. */
    private static String bare(String cell) {
        String bare = cell.strip();
        for (String pair : QUOTES) {
            if (bare.length() >= 2
                    && bare.charAt(0) == pair.charAt(0)
                    && bare.charAt(bare.length() - 1) == pair.charAt(1)) {
                return bare.substring(1, bare.length() - 1).strip();
            }
        }
        return bare;
    }

    /** Names of the columns, as the header has them. */
    public List<String> columns() {
        return columns;
    }

    /**
     * Where a column is.
     *
     * @return -1 where there is none of this name; case, blanks and Unicode form make no difference unless one is spelled exactly so
     * @throws IOException when several are meant
     */
    public int column(String name) throws IOException {
        int exact = columns.indexOf(name);
        if (exact >= 0) {
            return exact;
        }
        int found = -1;
        for (int i = 0; i < columns.size(); i++) {
            if (Names.loose(columns.get(i)).equals(Names.loose(name))) {
                if (found >= 0) {
                    throw new IOException("its columns " + columns.get(found) + " and " + columns.get(i)
                            + " may both be meant by " + name);
                }
                found = i;
            }
        }
        return found;
    }

    /** The next row, a cell for each column, empty where there is none; null at the end. Blank rows are passed over. */
    public String[] next() throws IOException {
        try {
            while (lines.hasNextValue()) {
                row++;
                if (row > Limit.TABLE_ROWS.value()) {
                    throw new IOException("it has more rows than " + Limit.TABLE_ROWS.words());
                }
                List<String> cells = trimmed(lines.nextValue());
                if (cells.size() > columns.size()) {
                    throw new IOException("row " + row + " has " + cells.size() + " cells and the header "
                            + columns.size() + ", cells that hold a separator need quotes");
                }
                if (cells.stream().allMatch(String::isEmpty)) {
                    continue;
                }
                String[] all = Arrays.copyOf(cells.toArray(String[]::new), columns.size());
                Arrays.fill(all, cells.size(), all.length, "");
                return all;
            }
            return null;
        } catch (IOException | RuntimeException e) {
            throw readable(e);
        }
    }

    /** Which row {@link #next} has given, the header being the first. */
    public int row() {
        return row;
    }

    /**
     * The number in a cell, with a decimal point, or a decimal comma where commas do not part cells.
     *
     * @throws NumberFormatException when it is none
     */
    public float number(String cell) {
        return Float.parseFloat(separator == ',' ? cell : cell.replace(',', '.'));
    }

    /** The parser's own messages quote much, and point into its buffers. */
    private static IOException readable(Exception e) {
        if (e instanceof CharacterCodingException) {
            return new IOException("it is no text in UTF-8 or UTF-16; save it as 'CSV UTF-8'", e);
        }
        if (e instanceof JsonProcessingException json) {
            return new IOException(InputFiles.reason(json), e);
        }
        if (e instanceof RuntimeException && e.getCause() instanceof IOException cause) {
            return readable(cause);
        }
        return e instanceof IOException io ? io : new IOException(String.valueOf(e.getMessage()), e);
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
