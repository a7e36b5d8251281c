package io.meristem;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables as spreadsheets of all countries save them. */
class InputTableTest {

    @TempDir
    Path dir;

    private Path file(byte[] bytes) throws IOException {
        return Files.write(dir.resolve("t.csv"), bytes);
    }

    private Path file(String text) throws IOException {
        return file(text.getBytes(StandardCharsets.UTF_8));
    }

    private static List<List<String>> rows(Path file) throws IOException {
        try (InputTable table = InputTable.open(file)) {
            List<List<String>> rows = new ArrayList<>();
            int path = table.column("path");
            int group = table.column("group");
            for (String[] row = table.next(); row != null; row = table.next()) {
                rows.add(List.of(row[path], row[group]));
            }
            return rows;
        }
    }

    private static final List<List<String>> EXPECTED =
            List.of(List.of("a/Blätter 1.jpg", "L, 1"), List.of("b.jpg", "L2"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "path,group\na/Blätter 1.jpg,\"L, 1\"\nb.jpg,L2\n",
                "path;group\r\na/Blätter 1.jpg;L, 1\r\nb.jpg;L2\r\n",
                "path\tgroup\ra/Blätter 1.jpg\tL, 1\rb.jpg\tL2\r",
                "path|group|note\na/Blätter 1.jpg|L, 1|x\nb.jpg|L2\n",
                "sep=;\r\npath;group\r\na/Blätter 1.jpg;L, 1\r\nb.jpg;L2",
                "\n\n Group , PATH \n\"L, 1\" , a/Blätter 1.jpg\n\n L2,b.jpg,,\n,\n",
                "'path','group'\n'a/Blätter 1.jpg','L, 1'\n'b.jpg','L2'\n",
                "“path”;„group“\n“a/Blätter 1.jpg”;«L, 1»\n‘b.jpg’;'L2'\n",
            })
    void separatorsQuotesAndLineEndsAreRecognised(String text) throws IOException {
        for (String charset : List.of("UTF-8", "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE")) {
            assertEquals(EXPECTED, rows(file(("\ufeff" + text).getBytes(Charset.forName(charset)))), charset);
        }
        assertEquals(EXPECTED, rows(file(text)));
        if (!text.startsWith("\n") && text.charAt(0) < 128) {
            assertEquals(EXPECTED, rows(file(text.getBytes(StandardCharsets.UTF_16LE))));
            assertEquals(EXPECTED, rows(file(text.getBytes(StandardCharsets.UTF_16BE))));
        }
    }

    private String refused(Path file) {
        return assertThrows(IOException.class, () -> rows(file)).getMessage();
    }

    @Test
    void whatCannotBeReadIsRefusedInAFewWords() throws IOException {
        assertTrue(refused(file("path,group\nblätter.jpg,1\n".getBytes(StandardCharsets.ISO_8859_1)))
                .contains("UTF-8"));
        assertTrue(refused(file("path;group\na;b;1\n")).contains("row 2 has 3 cells"));
        assertTrue(refused(file("path,Group,GROUP \na,b,c\n")).contains("may both be meant"));
        assertTrue(refused(file("")).contains("empty"));
        assertTrue(refused(file("\ufeff\r\n")).contains("empty"));
    }

    @Test
    void decimalCommasAreReadWhereCommasDoNotPartCells() throws IOException {
        try (InputTable table = InputTable.ours(file("x;y\n0,25;0.5\n"))) {
            String[] row = table.next();
            assertArrayEquals(new String[] {"0,25", "0.5"}, row);
            assertEquals(0.25f, table.number(row[0]));
            assertEquals(0.5f, table.number(row[1]));
            assertNull(table.next());
        }
        try (InputTable table = InputTable.ours(file("x,y\n\"0,25\",1\n"))) {
            String[] row = table.next();
            assertThrows(NumberFormatException.class, () -> table.number(row[0]));
        }
    }

    /** Our own tables hold names of files and classes as they are. */
    @Test
    void ourOwnCellsKeepBlanksAndQuotes() throws IOException {
        try (InputTable table = InputTable.ours(file("path,class\n\" a.jpg\",'rust'\n"))) {
            assertArrayEquals(new String[] {" a.jpg", "'rust'"}, table.next());
        }
    }

    /** A list that a person types is answered line by line. */
    @Test
    void noMoreIsWaitedForThanALine() throws IOException {
        byte[] list = "a\nb\n".getBytes(StandardCharsets.UTF_8);
        InputStream typed = new ByteArrayInputStream(list) {
            @Override
            public synchronized int read() {
                assertTrue(pos < 2, "the second line has not been typed yet");
                return super.read();
            }
        };
        InputFiles.text(typed, StandardCharsets.UTF_8);
        ByteArrayOutputStream powershell = new ByteArrayOutputStream();
        powershell.write("\ufeffC:\\é.jpg\r\n".getBytes(StandardCharsets.UTF_16LE));
        assertEquals(
                "C:\\é.jpg",
                new BufferedReader(InputFiles.text(
                                new ByteArrayInputStream(powershell.toByteArray()), StandardCharsets.UTF_8))
                        .readLine());
    }
}
