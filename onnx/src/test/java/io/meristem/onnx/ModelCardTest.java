package io.meristem.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.meristem.Meristem;
import io.meristem.artifact.RunFolder;
import io.meristem.engine.Engine;
import io.meristem.exchange.AdapterFormat;
import io.meristem.exchange.ExportFormat;
import io.meristem.exchange.MergedFormat;
import io.meristem.exchange.PeftFormat;
import io.meristem.job.CalibrateJob;
import io.meristem.job.ExportJob;
import io.meristem.job.JobListener;
import io.meristem.job.TrainJob;
import io.meristem.predict.Answer;
import io.meristem.predict.Guess;
import io.meristem.predict.Predictor;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import io.meristem.tune.NormPolicy;
import io.meristem.tune.TrainConfig;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What model cards say is so, and their code runs. */
class ModelCardTest {

    /** Names a Python with the packages that cards import, where {@code python3} has them not. */
    private static final String PYTHON = "MERISTEM_PYTHON";

    private static final String PACKAGES = "numpy, onnxruntime, peft, PIL, safetensors, torch, torchvision";

    private static final Pattern CODE = Pattern.compile("```python\n(.*?)```", Pattern.DOTALL);
    private static final Pattern ROW =
            Pattern.compile("^\\| (input|output) `(\\w+)` \\| (\\w+) \\| \\(([^)]*)\\) \\|", Pattern.MULTILINE);

    @TempDir
    static Path folder;

    private static Path run;
    private static final Map<String, Path> CARDS = new LinkedHashMap<>();

    @BeforeAll
    static void export() throws IOException {
        Engine.start(1);
        Path photos = ColourPhotos.write(folder.resolve("photos"), 8, 12, 1);
        run = folder.resolve("run");
        // Statistics that fit the photos: behind random ones all photos look alike.
        TrainConfig training = TrainConfig.builder(TinyRuns.lora(), 4, 8, 1, TinyRuns.FALLING)
                .norm(NormPolicy.RECALIBRATED)
                .build();
        TrainJob.run(
                TinyRuns.run(training, photos, TinyRuns.pretrained(folder)),
                run,
                folder.resolve("cache"),
                JobListener.NONE);
        CalibrateJob.run(run, null, 1, folder.resolve("cache"), JobListener.NONE);
        assertNotEquals(1, RunFolder.open(run).temperature().orElseThrow());
        Map<String, ExportFormat> formats = new LinkedHashMap<>();
        formats.put("merged.safetensors", new MergedFormat());
        formats.put("adapter.safetensors", new AdapterFormat());
        formats.put("peft", new PeftFormat(true, false));
        formats.put("images.onnx", new OnnxFormat(OnnxInput.IMAGES, checked -> {}));
        formats.put("photos.onnx", new OnnxFormat(OnnxInput.PHOTOS, checked -> {}));
        for (Map.Entry<String, ExportFormat> format : formats.entrySet()) {
            CARDS.put(
                    format.getKey(),
                    ExportJob.run(run, null, format.getValue(), folder.resolve(format.getKey()), 1)
                            .card());
        }
    }

    @Test
    void everyCardTurnsPhotosUprightAndPutsWhiteBehindThem() throws IOException {
        for (Path card : CARDS.values()) {
            String text = Files.readString(card);
            assertTrue(text.contains("ImageOps.exif_transpose"), card.toString());
            assertTrue(text.contains("alpha_composite"), card.toString());
            assertTrue(text.contains("probabilities are calibrated"), card.toString());
            assertFalse(text.contains("not calibrated"), card.toString());
        }
    }

    /** Names, types and shapes in the card's table are those of the file. */
    @Test
    void theTableIsThatOfTheFile() throws Exception {
        for (String name : List.of("images.onnx", "photos.onnx")) {
            Map<String, String> said = new TreeMap<>();
            Matcher row = ROW.matcher(Files.readString(CARDS.get(name)));
            while (row.find()) {
                said.put(row.group(1) + " " + row.group(2), row.group(3) + " " + row.group(4));
            }
            Map<String, String> found = new TreeMap<>();
            GraphProto graph = ModelProto.parseFrom(Files.readAllBytes(folder.resolve(name)))
                    .getGraph();
            graph.getInputList().forEach(value -> found.put("input " + value.getName(), shape(value)));
            graph.getOutputList().forEach(value -> found.put("output " + value.getName(), shape(value)));
            assertEquals(found, said);
        }
    }

    private static String shape(ValueInfoProto value) {
        TypeProto.Tensor type = value.getType().getTensorType();
        String sides = type.getShape().getDimList().stream()
                .map(side -> side.getDimParam().isEmpty() ? String.valueOf(side.getDimValue()) : side.getDimParam())
                .collect(Collectors.joining(", "));
        return (type.getElemType() == DataType.FLOAT.getNumber() ? "float32" : "uint8") + " " + sides;
    }

    @Test
    void theCodeOfEveryCardGivesOurAnswer() throws Exception {
        String python = python();
        assumeTrue(
                python != null,
                "The code of model cards was not run: it needs a Python with " + PACKAGES + "; the variable " + PYTHON
                        + " may name one.");
        List<Path> photos = List.of(turned(), transparent());
        StringBuilder script = new StringBuilder("import shutil\n");
        List<String> expected = new ArrayList<>();
        try (Predictor predictor = Meristem.predictor(run)) {
            for (Path photo : photos) {
                Answer answer = predictor.predict(photo);
                requireToMatter(answer, predictor.predict(plain(photo)));
                script.append("shutil.copy(r'").append(photo).append("', 'leaf.jpg')\n");
                for (Path card : CARDS.values()) {
                    Matcher code = CODE.matcher(Files.readString(card));
                    StringBuilder blocks = new StringBuilder();
                    while (code.find()) {
                        blocks.append(code.group(1)).append('\n');
                    }
                    Path block = folder.resolve("card" + expected.size() + ".py");
                    Files.writeString(block, blocks);
                    script.append("exec(compile(open(r'")
                            .append(block)
                            .append("', encoding='utf-8').read(), r'")
                            .append(card)
                            .append("', 'exec'), {})\n");
                    expected.add(answer.guesses().get(0).name() + " "
                            + answer.guesses().get(0).probability());
                }
            }
        }
        List<String> lines = lines(python, script.toString());
        assertEquals(expected.size(), lines.size(), lines.toString());
        for (int i = 0; i < lines.size(); i++) {
            String[] ours = expected.get(i).split(" ");
            String[] theirs = lines.get(i).split(" ");
            assertEquals(ours[0], theirs[0], i + ": " + lines);
            assertEquals(Double.parseDouble(ours[1]), Double.parseDouble(theirs[1]), 0.005, i + ": " + lines);
        }
    }

    /** The probability that the first answer gives its class, and the second the same class, are far apart. */
    private static void requireToMatter(Answer answer, Answer plain) {
        String name = answer.guesses().get(0).name();
        double other = plain.guesses().stream()
                .filter(guess -> guess.name().equals(name))
                .mapToDouble(Guess::probability)
                .sum();
        double own = answer.guesses().get(0).probability();
        assertTrue(Math.abs(own - other) > 0.03, own + " and " + other + " are too near to tell them apart");
    }

    /** What a program sees that knows neither of orientation nor of transparency. */
    private static Path plain(Path photo) throws IOException {
        BufferedImage stored = ImageIO.read(photo.toFile());
        BufferedImage rgb = new BufferedImage(stored.getWidth(), stored.getHeight(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < stored.getHeight(); y++) {
            for (int x = 0; x < stored.getWidth(); x++) {
                rgb.setRGB(x, y, stored.getRGB(x, y));
            }
        }
        Path file = folder.resolve("plain.png");
        ImageIO.write(rgb, "png", file.toFile());
        return file;
    }

    private static List<String> lines(String python, String script) throws Exception {
        Path file = folder.resolve("cards.py");
        Files.writeString(file, script);
        Path out = folder.resolve("cards.out");
        Path err = folder.resolve("cards.err");
        Process process = new ProcessBuilder(python, "-W", "ignore", file.toString())
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        assertTrue(process.waitFor(5, TimeUnit.MINUTES), "the code of the cards does not end");
        assertEquals(0, process.exitValue(), Files.readString(err));
        return Files.readAllLines(out);
    }

    /** The first Python that has all packages, or null. */
    private static String python() throws Exception {
        String named = System.getenv(PYTHON);
        for (String candidate : named == null ? new String[] {"python3"} : new String[] {named}) {
            try {
                Process process = new ProcessBuilder(candidate, "-c", "import " + PACKAGES)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
                if (process.waitFor(2, TimeUnit.MINUTES) && process.exitValue() == 0) {
                    return candidate;
                }
            } catch (IOException e) {
                continue; // no such program
            }
        }
        return null;
    }

    /** Red over blue when upright; stored lying on its side. It is not scaled: Pillow rounds between its two passes, we do not. */
    private static Path turned() throws IOException {
        BufferedImage image = new BufferedImage(60, TinyRuns.SIZE, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setColor(Color.BLUE);
        g.fillRect(0, 0, 60, TinyRuns.SIZE);
        g.setColor(Color.RED);
        g.fillRect(0, 0, 28, 20);
        g.dispose();
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        ImageIO.write(image, "jpg", jpeg);
        byte[] tiff = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0};
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(jpeg.toByteArray(), 0, 2);
        out.writeBytes(new byte[] {(byte) 0xff, (byte) 0xe1, 0, (byte) (2 + 6 + tiff.length)});
        out.writeBytes("Exif\0\0".getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(tiff);
        out.write(jpeg.toByteArray(), 2, jpeg.size() - 2);
        return Files.write(folder.resolve("turned.jpg"), out.toByteArray());
    }

    /** Green with holes, under which red is stored. */
    private static Path transparent() throws IOException {
        BufferedImage image = new BufferedImage(TinyRuns.SIZE, TinyRuns.SIZE, BufferedImage.TYPE_INT_ARGB);
        for (int y = 0; y < TinyRuns.SIZE; y++) {
            for (int x = 0; x < TinyRuns.SIZE; x++) {
                image.setRGB(x, y, x > 10 && y > 5 ? 0x00f00000 : (128 + x) << 24 | 0x20c020);
            }
        }
        Path file = folder.resolve("transparent.png");
        ImageIO.write(image, "png", file.toFile());
        return file;
    }
}
