package io.meristem.data.folder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.meristem.InputTable;
import io.meristem.testing.Hostile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;

/** Tables of photos from strangers; each target runs alone when it fuzzes. */
class TableFuzzTest {

    @BeforeAll
    static void loadClasses() throws Exception {
        Hostile.loadClasses(TableFuzzTest.class, "groups", TableFuzzTest::readGroups);
        Hostile.loadClasses(TableFuzzTest.class, "table", TableFuzzTest::readTable);
    }

    /** Encodings, separators, quotes and line ends of tables, whatever is in them. */
    @FuzzTest(maxDuration = "10m")
    void table(byte[] data) {
        assertNotNull(data);
        Hostile.read("table", () -> readTable(data));
    }

    private static void readTable(byte[] data) throws IOException {
        Path csv = Files.createTempFile("hostile", ".csv");
        try {
            Files.write(csv, data);
            readTable(csv, false);
            readTable(csv, true);
        } finally {
            Files.delete(csv);
        }
    }

    private static void readTable(Path csv, boolean ours) {
        try (InputTable table = ours ? InputTable.ours(csv) : InputTable.open(csv)) {
            table.column("path");
            for (String[] row = table.next(); row != null; row = table.next()) {
                assertEquals(table.columns().size(), row.length);
            }
        } catch (IOException e) {
            assertFalse(e.getMessage().isBlank());
        }
    }

    @FuzzTest(maxDuration = "10m")
    void groups(byte[] data) {
        assertNotNull(data);
        Hostile.read("groups", () -> readGroups(data));
    }

    private static void readGroups(byte[] data) throws IOException {
        Path csv = Files.createTempFile("hostile", ".csv");
        try {
            Files.write(csv, data);
            SplitOptions options = SplitOptions.defaults().withGroups(csv, null, null);
            List<Photo> photos = List.of(new Photo(Path.of("/data/a.jpg"), "a.jpg", 0, Split.TRAIN, null));
            GroupCsv.read(options, Path.of("/data")).assign(photos, new ArrayList<>());
        } finally {
            Files.delete(csv);
        }
    }
}
