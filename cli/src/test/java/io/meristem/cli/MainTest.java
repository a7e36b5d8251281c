package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands as a user types them. */
class MainTest {

    private static final int BAD = 2;

    @TempDir
    static Path shared;

    private static Path photos;

    @TempDir
    Path folder;

    private record Said(int code, String out, String err) {}

    private static Said run(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.run(
                new PrintWriter(out),
                new PrintWriter(err),
                Arrays.stream(args).map(String::valueOf).toArray(String[]::new));
        return new Said(code, out.toString(), err.toString());
    }

    private Said train(Path data, Object... more) {
        List<Object> given = Arrays.asList(more);
        List<Object> args = new ArrayList<>(List.of("train", "--data", data, "--cache", shared.resolve("cache")));
        args.addAll(List.of("--model", "mobilenet_v2_035", "--size", 32, "--batch", 8, "--out", folder.resolve("run")));
        if (!given.contains("--epochs")) {
            args.addAll(List.of("--epochs", 1));
        }
        if (!given.contains("--method")) {
            args.addAll(List.of("--method", "head"));
        }
        if (!given.contains("--weights")) {
            args.add("--from-scratch");
        }
        args.addAll(List.of(more));
        return run(args.toArray());
    }

    @BeforeAll
    static void paint() throws Exception {
        photos = shared.resolve("photos");
        paint(photos.resolve("green"), 12, 0x20a020);
        paint(photos.resolve("red"), 12, 0xa02020);
    }

    private static void paint(Path classFolder, int count, int colour) throws Exception {
        Files.createDirectories(classFolder);
        Random random = new Random(colour);
        for (int i = 0; i < count; i++) {
            BufferedImage image = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
            for (int p = 0; p < 1600; p++) {
                image.setRGB(p % 40, p / 40, colour + random.nextInt(32));
            }
            ImageIO.write(image, "png", classFolder.resolve(i + ".png").toFile());
        }
    }

    private void refused(Said said, String... words) {
        assertEquals(BAD, said.code, said.err);
        assertEquals(
                1,
                said.err
                        .lines()
                        .filter(line -> !line.contains("in the environment"))
                        .count(),
                said.err);
        for (String word : words) {
            assertTrue(said.err.contains(word), word + " in: " + said.err);
        }
        assertFalse(Files.exists(folder.resolve("run")), "a run folder was left behind");
    }

    @ParameterizedTest
    @CsvSource({
        "alexnet,4,0.55", "alexnet,8,1.11", "alexnet,16,2.21",
        "mobilenet_v2,4,0.41", "mobilenet_v2,8,0.83", "mobilenet_v2,16,1.66",
        "regnety_040,4,1.34", "regnety_040,8,2.69", "regnety_040,16,5.37",
        "convnext_xlarge,4,6.29", "convnext_xlarge,8,12.57", "convnext_xlarge,16,25.14"
    })
    void theTwelveSizesOfTheStudy(String model, int rank, double mib) throws Exception {
        Said said = run(
                "size",
                "--model",
                model,
                "--classes",
                15,
                "--method",
                "lora",
                "--rank",
                rank,
                "--preset",
                "paper",
                "--json");
        assertEquals(0, said.code, said.err);
        assertEquals(
                mib, new ObjectMapper().readTree(said.out).get("adapter_mib").doubleValue());
    }

    @ParameterizedTest
    @ValueSource(strings = {"demo", "train", "evaluate", "predict", "ranks", "size", "models", "weights", "synth"})
    void everyCommandExplainsItself(String command) {
        Said said = run(command, "--help");
        assertEquals(0, said.code);
        assertTrue(said.out.contains("Usage: meristem " + command), said.out);
    }

    @Test
    void listsAreThere() throws Exception {
        assertTrue(run("models").out.contains("regnety_040"));
        assertTrue(run("weights", "list").out.contains("imagenet1k_v1"));
        JsonNode models = new ObjectMapper().readTree(run("models", "--json").out);
        assertEquals(23, models.size());
    }

    @Test
    void trainsEvaluatesAndPredicts() throws Exception {
        Said trained = train(photos, "--json");
        assertEquals(0, trained.code, trained.err);
        assertTrue(new ObjectMapper().readTree(trained.out).has("test"));
        Path run = folder.resolve("run");
        assertTrue(run("evaluate", run, "--cache", shared.resolve("cache")).out.contains("accuracy"));
        Path note = Files.writeString(folder.resolve("note.jpg"), "no picture");
        Said predicted = run("predict", run, photos.resolve("red"), note, "--json");
        assertEquals(0, predicted.code, predicted.err);
        assertEquals(13, predicted.out.lines().count());
        Said none = run("predict", run, note);
        assertEquals(BAD, none.code);
        assertTrue(none.err.contains("note.jpg"), none.err);
        assertTrue(run("predict", run, folder.resolve("nothing.jpg")).err.contains("There is no photo"));
        Said again = train(photos);
        assertEquals(BAD, again.code);
        assertTrue(again.err.contains("already holds a run"), again.err);

        Path three = folder.resolve("three");
        paint(three.resolve("green"), 3, 0x20a020);
        paint(three.resolve("blue"), 3, 0x2020a0);
        Said other = run("evaluate", run, "--data", three, "--cache", shared.resolve("cache"));
        assertEquals(BAD, other.code);
        assertTrue(other.err.contains("lacks red"), other.err);
    }

    @Test
    void ranksAreShownWithoutTraining() throws Exception {
        Said said = run(
                "ranks",
                "--data",
                photos,
                "--cache",
                shared.resolve("cache"),
                "--model",
                "mobilenet_v2_035",
                "--from-scratch",
                "--size",
                32,
                "--calibration-batch",
                8,
                "--calibration-batches",
                1,
                "--json");
        assertEquals(0, said.code, said.err);
        assertEquals(52, new ObjectMapper().readTree(said.out).get("layers").size());
    }

    @Test
    void aCorruptPhotoIsLeftOutAndNamed() throws Exception {
        Path data = folder.resolve("data");
        paint(data.resolve("green"), 10, 0x20a020);
        paint(data.resolve("red"), 10, 0xa02020);
        byte[] png = Files.readAllBytes(data.resolve("red/0.png"));
        Files.write(data.resolve("red/torn.png"), Arrays.copyOf(png, png.length / 2));
        refused(train(data, "--strict"), "torn.png", "without strict");
        Said said = train(data);
        assertEquals(0, said.code, said.err);
        assertTrue(said.out.contains("1 unreadable"), said.out);
        assertTrue(Files.readString(folder.resolve("run/provenance.json")).contains("red/torn.png"));
    }

    @Test
    void badFoldersAreNamed() throws Exception {
        refused(train(folder.resolve("nowhere")), "nowhere");
        paint(folder.resolve("one/red"), 3, 0xa02020);
        refused(train(folder.resolve("one")), "single class");
        Path data = folder.resolve("data");
        paint(data.resolve("red"), 4, 0xa02020);
        Files.createDirectories(data.resolve("green"));
        Files.writeString(data.resolve("green/a.jpg"), "text");
        refused(train(data), "green", "no readable image");
    }

    @Test
    void badWeightsAreNamed() throws Exception {
        Path missing = folder.resolve("missing.pth");
        refused(train(photos, "--weights", missing), "missing.pth");
        Path cut = Files.write(folder.resolve("cut.safetensors"), new byte[] {40, 0, 0, 0, 0, 0, 0, 0, '{', '"'});
        refused(train(photos, "--weights", cut), "cut.safetensors");
        Path evil = folder.resolve("evil.pth");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(evil))) {
            zip.setMethod(ZipOutputStream.STORED);
            stored(
                    zip,
                    "archive/data.pkl",
                    "\u0080\u0002cos\nsystem\nX\u0004\0\0\0trueq\0\u0085R.".getBytes(StandardCharsets.ISO_8859_1));
            stored(zip, "archive/version", "3\n".getBytes(StandardCharsets.ISO_8859_1));
        }
        refused(train(photos, "--weights", evil), "os.system", "not loaded");
    }

    private static void stored(ZipOutputStream zip, String name, byte[] bytes) throws Exception {
        ZipEntry entry = new ZipEntry(name);
        CRC32 crc = new CRC32();
        crc.update(bytes);
        entry.setSize(bytes.length);
        entry.setCompressedSize(bytes.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(bytes);
        zip.closeEntry();
    }

    @Test
    void wrongOptionsGetOneSentence() {
        refused(train(photos, "--method", "lorra"), "lorra", "--help");
        refused(train(photos, "--epochs", "many"), "many", "--help");
        refused(train(photos, "--budgett", "1"), "--budgett", "--help");
        refused(train(photos, "--epochs", "0"), "epochs");
        refused(train(photos, "--mean", "0.5,0.5"), "--mean");
        refused(train(photos, "--method", "dra", "--budget", "0.0001"), "budget");
        refused(run("train", "--data", photos), "--out");
        refused(run("size", "--model", "mobilenet_v3", "--classes", 3), "mobilenet_v2");
        refused(run("size", "--model", "alexnet", "--classes", 1), "classes");
        refused(run("weights", "pull", "nothing"), "nothing");
        refused(run("weights", "pull", "alexnet", "--tag", "none"), "none");
        refused(run("weights"), "list");
        refused(run("evaluate", folder.resolve("nowhere")), "nowhere");
        refused(run("synth", "--out", photos), "photos");
        refused(run("wrong"), "wrong");
    }
}
