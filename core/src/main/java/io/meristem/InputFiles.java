package io.meristem;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.FilterReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PushbackInputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

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

    /** Why a file could not be opened, read or listed, in a few words, without its path: {@link java.nio.file.FileSystemException} says the path only. */
    public static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof NoSuchFileException) {
            return "no such file";
        }
        if (e instanceof FileAlreadyExistsException) {
            return "there is a file or a link in the way";
        }
        String text = e instanceof FileSystemException system ? system.getReason() : e.getMessage();
        return text == null || text.isBlank()
                ? e.getClass().getSimpleName()
                : text.lines().findFirst().orElse("").strip();
    }

    private static String text(Path file, Limit most) throws IOException {
        requireOrdinary(file);
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(most.intValue() << 20);
            if (in.read() >= 0) {
                throw new IOException("it is larger than " + most.words(" MiB"));
            }
            Encoding encoding = Encoding.of(bytes, bytes.length, StandardCharsets.UTF_8);
            int mark = encoding.mark();
            return encoding.charset()
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, mark, bytes.length - mark))
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

    /** The text of a file, of which no line may be longer than {@link Limit#TABLE_LINE}: reading one fails, and so does reading what is no text. */
    public static Reader lines(Path file) throws IOException {
        requireOrdinary(file);
        InputStream in = Files.newInputStream(file);
        try {
            return shortLines(text(in, StandardCharsets.UTF_8));
        } catch (IOException | RuntimeException e) {
            in.close();
            throw e;
        }
    }

    /**
     * The text of a stream, in the encoding that its first bytes show: a byte order mark, which is skipped, or the zeros of UTF-16. Of what comes, no more
     * than the first line is waited for. Reading bytes that are no text in this encoding fails.
     *
     * @param usual where they show none
     */
    public static Reader text(InputStream in, Charset usual) throws IOException {
        PushbackInputStream bytes = new PushbackInputStream(in, Encoding.START);
        byte[] start = new byte[Encoding.START];
        int n = 0;
        while (n < start.length && (n == 0 || start[n - 1] != '\n')) {
            int next = bytes.read();
            if (next < 0) {
                break;
            }
            start[n++] = (byte) next;
        }
        Encoding encoding = Encoding.of(start, n, usual);
        bytes.unread(start, encoding.mark(), n - encoding.mark());
        return new InputStreamReader(
                bytes,
                encoding.charset()
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT));
    }

    /**
     * How a text is written.
     *
     * @param mark length in bytes of the byte order mark before it
     */
    private record Encoding(Charset charset, int mark) {

        /** Bytes that tell. */
        static final int START = 4;

        private static final List<Encoding> MARKS = List.of(
                new Encoding(StandardCharsets.UTF_8, 3),
                new Encoding(Charset.forName("UTF-32BE"), 4),
                new Encoding(Charset.forName("UTF-32LE"), 4),
                new Encoding(StandardCharsets.UTF_16BE, 2),
                new Encoding(StandardCharsets.UTF_16LE, 2));

        static Encoding of(byte[] start, int n, Charset usual) {
            for (Encoding encoding : MARKS) {
                byte[] mark = "\ufeff".getBytes(encoding.charset);
                if (n >= mark.length && Arrays.equals(mark, Arrays.copyOf(start, mark.length))) {
                    return encoding;
                }
            }
            // Two letters of a header, which are ASCII, in UTF-16 without its mark.
            if (n >= START && start[0] == 0 && start[1] != 0 && start[2] == 0 && start[3] != 0) {
                return new Encoding(StandardCharsets.UTF_16BE, 0);
            }
            if (n >= START && start[0] != 0 && start[1] == 0 && start[2] != 0 && start[3] == 0) {
                return new Encoding(StandardCharsets.UTF_16LE, 0);
            }
            return new Encoding(usual, 0);
        }
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
