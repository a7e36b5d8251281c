package io.meristem;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.FilterReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Text files from outside, read within limits: a stranger's file must not take all memory, nor wait for ever. */
public final class InputFiles {

    private static final int MAX_REASON = 200;

    private InputFiles() {}

    /** The text of a JSON file; throws {@link IOException} when it is too large or no ordinary file, with a reason in a few words. */
    public static String json(Path file) throws IOException {
        return text(file, Limit.JSON_MEGABYTES);
    }

    /** The text of a table or of a file of lines, likewise. */
    public static String table(Path file) throws IOException {
        return text(file, Limit.TABLE_MEGABYTES);
    }

    /** What is wrong with JSON, for a sentence: the first line of what the parser says, cut where it quotes much of the file. */
    public static String reason(JsonProcessingException e) {
        String line = e.getOriginalMessage().lines().findFirst().orElse("no reason known");
        return line.length() > MAX_REASON ? line.substring(0, MAX_REASON) + "…" : line;
    }

    private static String text(Path file, Limit most) throws IOException {
        requireOrdinary(file);
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(most.intValue() << 20);
            if (in.read() >= 0) {
                throw new IOException("it is larger than " + most.words(" MiB"));
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        }
    }

    /** Refuses folders, pipes and devices: opening one may block, and its end may never come. */
    public static void requireOrdinary(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            if (Files.exists(file)) {
                throw new IOException(Files.isDirectory(file) ? "it is a folder" : "it is no ordinary file");
            }
            throw new NoSuchFileException(file.toString());
        }
    }

    /** The UTF-8 text of a file, of which no line may be longer than {@link Limit#TABLE_LINE}; reading one fails. */
    public static Reader lines(Path file) throws IOException {
        requireOrdinary(file);
        return shortLines(new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8));
    }

    /** The same text, reading which fails in a line longer than {@link Limit#TABLE_LINE}. */
    public static Reader shortLines(Reader text) {
        return new ShortLines(text);
    }

    private static final class ShortLines extends FilterReader {

        private final int most = Limit.TABLE_LINE.intValue();
        private int length;

        ShortLines(Reader text) {
            super(text);
        }

        @Override
        public int read() throws IOException {
            int c = super.read();
            count((char) c);
            return c;
        }

        @Override
        public int read(char[] buffer, int from, int most) throws IOException {
            int n = super.read(buffer, from, most);
            for (int i = from; i < from + n; i++) {
                count(buffer[i]);
            }
            return n;
        }

        private void count(char c) throws IOException {
            length = c == '\n' || c == '\r' ? 0 : length + 1;
            if (length > most) {
                throw new IOException("it has a line of more characters than " + Limit.TABLE_LINE.words());
            }
        }
    }
}
