package io.meristem.data.folder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.testing.Pictures;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Photo folders and tables of photos from strangers: docs/hostile-files.md. */
class HostileFoldersTest {

    @TempDir
    Path dir;

    @Test
    void passesOverLinksThatLeadBack() throws IOException {
        Pictures.classes(dir, 2, "a", "b");
        Files.createSymbolicLink(dir.resolve("a").resolve("back"), dir);
        Files.createSymbolicLink(dir.resolve("b").resolve("self.png"), dir.resolve("b/self.png"));
        assertEquals(5, ImageFiles.below(dir).size(), "four photos, and the link to itself, which is to be named");
        assertEquals(5, ImageFiles.matching(dir + "/**.png").size());
        ImageFolder scanned = ImageFolder.scan(dir, SplitOptions.defaults().withFractions(0, 0));
        assertTrue(scanned.classes().containsAll(List.of("a", "b")));
    }

    @Test
    void refusesALineWithoutEnd() throws IOException {
        for (String start : List.of("", "path,group\n", "path,group\n\"")) {
            Path csv = dir.resolve("long.csv");
            try (BufferedWriter out = Files.newBufferedWriter(csv)) {
                out.write(start);
                for (int i = 0; i < 40; i++) {
                    out.write("aa".repeat(1 << 16));
                }
            }
            InputException e = assertThrows(
                    InputException.class,
                    () -> GroupCsv.read(SplitOptions.defaults().withGroups(csv, null, null), dir));
            assertTrue(e.getMessage().contains("line of more characters"), e.getMessage());
        }
    }
}
