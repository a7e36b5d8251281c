package io.meristem.artifact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PredictionTableTest {

    private static final List<String> CLASSES = List.of("path", "leaf \"rust\", late", "Ölfleck");

    @TempDir
    Path folder;

    @Test
    void whatIsWrittenIsRead() throws IOException {
        List<PhotoAnswer> answers = List.of(
                new PhotoAnswer("val", "val/a, b/1.jpg", 0, new float[] {0.25f, 0.5f, 0.25f}),
                new PhotoAnswer("test", "line\nbreak.jpg", 2, new float[] {1e-9f, 0.1f, 0.9f}));
        Path file = folder.resolve("predictions.csv");
        String text = PredictionTable.text(CLASSES, answers);
        assertTrue(text.startsWith("side,path,true,predicted,"), text);
        Files.writeString(file, text);
        List<PhotoAnswer> read = PredictionTable.read(file, CLASSES);
        assertEquals(2, read.size());
        for (int i = 0; i < 2; i++) {
            assertEquals(answers.get(i).side(), read.get(i).side());
            assertEquals(answers.get(i).path(), read.get(i).path());
            assertEquals(answers.get(i).label(), read.get(i).label());
            assertArrayEquals(answers.get(i).probabilities(), read.get(i).probabilities());
        }
        assertFalse(read.get(0).right());
        assertEquals(1, read.get(0).predicted());
        assertTrue(read.get(1).right());
        assertEquals(0.9, read.get(1).confidence(), 1e-7);
    }

    /** Excel in much of Europe: a mark, semicolons, decimal commas. */
    @Test
    void aTableThatASpreadsheetHasSavedIsRead() throws IOException {
        List<String> classes = List.of(" blank", "'quoted'");
        PhotoAnswer answer = new PhotoAnswer("test", "a.jpg", 1, new float[] {0.25f, 0.75f});
        String text = PredictionTable.text(classes, List.of(answer));
        Path file = folder.resolve("predictions.csv");
        Files.writeString(file, text);
        assertEquals(1, PredictionTable.read(file, classes).get(0).label());
        Files.writeString(
                file,
                "\ufeff" + text.replace(',', ';').replace("0.", "0,").replace("\n", "\r\n"),
                StandardCharsets.UTF_16LE);
        PhotoAnswer read = PredictionTable.read(file, classes).get(0);
        assertEquals(1, read.label());
        assertArrayEquals(answer.probabilities(), read.probabilities());
    }

    @Test
    void noAnswersAreATableToo() throws IOException {
        Path file = folder.resolve("predictions.csv");
        Files.writeString(file, PredictionTable.text(CLASSES, List.of()));
        assertEquals(List.of(), PredictionTable.read(file, CLASSES));
    }

    @Test
    void theLowerClassWinsATie() {
        assertEquals(0, new PhotoAnswer("test", "a", 0, new float[] {0.5f, 0.5f}).predicted());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "side,path,true,predicted,p(a)\n",
                "side,path,true,predicted,p(b),p(a)\n",
                "side,path,true,predicted,p(a),p(b)\ntest,1.jpg,a,a,0.5\n",
                "side,path,true,predicted,p(a),p(b)\ntest,1.jpg,c,a,0.5,0.5\n",
                "side,path,true,predicted,p(a),p(b)\ntest,1.jpg,a,a,high,low\n"
            })
    void anotherTableIsRefused(String text) throws IOException {
        Path file = folder.resolve("predictions.csv");
        Files.writeString(file, text);
        InputException e = assertThrows(InputException.class, () -> PredictionTable.read(file, List.of("a", "b")));
        assertTrue(e.getMessage().contains("predictions.csv"), e.getMessage());
    }
}
