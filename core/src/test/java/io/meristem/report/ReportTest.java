package io.meristem.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.artifact.Calibration;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunResult;
import io.meristem.testing.ColourPhotos;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What reports say, as text; {@link ReportInBrowserTest} looks at them. */
class ReportTest {

    private static final List<String> CLASSES = ColourPhotos.CLASSES;

    @TempDir
    static Path shared;

    private static Path photos;

    @TempDir
    Path folder;

    @BeforeAll
    static void photos() {
        photos = ColourPhotos.write(shared.resolve("photos"), 1, RunFixture.TEST, RunFixture.TEST);
    }

    private static String read(Path file) throws IOException {
        return Files.readString(file);
    }

    private String report(Path run) throws IOException {
        return read(Report.write(run, null, null));
    }

    private static void says(String page, String... sentences) {
        for (String sentence : sentences) {
            assertTrue(page.contains(sentence), "the page lacks: " + sentence);
        }
    }

    /** A sentence for each allocation and a small picture of each layer: spectra where directions were seen, else bars. Whatever the file holds. */
    @Test
    void whatAScorerSawIsSaidAndDrawn() throws IOException {
        Path run = folder.resolve("seen");
        RunFixture.dra(CLASSES, 3).write(run, photos);
        String bars = report(run);
        says(bars, "What the scorer saw before epoch 1", "All 50 layers are of the same importance.");
        assertEquals(100, count(bars, "<svg role=\"img\" aria-label=\"importance 0.200\""));
        assertFalse(bars.contains("id=\"gathered\""), "no directions, no curve");
        String line =
                """
                {"first_epoch": %d, "scorer": "<i>spectrum", "layers": [
                {"layer": "<b>a", "kind": "conv", "gains": [6, 1, 0], "importance": 1, "rank": 2, "numbers": 4},
                {"layer": "b", "kind": "conv", "gains": [2, 0.5, 0.5], "importance": 0.4, "rank": 1, "numbers": 4}]}"""
                        .replace("\n", "");
        Path ranks = run.resolve(RunFolder.RANKS);
        Files.writeString(ranks, line.formatted(1) + "\n" + line.formatted(3) + "\n");
        String page = report(run);
        says(
                page,
                "What the scorer &lt;i&gt;spectrum saw before epoch 1",
                "What the scorer &lt;i&gt;spectrum saw before epoch 3",
                "90 % of the gain lies in 3 directions of 2 layers; the first is &lt;b&gt;a, with 60 %.",
                "aria-label=\"2 directions with a gain\" width=\"11\" height=\"18\"",
                "<rect x=\"0\" y=\"0\" width=\"5\" height=\"18\"></rect>",
                "<rect x=\"6\" y=\"15\" width=\"5\" height=\"3\"></rect>",
                "70.0 %",
                "id=\"gathered\"");
        assertFalse(page.contains("<b>a"), "a layer's name is text");
        // What no scorer writes is drawn as nothing.
        Files.writeString(
                ranks,
                line.formatted(1)
                                .replace("[6, 1, 0]", "[-1, \"NaN\", null, 1e300]")
                                .replace("\"importance\": 0.4", "\"importance\": 1e300")
                        + "\n");
        says(report(run), "90 % of the gain lies in 1 direction; the first is &lt;b&gt;a, with 100 %.");
    }

    @Test
    void aRunTellsWhatIsKnownAndHowWell() throws IOException {
        Path run = folder.resolve("run");
        RunResult result =
                RunFixture.dra(CLASSES, 1).unreadable("rust/7.png: damaged").write(run, photos);
        String page = report(run);
        long right = result.test().right();
        says(
                page,
                "<b>" + right + " of 24</b> test photos",
                NumberFormats.percent(result.test().interval()),
                "This is one run, with seed 1.",
                "rust/7.png: damaged",
                "3 of 24 test photos share a group",
                "would be right on 33.3 % of these photos",
                "fewer than 20 test photos",
                "The network of epoch 3 was kept",
                "Permission is hereby granted",
                "ffffffffffffffff");
        assertEquals(24 - right, count(page, "data:image/jpeg;base64,"));
        assertFalse(page.contains("SYNTHETIC"));
        assertFalse(page.contains("http://") || page.contains("https://cdn"), "nothing is fetched");
    }

    private static int count(String text, String piece) {
        return text.split(java.util.regex.Pattern.quote(piece), -1).length - 1;
    }

    @Test
    void probabilitiesAreComparedWithHowOftenTheyAreRight() throws IOException {
        Path run = folder.resolve("run");
        RunFixture.lora(CLASSES, 1).write(run, photos);
        says(report(run), "have not been compared with how often it is right", "a calibration does that");
        Path calibrated = folder.resolve("calibrated");
        RunFixture.lora(CLASSES, 1).calibrated().write(calibrated, photos);
        Calibration calibration =
                RunFolder.open(withState(calibrated)).calibration().orElseThrow();
        String page = report(calibrated);
        says(
                page,
                NumberFormats.format(
                        "The temperature is %.3f, fitted on 24 validation photos", calibration.temperature()),
                NumberFormats.percent(calibration.test().before().calibrationError()),
                NumberFormats.percent(calibration.test().after().calibrationError()),
                "Reliability, test photos",
                "as right as sure",
                "When answers below a probability are withheld",
                "Fewer answers, better answers");
    }

    /** A run is one once it has a state. */
    private static Path withState(Path run) throws IOException {
        Files.createFile(run.resolve(RunFolder.BEST));
        return run;
    }

    @Test
    void drawnPhotosAreSaidToBeDrawn() throws IOException {
        Path run = folder.resolve("run");
        RunFixture.lora(CLASSES, 1).synthetic().write(run, photos);
        String page = report(run);
        says(page, "<p class=\"loud\">SYNTHETIC PHOTOS.", "LoRA: ");
        assertFalse(page.contains("class=\"rankmap\""), "one rank for all layers needs no map");
    }

    @Test
    void photosMayBeGoneOrElsewhere() throws IOException {
        Path run = folder.resolve("run");
        Path before = folder.resolve("before");
        RunResult result = RunFixture.dra(CLASSES, 2).write(run, before);
        long wrong = result.test().photos() - result.test().right();
        String page = report(run);
        says(page, wrong + " photos of these " + wrong + " could not be read", before.toString(), "photo not found");
        assertEquals(0, count(page, "data:image/jpeg"));
        assertEquals(wrong, count(read(Report.write(run, null, photos)), "data:image/jpeg"));
        InputException e = assertThrows(InputException.class, () -> Report.write(run, null, before));
        assertTrue(e.getMessage().contains("(photo folder)"), e.getMessage());
    }

    /** What is there is shown, and what is missing is named. */
    @Test
    void aFolderOfOneClassMayBeGone() throws IOException {
        Path run = folder.resolve("run");
        Path fewer = folder.resolve("fewer");
        RunFixture.dra(CLASSES, 2).write(run, fewer);
        for (String name : CLASSES.subList(0, CLASSES.size() - 1)) {
            Files.createDirectories(fewer.resolve(name));
        }
        String page = report(run);
        says(page, "has no photos any more of", CLASSES.get(CLASSES.size() - 1).replace("<", "&lt;"), "Accuracy");
    }

    @Test
    void answersMayBeMissingOrOfOtherPhotos() throws IOException {
        Path run = folder.resolve("run");
        RunFixture.lora(CLASSES, 2).write(run, photos);
        Path answers = run.resolve(RunFolder.PREDICTIONS);
        Files.writeString(answers, read(answers).replaceFirst("\ntest,", "\ntrain,"));
        says(report(run), "does not hold the answers that this run was scored by");
        Files.writeString(answers, "something else");
        InputException e = assertThrows(InputException.class, () -> report(run));
        assertTrue(e.getMessage().contains("predictions.csv"), e.getMessage());
        Files.delete(answers);
        says(
                report(run),
                "has kept no answers photo by photo",
                "an evaluation with predictions file RUN/predictions.csv");
    }

    @Test
    void nothingOutsideOfTheDataFolderGetsIntoAReport() throws IOException {
        Path run = folder.resolve("run");
        RunFixture.lora(CLASSES, 2).write(run, photos);
        Path answers = run.resolve(RunFolder.PREDICTIONS);
        Files.writeString(answers, read(answers).replace("test/", "../photos/../../test/"));
        InputException e = assertThrows(InputException.class, () -> report(run));
        assertTrue(e.getMessage().contains("outside"), e.getMessage());
    }

    @Test
    void aRunThatIsNotFinishedIsToldAsFarAsItIs() throws IOException {
        Path run = folder.resolve("run");
        RunFixture.dra(CLASSES, 2).write(run, photos);
        for (String late : List.of(RunFolder.RESULT, RunFolder.PREDICTIONS)) {
            Files.delete(run.resolve(late));
        }
        List<String> lines = Files.readAllLines(run.resolve(RunFolder.METRICS));
        Files.writeString(
                run.resolve(RunFolder.METRICS),
                lines.get(0) + "\n" + lines.get(1).substring(0, 40));
        String page = report(run);
        says(page, "This run is not finished:</b> 1 of 4 epochs are done", "id=\"loss\"", "class=\"rankmap\"");
        assertFalse(page.contains("id=\"scored\""));
        Files.delete(run.resolve(RunFolder.METRICS));
        says(report(run), "No epoch has ended.");
        Files.delete(run.resolve(RunFolder.PROVENANCE));
        InputException e = assertThrows(InputException.class, () -> report(run));
        assertTrue(e.getMessage().contains("provenance.json"), e.getMessage());
    }

    @Test
    void aRunWithoutTestPhotosIsJudgedOnTheValidationPhotos() throws IOException {
        Path run = folder.resolve("run");
        RunResult r = RunFixture.lora(CLASSES, 2).write(run, photos);
        RunResult valOnly = new RunResult(
                r.method(),
                r.epochs(),
                r.bestEpoch(),
                r.val(),
                null,
                r.modelMib(),
                r.sizes(),
                r.averageMib(),
                r.headMib(),
                r.secondsPerEpoch(),
                r.ranks(),
                r.peakMemoryMib());
        Files.writeString(run.resolve(RunFolder.RESULT), io.meristem.artifact.Json.pretty(valOnly));
        String page = report(run);
        says(page, "</b> validation photos", "so they flatter the network", "id=\"mistakes\"");
    }

    @Test
    void aStudyTellsMeansSpreadsTablesAndFailures() throws IOException {
        Path study = folder.resolve("study");
        StudyFixture.write(study, photos, CLASSES);
        String page = report(study);
        says(
                page,
                "Leaves &amp; &lt;seeds&gt;",
                StudyFixture.FAILURE,
                "one run",
                "lora r=4 (mobilenet_v2_035, colours)",
                "Published numbers: other data, other scale",
                "Table 10 of the source",
                "0.1235",
                "87.5 ± 0.6",
                "Three seeds.",
                "As Markdown",
                "As CSV",
                "As LaTeX",
                "\\begin{tabular}{lr}&lt;/pre&gt;",
                "Failed runs: 1");
        assertEquals(1, count(page, "Published numbers"));
        assertTrue(page.indexOf("Second table") < page.indexOf("Tenth table"), "table 2 stands before table 10");
        Files.writeString(study.resolve("study.json"), "{\"tables\":[{\"id\":\"table10\"},{\"id\":\"table2\"}]}");
        String ordered = report(study);
        assertTrue(ordered.indexOf("Tenth table") < ordered.indexOf("Second table"), "the study's own order");
        assertEquals(3, count(page, "id=\"ranks-dra-"));
        InputException e = assertThrows(InputException.class, () -> Report.write(study, null, photos));
        assertTrue(e.getMessage().contains("leave the photo folder out"), e.getMessage());
    }

    @Test
    void aStudyMayLackRunsFoldersAndTables() throws IOException {
        Path study = folder.resolve("study");
        Files.createDirectories(study);
        Files.writeString(study.resolve("study.json"), "{\"name\":\"Begun\"}");
        says(report(study), "<title>Begun</title>", "No run is finished.");
        // The names of our other JSON files, and a folder that is not there.
        Files.writeString(
                study.resolve("runs.jsonl"),
                "{\"key\":\"a\",\"model\":\"m\",\"data\":\"d\",\"method\":\"dra\",\"seed\":1,\"status\":\"finished\",\"folder\":\"/nowhere\","
                        + "\"test\":{\"accuracy\":0.5,\"macro_f1\":0.25},\"average_mib\":0.75,\"seconds_per_epoch\":3}\n"
                        + "{\"key\":\"b\",\"model\":\"m\",\"data\":\"d\",\"method\":\"dra\",\"seed\":2,\"status\":\"failed\"}\n");
        says(report(study), "50.0 %", "0.250", "0.75", "folders of 1 finished run are not there", "no reason known");
        Files.writeString(study.resolve("runs.jsonl"), "not json\n");
        InputException e = assertThrows(InputException.class, () -> report(study));
        assertTrue(e.getMessage().contains("runs.jsonl") && e.getMessage().contains("line 1"), e.getMessage());
    }

    @Test
    void otherFoldersAndPlacesAreRefusedAndNothingIsLeft() throws IOException {
        Path other = Files.createDirectories(folder.resolve("other"));
        InputException neither = assertThrows(InputException.class, () -> Report.write(other, null, null));
        assertTrue(neither.getMessage().contains("neither a run nor a study"), neither.getMessage());
        assertThrows(InputException.class, () -> Report.write(folder.resolve("none"), null, null));
        Path run = folder.resolve("run");
        RunFixture.lora(CLASSES, 2).write(run, photos);
        assertThrows(InputException.class, () -> Report.write(run, run.resolve("result.json"), null));
        assertThrows(InputException.class, () -> Report.write(run, other, null));
        Path file = folder.resolve("file");
        Files.writeString(file, "x");
        assertThrows(InputException.class, () -> Report.write(run, file.resolve("report.html"), null));
        try (Stream<Path> left = Files.list(other)) {
            assertEquals(0, left.count());
        }
        Path out = folder.resolve("new/report.html");
        assertEquals(out, Report.write(run, out, null));
        String first = read(out);
        Report.write(run, out, null);
        assertEquals(first, read(out), "the same run gives the same report");
    }
}
