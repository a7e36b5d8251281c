package io.meristem.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.meristem.CancelToken;
import io.meristem.CancelledException;
import io.meristem.DivergedException;
import io.meristem.ErrorCode;
import io.meristem.Folders;
import io.meristem.InputException;
import io.meristem.artifact.Json;
import io.meristem.data.folder.Split;
import io.meristem.engine.Engine;
import io.meristem.exchange.AdapterFormat;
import io.meristem.exchange.PeftFormat;
import io.meristem.job.CalibrateJob;
import io.meristem.job.CompareJob;
import io.meristem.job.EvaluateJob;
import io.meristem.job.ExportJob;
import io.meristem.job.JobListener;
import io.meristem.job.TrainJob;
import io.meristem.rank.RankOptions;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.Hostile;
import io.meristem.testing.JsonMutations;
import io.meristem.testing.Mutations;
import io.meristem.testing.TinyRuns;
import io.meristem.tune.Method;
import io.meristem.weights.Checksums;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Run folders, and a study's, of ours, of which one file has been changed, given to everything that reads a run. The system property {@code meristem.hostile.seconds} has it
 * search for longer.
 */
class HostileRunsTest {

    private static final int SECONDS = Integer.getInteger("meristem.hostile.seconds", 8);

    @TempDir
    static Path folder;

    private static final String STUDY = "study";

    private static Path photos;
    private static Path weights;
    private static Path cache;
    private static Path sound;

    private static final Map<Path, byte[]> FILES = new LinkedHashMap<>();

    @BeforeAll
    static void train() throws IOException {
        Engine.start(1);
        cache = folder.resolve("cache");
        photos = ColourPhotos.write(folder.resolve("photos"), 6, 4, 5);
        weights = TinyRuns.pretrained(folder);
        sound = folder.resolve("sound");
        train(TinyRuns.lora(), sound, new CancelToken(), JobListener.NONE);
        for (Method method :
                List.of(TinyRuns.dra(RankOptions.DEFAULT), TinyRuns.dyLora(false), TinyRuns.adaLora(4, 2, 0))) {
            Path run = folder.resolve(method.getClass().getSimpleName());
            train(method, run, new CancelToken(), JobListener.NONE);
            remember(run);
            Path stopped = folder.resolve("stopped" + run.getFileName());
            CancelToken token = new CancelToken();
            assertThrows(
                    CancelledException.class,
                    () -> train(method, stopped, token, new JobListener() {
                        @Override
                        public void onStep(int epoch, int step, int steps, double loss) {
                            if (epoch == 2) {
                                token.cancel();
                            }
                        }
                    }));
            remember(stopped);
        }
        StudyFixture.write(folder.resolve(STUDY), photos, List.of("blue", "green", "red"));
        remember(folder.resolve(STUDY));
    }

    private static void train(Method method, Path run, CancelToken token, JobListener listener) {
        TrainJob.run(TinyRuns.run(TinyRuns.train(method, 2, 3), photos, weights), run, cache, 0, listener, token);
    }

    private static void remember(Path run) throws IOException {
        try (Stream<Path> files = Files.walk(run)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                FILES.put(file, Files.readAllBytes(file));
            }
        }
    }

    @AfterAll
    static void useAllThreads() {
        Engine.start(0);
    }

    private static Path fresh(String name) {
        try {
            Folders.delete(folder.resolve(name));
            Folders.delete(folder.resolve(name + ".md"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder.resolve(name);
    }

    private interface Use {
        void of(Path run);
    }

    private static final Map<String, Use> USES = Map.of(
            "report", run -> Report.write(run, folder.resolve("page.html"), null, null),
            "evaluate", run -> EvaluateJob.run(run, null, EvaluateJob.Part.TEST, 1, cache, JobListener.NONE),
            "compare", run -> CompareJob.run(List.of(sound, run), Split.TEST, 7, 1, cache, JobListener.NONE),
            "calibrate", run -> CalibrateJob.run(run, null, 1, cache, JobListener.NONE),
            "export", run -> ExportJob.run(run, null, new AdapterFormat(), fresh("e.safetensors"), 1),
            "export peft", run -> ExportJob.run(run, null, new PeftFormat(true, false), fresh("peft"), 1),
            "resume", run -> TrainJob.resume(run, cache, 0, JobListener.NONE, new CancelToken()));

    @Test
    void changedRunsAreReadOrRefused() throws IOException {
        long end = System.nanoTime() + SECONDS * 1_000_000_000L;
        List<Path> folders =
                FILES.keySet().stream().map(HostileRunsTest::holder).distinct().toList();
        List<String> uses = USES.keySet().stream().sorted().toList();
        int inputs = 0;
        int read = 0;
        Map<String, String> wrong = new TreeMap<>();
        for (long seed = 0; System.nanoTime() < end; seed++) {
            Random random = new Random(seed);
            Path run = folders.get(random.nextInt(folders.size()));
            List<Path> files =
                    FILES.keySet().stream().filter(file -> file.startsWith(run)).toList();
            Path file = files.get(random.nextInt(files.size()));
            String use = run.endsWith(STUDY) ? "report" : uses.get(random.nextInt(uses.size()));
            byte[] input = changed(file, random);
            put(file, input);
            try {
                inputs++;
                read += Hostile.read("run folder, " + use, () -> use(use, run)) ? 1 : 0;
            } catch (RuntimeException | Error e) {
                Path kept = Files.createTempFile("hostile", file.getFileName().toString());
                Files.write(kept, input);
                wrong.putIfAbsent(
                        cause(e),
                        use + " of a run with another " + file.getFileName() + " (seed " + seed + ", kept in " + kept
                                + ")");
            } finally {
                restore(run);
            }
        }
        assertEquals(Map.of(), wrong);
        assertTrue(read > 0 && read < inputs, read + " of " + inputs + " were read");
        Hostile.print();
    }

    /** What the search has found. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    Dra        | config.json     | "folder" : "[^"]*"          | "folder" : "\\u0000"    | compare | no path
                    Dra        | result.json     | "confusion" : \\[ \\[[^\\]]*\\], | "confusion" : [           | export  | square of its classes
                    Dra        | provenance.json | "red" : \\{[^}]*\\}           | "red" : null            | export  | does not count the photos
                    stoppedDra | state.json      | "sizes" : \\[[^\\]]*\\]        | "sizes" : []            | resume  | lacks the sizes
                    stoppedDra | state.json      | "kernels" : \\{[^}]*\\}       | "kernels" : null        | resume  | does not say how
                    stoppedDra | SHA256SUMS      | state.json                  | st\0ate.json            | resume  | SHA256SUMS cannot be read
                    """)
    void whatWasFoundIsRefused(String name, String file, String part, String other, String use, String words)
            throws IOException {
        Path run = folder.resolve(name);
        try {
            for (Path path : FILES.keySet()) {
                if (path.startsWith(run) && path.endsWith(file)) {
                    String text = Files.readString(path);
                    String changed = text.replaceFirst(part, Matcher.quoteReplacement(other.replace("\\0", "\0")));
                    assertNotEquals(text, changed);
                    put(path, changed.getBytes(StandardCharsets.UTF_8));
                }
            }
            InputException e =
                    assertThrows(InputException.class, () -> USES.get(use).of(run));
            assertTrue(e.getMessage().contains(words), e.getMessage());
        } finally {
            restore(run);
        }
    }

    @Test
    void numbersThatAreNoneAreRefused() throws IOException {
        Path best = sound.resolve("best.safetensors");
        byte[] whole = Files.readAllBytes(best);
        byte[] broken = whole.clone();
        Arrays.fill(broken, broken.length - Float.BYTES, broken.length, (byte) 0xff);
        try {
            Files.write(best, broken);
            InputException e = assertThrows(
                    InputException.class, () -> USES.get("evaluate").of(sound));
            assertTrue(e.getMessage().contains("holds NaN or infinite numbers in "), e.getMessage());
        } finally {
            Files.write(best, whole);
        }
    }

    /** What a stranger may put in the place of a file or a folder. */
    private static final List<String> STANDINS = List.of(
            "link to a file outside",
            "link to a folder outside",
            "link to nowhere",
            "link to itself",
            "link to a device",
            "link within",
            "pipe",
            "folder");

    /** Places that a configuration may name. */
    private static final List<String> PLACES =
            List.of("/", "/proc", "/dev/fd", "//./", "photos", "..", "/nowhere", "/proc/self/root");

    /** Links, pipes and folders in the place of files, and photos said to be anywhere: nothing outside is waited for, written or deleted. */
    @Test
    void linksPipesAndPlacesAreRefused() throws Exception {
        Path outside = folder.resolve("outside");
        String before = standOutside(outside);
        List<Path> folders =
                FILES.keySet().stream().map(HostileRunsTest::holder).distinct().toList();
        List<String> uses = USES.keySet().stream().sorted().toList();
        long end = System.nanoTime() + SECONDS * 500_000_000L;
        int inputs = 0;
        for (long seed = 0; System.nanoTime() < end || seed < 40; seed++) {
            Random random = new Random(seed);
            Path run = folders.get(random.nextInt(folders.size()));
            String use = run.endsWith(STUDY) ? "report" : uses.get(random.nextInt(uses.size()));
            String what = random.nextInt(4) == 0 && !run.endsWith(STUDY)
                    ? otherPlace(run, PLACES.get(random.nextInt(PLACES.size())))
                    : standIn(run, STANDINS.get(random.nextInt(STANDINS.size())), outside, random);
            try {
                inputs++;
                assertTimeoutPreemptively(
                        Duration.ofSeconds(60),
                        () -> Hostile.read("run folder with links, " + use, () -> use(use, run)));
                assertEquals(before, listing(outside));
            } catch (RuntimeException | Error e) {
                throw new AssertionError(use + " of " + run.getFileName() + " with " + what + ", seed " + seed, e);
            } finally {
                restore(run);
            }
        }
        assertTrue(inputs >= 40);
        Hostile.print();
    }

    private static String standOutside(Path outside) throws IOException {
        Path old = Files.createDirectories(outside.resolve("epoch-0009-step-000000"));
        Files.writeString(old.resolve("state.json"), "{}");
        Files.writeString(outside.resolve("precious.txt"), "precious\n");
        return listing(outside);
    }

    private static String listing(Path outside) throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.walk(outside)) {
            for (Path file : files.sorted().toList()) {
                all.append(outside.relativize(file)).append(Files.isDirectory(file) ? "" : Files.readString(file));
            }
        }
        return all.toString();
    }

    private static String otherPlace(Path run, String place) throws IOException {
        Path config = run.resolve("config.json");
        String text = Files.readString(config);
        String changed = text.replaceFirst("\"folder\" : \"[^\"]*\"", "\"folder\" : \"" + place + "\"");
        assertNotEquals(text, changed);
        put(config, changed.getBytes(StandardCharsets.UTF_8));
        return "photos in " + place;
    }

    private static String standIn(Path run, String what, Path outside, Random random) throws Exception {
        List<Path> places = new ArrayList<>(
                FILES.keySet().stream().filter(file -> file.startsWith(run)).toList());
        for (String name : List.of("lock", "test-looks.jsonl", "checkpoints", "calibration.json", "runs", "tables")) {
            places.add(run.resolve(name));
        }
        Path place = places.get(random.nextInt(places.size()));
        Folders.delete(place);
        Files.createDirectories(place.getParent());
        switch (what) {
            case "link to a file outside" -> Files.createSymbolicLink(place, outside.resolve("precious.txt"));
            case "link to a folder outside" -> Files.createSymbolicLink(place, outside);
            case "link to nowhere" -> Files.createSymbolicLink(place, outside.resolve("made.txt"));
            case "link to itself" -> Files.createSymbolicLink(place, place.getFileName());
            case "link to a device" -> Files.createSymbolicLink(place, Path.of("/dev/zero"));
            case "link within" -> Files.createSymbolicLink(place, run.resolve("config.json"));
            case "folder" -> Files.createDirectory(place);
            default -> new ProcessBuilder("mkfifo", place.toString()).start().waitFor();
        }
        return run.relativize(place) + " as a " + what;
    }

    private static void use(String name, Path run) {
        try {
            USES.get(name).of(run);
        } catch (DivergedException e) {
            // Wrong numbers go wrong in training too; what stops it is a sentence as well.
            throw new InputException(ErrorCode.NOT_FINITE, e, "%s", e.getMessage());
        }
    }

    private static Path holder(Path file) {
        return folder.resolve(folder.relativize(file).getName(0));
    }

    private static String cause(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String at = Stream.of(root.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith("io.meristem"))
                .findFirst()
                .map(StackTraceElement::toString)
                .orElse("");
        return "\n" + root + " " + at;
    }

    /** With the checksum that a checkpoint would have of it, since who makes such a file can make that too. */
    private static void put(Path file, byte[] input) throws IOException {
        Files.delete(file); // it may have another name
        Files.write(file, input);
        Path sums = file.resolveSibling("SHA256SUMS");
        if (FILES.containsKey(sums) && !sums.equals(file)) {
            String name = file.getFileName().toString();
            StringBuilder lines = new StringBuilder();
            for (String line : Files.readAllLines(sums)) {
                lines.append(line.endsWith("  " + name) ? Checksums.sha256(file) + "  " + name : line)
                        .append('\n');
            }
            Files.delete(sums);
            Files.writeString(sums, lines);
        }
    }

    private static void restore(Path run) throws IOException {
        Folders.delete(run);
        for (Map.Entry<Path, byte[]> entry : FILES.entrySet()) {
            if (entry.getKey().startsWith(run)) {
                Files.createDirectories(entry.getKey().getParent());
                Files.write(entry.getKey(), entry.getValue());
            }
        }
    }

    private static byte[] changed(Path file, Random random) throws IOException {
        byte[] bytes = FILES.get(file);
        String name = file.getFileName().toString();
        if (random.nextInt(3) > 0 && name.endsWith(".json")) {
            return Json.pretty(JsonMutations.change(Json.read(file, JsonNode.class), random))
                    .getBytes(StandardCharsets.UTF_8);
        }
        if (random.nextInt(3) > 0 && name.endsWith(".jsonl")) {
            StringBuilder lines = new StringBuilder();
            for (JsonNode line : Json.lines(file, JsonNode.class)) {
                JsonNode changed = random.nextBoolean() ? line : JsonMutations.change(line, random);
                lines.append(Json.line(changed)).append('\n');
            }
            return lines.toString().getBytes(StandardCharsets.UTF_8);
        }
        return Mutations.change(bytes, random);
    }
}
