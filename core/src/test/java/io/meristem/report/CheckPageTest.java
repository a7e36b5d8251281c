package io.meristem.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.data.check.CheckResult;
import io.meristem.data.check.DataCheck;
import io.meristem.data.check.Limits;
import io.meristem.data.feed.ProgressListener;
import io.meristem.testing.ColourPhotos;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The page about a photo folder, as text. */
class CheckPageTest {

    /** No slash, which no file name can hold. */
    private static final String HOSTILE = "<script>alert(1)< ä 葉 \"&'";

    @TempDir
    Path folder;

    private static CheckResult check(Path root) {
        return DataCheck.run(root, null, null, null, Limits.DEFAULT, true, 2, ProgressListener.NONE);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS) // which allows no such names
    void theFindingsAreThereWithTheirPhotos() throws IOException {
        Path root = ColourPhotos.write(folder.resolve("photos"), 24, 10, 10);
        Files.move(root.resolve("train/red"), root.resolve("train").resolve(HOSTILE));
        Files.move(root.resolve("val/red"), root.resolve("val").resolve(HOSTILE));
        Files.move(root.resolve("test/red"), root.resolve("test").resolve(HOSTILE));
        Files.copy(
                root.resolve("train").resolve(HOSTILE).resolve("1.png"),
                root.resolve("test/green").resolve(HOSTILE + ".png"));
        Files.writeString(root.resolve("train/green/broken.jpg"), "no picture");
        CheckResult result = check(root);
        Path page = folder.resolve("page.html");
        Report.write(result, page);
        String html = Files.readString(page);
        assertFalse(html.contains("<script>alert"), "a name was not escaped");
        assertTrue(html.contains("&lt;script") && html.contains("alert(1)&lt; ä 葉"), "the class is not named");
        assertEquals(result.findings().size(), html.split("<section class=\"finding", -1).length - 1);
        assertTrue(html.contains("byte for byte") && html.contains("data:image/jpeg;base64,"));
        assertTrue(html.contains("no picture"), "the broken file has no place");
        assertTrue(html.contains("id=\"probed-classes\""));
        assertFalse(html.contains("src=\"http") || html.contains("href=\"http"), "something is fetched");
        assertTrue(html.strip().endsWith("</html>"));
    }

    @Test
    void thePageGoesToHtmlFilesOnly() {
        CheckResult result = check(ColourPhotos.write(folder.resolve("photos"), 3, 1, 1));
        assertThrows(InputException.class, () -> Report.write(result, folder.resolve("page.txt")));
    }
}
