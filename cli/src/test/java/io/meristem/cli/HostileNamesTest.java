package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.Escape;
import io.meristem.artifact.PhotoAnswer;
import io.meristem.artifact.RunFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Classes, photos and folders whose names are orders to a terminal, formulas, HTML, Markdown or Python, through every command. */
@ExtendWith(TemporaryHome.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HostileNamesTest {

    private static final List<String> CLASSES = usable(
            "esc\u001b]0;PWNED\u0007\u001b[31mred",
            "new\nline",
            "=cmd()",
            "-1+2",
            "<script>alert(1)",
            "a\"\"\"b```c| [y](z)",
            "\u202egnp",
            "c1\u009b31m");

    private static final Set<String> TEXTS = Set.of("txt", "md", "html", "csv", "json", "jsonl", "tex");

    private static final String ESC = "\u001b[2J";

    @TempDir
    static Path folder;

    private static Path photos;
    private static Path work;
    private static Path run;
    private static Path other;
    private static Shell training;

    /** Those that this system can write. */
    private static List<String> usable(String... names) {
        return Arrays.stream(names)
                .filter(name -> {
                    try {
                        return Path.of(name).toString().equals(name);
                    } catch (InvalidPathException e) {
                        return false;
                    }
                })
                .toList();
    }

    @BeforeAll
    static void train() throws IOException {
        photos = PhotoFolders.write(folder.resolve("photos" + ESC), 5, CLASSES.toArray(String[]::new));
        work = Files.createDirectory(folder.resolve("work"));
        for (String name : CLASSES) {
            Path of = photos.resolve(name);
            Files.move(of.resolve("0.png"), of.resolve("-0" + ESC + "\n.png"));
            Files.move(of.resolve("1.png"), of.resolve("=1\u0007.png"));
            Files.write(of.resolve("torn" + ESC + ".png"), new byte[] {1, 2, 3});
        }
        Path first = photos.resolve(CLASSES.get(0));
        Files.copy(first.resolve("2.png"), first.resolve("copy" + ESC + ".png"), StandardCopyOption.REPLACE_EXISTING);
        run = work.resolve("run" + ESC);
        other = work.resolve("other\u0007");
        training = train(run, "--method", "lora");
        train(other, "--method", "head");
    }

    private static Shell train(Path out, Object... method) {
        List<Object> line = new ArrayList<>(List.of("train", "--data", photos, "--out", out));
        line.addAll(List.of("--model", "mobilenet_v2_035", "--weights", "starter", "--size", 32, "--batch", 8));
        line.addAll(List.of("--precision", "fp32", "--threads", 1, "--epochs", 1));
        line.addAll(Arrays.asList(method));
        return Shell.run(line.toArray()).succeeds();
    }

    private static void assertPlain(String what, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            assertFalse(
                    c != '\n' && Escape.steers(c),
                    what + " holds " + Escape.escape(c) + " in: "
                            + Escape.line(text.substring(Math.max(0, i - 60), Math.min(text.length(), i + 60))));
        }
    }

    static Stream<List<Object>> commands() {
        Path photo = photos.resolve(CLASSES.get(0)).resolve("-0" + ESC + "\n.png");
        Path torn = photos.resolve(CLASSES.get(0)).resolve("torn" + ESC + ".png");
        Path study = work.resolve("study" + ESC);
        return Stream.of(
                List.of(
                        "data",
                        "check",
                        photos,
                        "--json",
                        work.resolve("check.json"),
                        "--html",
                        work.resolve("check.html"),
                        "--groups-out",
                        work.resolve("groups.csv"),
                        "--threads",
                        1),
                List.of("evaluate", run, "--threads", 1, "--predictions", work.resolve("answers.csv")),
                List.of("evaluate", run, "--data", photos, "--json", "--threads", 1),
                List.of("evaluate", run, "--split", "val", "--perturb", "noise", "--threads", 1),
                List.of("predict", run, photo, torn, "--threads", 1),
                List.of("predict", run, photo, torn, "--threads", 1, "--top", 9, "--format", "csv"),
                List.of("predict", run, photo, torn, "--threads", 1, "--format", "jsonl"),
                List.of("predict", run, photo, "--threads", 1, "--heatmap", work.resolve("maps" + ESC)),
                List.of("compare", run, other, "--list", "--threads", 1),
                List.of("compare", run, other, "--json", "--threads", 1),
                List.of("calibrate", run, "--threads", 1),
                List.of(
                        "ranks",
                        "--data",
                        photos,
                        "--model",
                        "mobilenet_v2_035",
                        "--weights",
                        "starter",
                        "--size",
                        32,
                        "--threads",
                        1),
                List.of("report", run, "--out", work.resolve("run" + ESC + ".html")),
                List.of("export", run, "--format", "merged", "--to", work.resolve("m\"" + ESC + ".safetensors")),
                List.of("export", run, "--format", "safetensors", "--to", work.resolve("a" + ESC + ".safetensors")),
                List.of("export", run, "--format", "peft", "--merge-grouped", "--to", work.resolve("peft" + ESC)),
                List.of("export", run, "--format", "onnx", "--to", work.resolve("o" + ESC + ".onnx")),
                List.of(
                        "study",
                        "--preset",
                        "table3",
                        "--data",
                        photos,
                        "--precision",
                        "fp32",
                        "--models",
                        "mobilenet_v2_035",
                        "--weights",
                        "mobilenet_v2_035=starter",
                        "--size",
                        32,
                        "--epochs",
                        1,
                        "--seeds",
                        "4,",
                        "--batch-size",
                        8,
                        "--methods",
                        "lora r=4,",
                        "--threads",
                        1,
                        "--out",
                        study),
                List.of("report", study, "--out", work.resolve("study" + ESC + ".html")),
                List.of("train", "--resume", run),
                // Sentences.
                List.of("train", "--data", photos, "--out", run, "--model", "mobilenet_v2_035", "--weights", "starter"),
                List.of("evaluate", work.resolve("gone" + ESC)),
                List.of("evaluate", run, "--data", work.resolve("gone" + ESC)),
                List.of("predict", run, work.resolve("gone" + ESC + "\u0007.jpg")),
                List.of("report", "gone\u001b[1m"),
                List.of("export", run, "--format", "x\u001b[1m"),
                List.of("gone\u001b[1m"));
    }

    @ParameterizedTest(name = "{index}")
    @MethodSource("commands")
    @Order(1)
    void noCommandPrintsThem(List<Object> line) {
        Shell shell = Shell.run(line.toArray());
        String command = line.stream().map(String::valueOf).collect(Collectors.joining(" "));
        assertPlain("standard output of " + Escape.line(command), shell.out());
        assertPlain("standard error of " + Escape.line(command), shell.err());
        assertFalse(shell.err().contains("Exception"), shell.err());
        boolean refused = command.contains("gone") || line.contains("x\u001b[1m") || command.endsWith("starter");
        assertEquals(refused ? 2 : 0, shell.code(), command + "\n" + shell.err());
    }

    @Test
    @Order(2)
    void noFileForPeopleHoldsThem() throws IOException {
        assertPlain("train", training.out() + training.err());
        int seen = 0;
        try (Stream<Path> files = Files.walk(work)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
                if (TEXTS.contains(name.substring(name.lastIndexOf('.') + 1))) {
                    String text = Files.readString(file);
                    assertPlain(
                            Escape.line(file.toString()),
                            text.replace("\t", " ").replace("\r\n", "\n"));
                    assertFalse(name.endsWith(".html") && text.contains("<script>alert"), file.toString());
                    assertFalse(name.endsWith(".md") && text.contains("\\u001b") && text.contains("\n<script>"));
                    seen++;
                }
            }
        }
        assertTrue(seen > 30, seen + " files");
    }

    @Test
    @Order(3)
    void tablesReadAsTheNamesThatTheyHold() throws IOException {
        RunFolder folderOfRun = RunFolder.open(run);
        assertEquals(CLASSES.stream().sorted().toList(), folderOfRun.classes());
        List<PhotoAnswer> answers = folderOfRun.answers().orElseThrow();
        assertTrue(answers.stream().anyMatch(a -> a.path().contains(ESC))
                || answers.stream().noneMatch(a -> a.path().contains("\\u001b")));
        for (PhotoAnswer answer : answers) {
            assertTrue(Files.exists(photos.resolve(answer.path())), Escape.line(answer.path()));
        }
        String table = Files.readString(run.resolve(RunFolder.PREDICTIONS), StandardCharsets.UTF_8);
        assertEquals(answers.size() + 1, table.lines().count(), "a line a photo");
        assertFalse(table.lines().anyMatch(line -> line.matches("(.*,)?\"?[=@].*")), table);
        String confusion = Files.readString(run.resolve(RunFolder.CONFUSION));
        assertEquals(CLASSES.size() + 1, confusion.lines().count());
        assertTrue(confusion.contains("\n'=cmd(),"), confusion);
    }

    @Test
    @Order(3)
    void theGroupsThatDataCheckWritesAreFoundByTraining() {
        Path out = work.resolve("grouped");
        train(out, "--method", "head", "--groups", work.resolve("groups.csv"));
    }

    @Test
    @Order(3)
    void theCardsPythonIsPython() throws IOException {
        String card = Files.readString(work.resolve("m\"" + ESC + ".safetensors.md"));
        String python = card.substring(card.indexOf("classes = ["), card.indexOf("```", card.indexOf("classes = [")));
        for (String name : CLASSES) {
            assertTrue(python.contains(Escape.python(name)), python);
        }
        assertEquals(1, python.lines().count(), python);
        assertTrue(card.contains("load_file(\"m\\\"\\u001b[2J.safetensors\")"), card);
    }
}
