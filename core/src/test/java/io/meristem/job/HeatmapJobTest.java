package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.artifact.RunFolder;
import io.meristem.data.image.ImageDecoder;
import io.meristem.data.image.RgbImage;
import io.meristem.engine.Tensors;
import io.meristem.explain.Heatmap;
import io.meristem.explain.HeatmapMethod;
import io.meristem.report.HeatmapChoice;
import io.meristem.report.Report;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import io.meristem.zoo.Models;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a DyLoRA run of a second or two, so that ranks are there. */
class HeatmapJobTest {

    @TempDir
    static Path shared;

    private static Path photos;
    private static Path run;

    @TempDir
    Path folder;

    @BeforeAll
    static void train() {
        photos = ColourPhotos.write(shared.resolve("photos"), 8, 3, 4);
        run = shared.resolve("run");
        TrainJob.run(
                TinyRuns.run(
                        TinyRuns.train(TinyRuns.dyLora(false), 2, 1),
                        photos,
                        Starter.file(Models.find(TinyRuns.MODEL))),
                run,
                shared.resolve("cache"),
                JobListener.NONE);
    }

    @Test
    void writesAPictureOfEachPhotoAndLeavesNothingElse() throws Exception {
        Path broken = folder.resolve("broken.png");
        Files.writeString(broken, "no picture");
        List<Path> files = List.of(photos.resolve("test/red/0.png"), photos.resolve("test/blue/0.png"), broken);
        for (HeatmapMethod method : HeatmapMethod.values()) {
            Path out = folder.resolve(method.label());
            HeatmapJob.Request request = HeatmapJob.Request.of(run, 2, method, "green");
            assertEquals(2, HeatmapJob.write(request, files, out, 1));
            List<Path> written;
            try (var all = Files.walk(out)) {
                written = all.filter(Files::isRegularFile).toList();
            }
            assertEquals(2, written.size(), written.toString());
            for (Path file : written) {
                assertTrue(file.toString().endsWith("0.heatmap.png"));
                RgbImage picture = ImageDecoder.decode(file);
                assertEquals(40, picture.width());
                assertTrue(picture.height() > 40, "a scale is below the photo");
            }
        }
    }

    @Test
    void refusesWhatIsNotThere() {
        for (InputException e : List.of(
                assertThrows(
                        InputException.class, () -> HeatmapJob.Request.of(run, null, HeatmapMethod.GRAD_CAM, "purple")),
                assertThrows(InputException.class, () -> HeatmapJob.Request.of(run, 99, HeatmapMethod.GRAD_CAM, null)),
                assertThrows(InputException.class, () -> HeatmapMethod.parse("x-ray")))) {
            assertTrue(e.getMessage().contains("give "), e.getMessage());
        }
        HeatmapJob.Request request = HeatmapJob.Request.of(run, null, HeatmapMethod.GRAD_CAM, null);
        assertNull(request.label());
        assertThrows(
                InputException.class, () -> HeatmapJob.write(request, List.of(), run.resolve(RunFolder.CONFIG), 1));
    }

    /** The rank cuts the network, so that it cuts the answer too; memory stays as it is over many maps. */
    @Test
    void ranksDifferAndTwoHundredMapsLeaveNoTensors() throws Exception {
        RgbImage photo = ImageDecoder.decode(photos.resolve("test/red/0.png"));
        long before = Tensors.kept();
        float[] whole;
        try (HeatmapJob job = HeatmapJob.open(RunFolder.open(run), HeatmapMethod.GRAD_CAM, 1)) {
            whole = job.of(photo, null).explanation().probabilities();
            long open = Tensors.kept();
            long bytes = 0;
            for (int i = 0; i < 200; i++) {
                job.of(photo, i % 3);
                if (i == 20) {
                    bytes = Pointer.totalBytes();
                }
                assertEquals(open, Tensors.kept());
            }
            assertEquals(bytes, Pointer.totalBytes());
            Heatmap again = job.of(photo, null);
            assertArrayEquals(whole, again.explanation().probabilities());
        }
        try (HeatmapJob job = HeatmapJob.open(RunFolder.open(run).at(1), HeatmapMethod.OCCLUSION, 1)) {
            float[] cut = job.of(photo, null).explanation().probabilities();
            assertFalse(Arrays.equals(whole, cut), Arrays.toString(cut));
        }
        assertEquals(before, Tensors.kept());
    }

    @Test
    void reportsShowMapsAtARankAndSayWhatIsMissing() throws Exception {
        Path out = folder.resolve("report.html");
        String with = Files.readString(Report.write(run, out, null, new HeatmapChoice(HeatmapMethod.GRAD_CAM, 2, 1)));
        assertTrue(with.contains("id=\"looked\"") && with.contains("grad-cam, adapters cut to rank 2"));
        assertTrue(with.contains("a hint, not a proof"));
        assertTrue(with.contains("id=\"heat-right\"") || with.contains("id=\"heat-wrong\""));
        String without = Files.readString(Report.write(run, out, null, null));
        assertFalse(without.contains("id=\"looked\""));
        Path copy = Files.createDirectories(folder.resolve("copy"));
        try (var files = Files.list(run)) {
            for (Path file : files.toList()) {
                if (!file.endsWith(RunFolder.BEST)) {
                    Files.copy(file, copy.resolve(file.getFileName()));
                }
            }
        }
        String bare =
                Files.readString(Report.write(copy, out, null, new HeatmapChoice(HeatmapMethod.GRAD_CAM, null, 1)));
        assertTrue(bare.contains("What the network looked at cannot be shown"));
        Path gone = Files.createDirectories(folder.resolve("gone"));
        String noPhotos =
                Files.readString(Report.write(run, out, gone, new HeatmapChoice(HeatmapMethod.GRAD_CAM, null, 1)));
        assertTrue(noPhotos.contains("could not be read in " + gone) && !noPhotos.contains("id=\"heat-right\""));
    }
}
