package io.meristem.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.artifact.EpochLine;
import io.meristem.artifact.RunResult;
import io.meristem.testing.Browser;
import io.meristem.testing.ColourPhotos;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.print.PrintOptions;

/** Reports as a browser shows them; skipped, with a word, where there is no browser. */
class ReportInBrowserTest {

    /** Points of a colour in each canvas, in the order of the page; a colour is a hexadecimal number. */
    private static final String POINTS =
            """
            const wanted = parseInt(arguments[0], 16);
            return [...document.querySelectorAll('.plot canvas')].map((canvas) => {
              const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {willReadFrequently: true});
              copy.drawImage(canvas, 0, 0);
              const data = copy.getImageData(0, 0, canvas.width, canvas.height).data;
              let n = 0;
              for (let i = 0; i < data.length; i += 4) {
                n += data[i + 3] > 200 && (data[i] << 16 | data[i + 1] << 8 | data[i + 2]) === wanted ? 1 : 0;
              }
              return n;
            });
            """;

    private static final String TABLE =
            "return [...document.querySelectorAll('#' + arguments[0] + ' tbody tr')].map(r => [...r.children].map(c => c.textContent));";

    private static final String FIRST = "0072b2";
    private static final String SECOND = "d55e00";
    private static final String THIRD = "009e73";
    private static final String GREY = "6b756e";

    @TempDir
    static Path folder;

    private static Path photos;
    private static Browser browser;

    @BeforeAll
    static void prepare() {
        photos = ColourPhotos.write(folder.resolve("photos"), 1, RunFixture.TEST, RunFixture.TEST);
    }

    /** Before each test and not before all, so that tests that are skipped are counted and say why. */
    @BeforeEach
    void start() {
        if (browser == null) {
            browser = Browser.start();
        }
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
        }
    }

    private static ChromeDriver open(Path of) {
        Path page = Report.write(of, folder.resolve(of.getFileName() + ".html"), null);
        ChromeDriver driver = browser.open(page);
        assertEquals(List.of(), browser.complaints());
        assertEquals(
                0L,
                driver.executeScript(
                        "return performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:')).length"));
        return driver;
    }

    @SuppressWarnings("unchecked")
    private static List<Long> points(ChromeDriver driver, String colour) {
        return (List<Long>) driver.executeScript(POINTS, colour);
    }

    @SuppressWarnings("unchecked")
    private static List<List<String>> table(ChromeDriver driver, String id) {
        return (List<List<String>>) driver.executeScript(TABLE, id);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    @Test
    void aRunIsDrawnAndItsNumbersAreThoseOfItsFiles() throws IOException {
        Path run = folder.resolve("run");
        RunResult result = RunFixture.dra(ColourPhotos.CLASSES, 3).write(run, photos);
        ChromeDriver driver = open(run);

        List<Long> first = points(driver, FIRST);
        assertEquals(4, first.size(), "loss, accuracy, change and size");
        List<Long> second = points(driver, SECOND);
        List<Long> marks = points(driver, GREY);
        for (int i = 0; i < 3; i++) {
            assertTrue(first.get(i) > 300 && second.get(i) > 100, "figure " + i + " lacks a curve");
            assertTrue(marks.get(i) > 50, "figure " + i + " does not mark the update");
        }
        assertTrue(points(driver, THIRD).get(3) > 300, "no curve of sizes");

        List<EpochLine> lines = EpochLine.read(run);
        List<List<String>> epochs = table(driver, "epochs");
        assertEquals(lines.size(), epochs.size());
        for (int i = 0; i < lines.size(); i++) {
            EpochLine line = lines.get(i);
            List<String> row = epochs.get(i);
            assertEquals(String.valueOf(line.epoch()), row.get(0));
            assertEquals(String.format(Locale.ROOT, "%.3f", line.trainLoss()), row.get(1));
            assertEquals(percent(line.valAccuracy()), row.get(4));
            assertEquals(line.reallocated(), row.get(7).contains("update"));
        }
        List<List<String>> scores = table(driver, "scores");
        assertEquals("test", scores.get(0).get(0));
        assertEquals(percent(result.test().accuracy()), scores.get(0).get(3));
        List<List<String>> confusion = table(driver, "confusion");
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                assertEquals(
                        String.valueOf(result.test().confusion()[i][j]),
                        confusion.get(i).get(j + 1));
            }
        }
        assertEquals(
                50, driver.findElements(By.cssSelector(".rankmap tbody tr")).size());
        List<WebElement> pictures = driver.findElements(By.cssSelector("#mistakes img"));
        long wrong = result.test().photos() - result.test().right();
        assertEquals(wrong, pictures.size());
        assertEquals(
                true,
                driver.executeScript(
                        "return [...document.querySelectorAll('#mistakes img')].every(i => i.complete && i.naturalWidth > 0)"));
        assertEquals("4", driver.findElement(By.cssSelector("#loss .u-value")).getText());
    }

    @Test
    void aRunIsPrinted() throws IOException {
        Path run = folder.resolve("printed");
        RunFixture.dra(ColourPhotos.CLASSES, 4).write(run, photos);
        ChromeDriver driver = open(run);
        byte[] pdf = Base64.getDecoder().decode(driver.print(new PrintOptions()).getContent());
        assertEquals("%PDF", new String(pdf, 0, 4, java.nio.charset.StandardCharsets.US_ASCII));
        assertTrue(pdf.length > 30_000);
        assertNull(
                driver.findElement(By.cssSelector("details:not(.copy)")).getDomAttribute("open"),
                "what was folded up is folded up again");
        assertEquals(List.of(), browser.complaints());
    }

    @Test
    void aStudyIsDrawnAndItsNumbersAreThoseOfItsFiles() throws IOException {
        Path study = folder.resolve("study");
        StudyFixture fixture = StudyFixture.write(study, photos, ColourPhotos.CLASSES);
        ChromeDriver driver = open(study);
        assertEquals("Leaves & <seeds>", driver.getTitle());

        assertEquals(2, points(driver, FIRST).size(), "curves and scatter");
        for (String colour : List.of(FIRST, SECOND, THIRD)) {
            assertTrue(points(driver, colour).get(0) > 200, "no curve in " + colour);
        }
        List<List<String>> accuracy = table(driver, "accuracy-1");
        assertEquals(
                List.of("dra", "lora r=2", "lora r=4"),
                accuracy.stream().map(row -> row.get(0)).toList());
        assertEquals(
                List.of("3", "3", "one run"),
                accuracy.stream().map(row -> row.get(1)).toList());
        for (List<String> row : accuracy) {
            List<Double> values = fixture.accuracies.get(row.get(0));
            double mean = values.stream().mapToDouble(v -> v).average().orElseThrow();
            assertTrue(row.get(3).startsWith(String.format(Locale.ROOT, "%.1f", 100 * mean)), row.toString());
            assertEquals(values.size() > 1, row.get(3).contains("±"));
        }
        List<List<String>> runs = table(driver, "runs");
        assertEquals(7, runs.size());
        assertEquals(
                percent(fixture.accuracies.get("lora r=2").get(0)), runs.get(1).get(3));
        assertEquals(StudyFixture.FAILURE, table(driver, "failed").get(0).get(5));

        WebElement details = driver.findElement(By.cssSelector("#tables ~ details.copy"));
        details.findElement(By.tagName("summary")).click();
        WebElement button = details.findElement(By.tagName("button"));
        button.click();
        Object shown = driver.executeAsyncScript(
                "const [button, done] = arguments;"
                        + "if (button.textContent === 'Copied') done('Copied');"
                        + "new MutationObserver(() => done(button.textContent)).observe(button, {childList: true});",
                button);
        assertEquals("Copied", shown);
        assertEquals(List.of(), browser.complaints());
    }

    @Test
    void hostileNamesAreNamesAndNothingElse() throws IOException {
        List<String> classes = List.of(
                "<script>window.hacked = 1</script>",
                "\"><img src=x onerror=\"window.hacked=1\">",
                "</script><script>window.hacked=1</script>");
        Path run = folder.resolve("hostile");
        RunFixture.lora(classes, 5)
                .unreadable("<b onclick='window.hacked=1'>x</b>.jpg: empty file")
                .write(run, folder.resolve("<script>window.hacked=1</script>"));
        ChromeDriver driver = open(run);
        assertNull(driver.executeScript("return window.hacked"));
        assertEquals(
                0,
                driver.findElements(By.cssSelector("main img, main b[onclick]")).size());
        assertEquals(classes.get(0), table(driver, "classes").get(0).get(0));
        assertEquals(classes.get(2), table(driver, "photos").get(2).get(0));
        assertFalse(driver.findElements(By.cssSelector("#mistakes figure")).isEmpty());
    }
}
