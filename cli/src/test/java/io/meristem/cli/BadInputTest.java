package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.execute.Network;
import io.meristem.weights.NetworkState;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything that a user may get wrong about photos, weights and settings: one sentence, exit code 2, and no run folder. */
@ExtendWith(TemporaryHome.class)
class BadInputTest {

    private static final String MODEL = "mobilenet_v2_035";

    @TempDir
    static Path folder;

    private static Path photos;
    private static Path weights;

    @TempDir
    Path place;

    @BeforeAll
    static void prepare() throws IOException {
        photos = PhotoFolders.write(folder.resolve("photos"), 6, "healthy", "rust");
        weights = write(folder.resolve("weights.safetensors"), MODEL);
    }

    @AfterEach
    void nothingIsLeft() {
        assertFalse(Files.exists(place.resolve("run")), "a run folder was left");
    }

    private static Path write(Path file, String model) throws IOException {
        try (Network network = new Network(Models.find(model), 10)) {
            NetworkState.write(file, network.materialize(1), NetworkState.ALL, Map.of());
        }
        return file;
    }

    /** A training that would work, but for {@code more}. */
    private Shell train(Path data, Object... more) {
        List<Object> line = new ArrayList<>(List.of("train", "--data", data, "--model", MODEL, "--size", 32));
        line.addAll(List.of("--epochs", 1, "--batch", 8, "--threads", 1, "--method", "lora", "--rank", 2));
        line.addAll(List.of("--out", place.resolve("run"), "--cache", folder.resolve("cache")));
        if (!Arrays.asList(more).contains("--weights")) {
            line.add("--from-scratch");
        }
        line.addAll(Arrays.asList(more));
        return Shell.run(line.toArray());
    }

    @Test
    void folders() throws IOException {
        train(place.resolve("nowhere")).refuses("There is no folder", "nowhere");
        train(weights).refuses("is a file");
        train(Files.createDirectory(place.resolve("empty"))).refuses("no image");
        train(PhotoFolders.write(place.resolve("single"), 4, "rust")).refuses("single class", "rust");
        Path loose = PhotoFolders.write(place.resolve("loose"), 4, "rust", "scab");
        Files.createDirectory(loose.resolve("nothing"));
        train(loose).refuses("nothing", "no image");
    }

    @Test
    void aPathThatIsEmptyIsNotTheWorkingFolder() {
        Shell.run("train", "--data", photos, "--out", "").refuses("'--out'", "it is empty");
        Shell.run("data", "check", "").refuses("it is empty");
        Shell.run("predict", "run", "photo.jpg", "--heatmap", "").refuses("'--heatmap'", "it is empty");
        Shell.run("data", "check", photos, "--json", "a\0b").refuses("'--json'", "no file of this name");
    }

    @Test
    void aClassWithoutAReadableImage() throws IOException {
        Path data = PhotoFolders.write(place.resolve("data"), 5, "good", "better");
        Path bad = Files.createDirectory(data.resolve("torn"));
        for (int i = 0; i < 5; i++) {
            Files.writeString(bad.resolve(i + ".jpg"), "this is no photo");
        }
        train(data).refuses("torn", "no readable image");
    }

    @Test
    void strictStopsAtACorruptImage() throws IOException {
        Path data = PhotoFolders.write(place.resolve("data"), 8, "good", "better");
        Path bad = data.resolve("good").resolve("3.png");
        byte[] whole = Files.readAllBytes(bad);
        Files.write(bad, Arrays.copyOf(whole, whole.length / 3));
        train(data, "--strict").refuses("good/3.png", "cannot be read");
    }

    @Test
    void weightsOfAnotherNetwork() throws IOException {
        Path other = write(place.resolve("other.safetensors"), "mobilenet_v2_050");
        train(photos, "--weights", other).refuses("other.safetensors", "does not fit " + MODEL);
    }

    @Test
    void damagedWeights() throws IOException {
        byte[] whole = Files.readAllBytes(weights);
        Path torn = place.resolve("torn.safetensors");
        for (int length : new int[] {0, 5, 200, whole.length / 2, whole.length - 1}) {
            Files.write(torn, Arrays.copyOf(whole, length));
            train(photos, "--weights", torn).refuses("torn.safetensors");
        }
        byte[] zip = pickled("cos\nsystem\n(S'true'\ntR.");
        Path pth = place.resolve("torn.pth");
        for (int length : new int[] {4, 40, zip.length / 2, zip.length - 1}) {
            Files.write(pth, Arrays.copyOf(zip, length));
            train(photos, "--weights", pth).refuses("torn.pth");
        }
        Files.writeString(pth, "<html>log in first</html>");
        train(photos, "--weights", pth).refuses("torn.pth");
        train(photos, "--weights", place.resolve("none.pth")).refuses("no weights file", "none.pth");
        train(photos, "--weights", place).refuses("is a folder");
    }

    @Test
    void aPickleThatCallsAFunction() throws IOException {
        Path victim = place.resolve("victim");
        Path pth = place.resolve("evil.pth");
        Files.write(pth, pickled("cposix\nsystem\n(S'touch " + victim + "'\ntR."));
        train(photos, "--weights", pth).refuses("evil.pth", "asks to call", "posix.system");
        assertFalse(Files.exists(victim));
    }

    /** A checkpoint in PyTorch's zip layout with this pickle. */
    private static byte[] pickled(String pickle) throws IOException {
        var bytes = new java.io.ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setMethod(ZipOutputStream.STORED);
            Map<String, String> parts = new java.util.LinkedHashMap<>();
            parts.put("archive/data.pkl", pickle);
            parts.put("archive/version", "3\n");
            for (Map.Entry<String, String> part : parts.entrySet()) {
                byte[] content = part.getValue().getBytes(StandardCharsets.US_ASCII);
                ZipEntry entry = new ZipEntry(part.getKey());
                CRC32 crc = new CRC32();
                crc.update(content);
                entry.setSize(content.length);
                entry.setCrc(crc.getValue());
                zip.putNextEntry(entry);
                zip.write(content);
            }
        }
        return bytes.toByteArray();
    }

    @Test
    void officialWeightsThatAreNotHere() {
        Shell.run("train", "--data", photos, "--out", place.resolve("run"))
                .refuses("not downloaded yet", "weights pull mobilenet_v2");
        Shell.run("train", "--data", photos, "--model", MODEL, "--out", place.resolve("run"))
                .refuses("--weights", "--from-scratch");
    }

    static List<List<String>> settings() {
        return List.of(
                List.of("--epochs", "0"),
                List.of("--batch", "0"),
                List.of("--rank", "0"),
                List.of("--rank", "-4"),
                List.of("--lr", "0"),
                List.of("--lr", "NaN"),
                List.of("--head-lr", "-1"),
                List.of("--weight-decay", "-1"),
                List.of("--optimizer", "sgd", "--momentum", "1"),
                List.of("--warmup-epochs", "-1"),
                List.of("--clip", "-1"),
                List.of("--label-smoothing", "1"),
                List.of("--adapter-dropout", "1"),
                List.of("--lora-alpha", "-1"),
                List.of("--method", "dra", "--alpha", "1.5"),
                List.of("--method", "dra", "--gamma", "-0.1"),
                List.of("--method", "dra", "--rank-min", "5", "--rank-max", "4"),
                List.of("--method", "dra", "--budget", "-1"),
                List.of("--method", "dra", "--budget", "0%"),
                List.of("--method", "dra", "--budget", "200%"),
                List.of("--method", "dra", "--budget", "0.01%"),
                List.of("--method", "dra", "--budget", "two"),
                List.of("--method", "adalora", "--budget", "0.001%"),
                List.of("--method", "dra", "--budget", "auto", "--cost-aware"),
                List.of("--method", "dra", "--rank", "0"),
                List.of("--method", "dra", "--rank", "4", "--budget", "2%"),
                List.of("--method", "dra", "--budget", "0.0001"),
                List.of("--method", "dra", "--calibration-epochs", "0"),
                List.of("--method", "dra", "--calibration-batch", "2"),
                List.of("--method", "adalora", "--target-rank", "0"),
                List.of("--method", "adalora", "--target-rank", "8", "--init-rank", "4"),
                List.of("--method", "adalora", "--target-rank", "8", "--budget", "1"),
                List.of("--method", "adalora", "--budget", "0.00001"),
                List.of("--method", "adalora", "--budget", "-1"),
                List.of("--method", "adalora", "--t-init", "0.7", "--t-final", "0.3"),
                List.of("--method", "adalora", "--t-final", "-0.1"),
                List.of("--method", "adalora", "--delta-t", "0"),
                List.of("--method", "adalora", "--beta1", "1"),
                List.of("--method", "adalora", "--beta2", "0"),
                List.of("--method", "adalora", "--orthogonality", "NaN"),
                List.of("--method", "dylora", "--rank-min", "0"),
                List.of("--method", "dylora", "--rank-min", "9", "--rank-max", "8"),
                List.of("--method", "dylora", "--dylora-ranks", "32"),
                List.of("--method", "head", "--head", "adapted"),
                List.of("--val", "0.6", "--test", "0.5"),
                List.of("--limit-per-class", "-1"),
                List.of("--groups", "/no/such/table.csv"),
                List.of("--group-column", "leaf"),
                List.of("--size", "16"),
                List.of("--size", "-1"),
                List.of("--size", "100000"),
                List.of("--crop", "0"),
                List.of("--std", "0"),
                List.of("--std", "NaN"),
                List.of("--mean", "NaN"),
                List.of("--mean", "0.5,0.5"),
                List.of("--model", "mobilenet_v3"),
                List.of("--model", ""));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void settingsThatCannotBeUsed(List<String> options) {
        List<Object> given = new ArrayList<>(options);
        // An option may not be given twice.
        Shell shell = Shell.run(replaced(given).toArray());
        shell.refuses();
        assertEquals("", shell.out());
    }

    static List<Arguments> settingsBesideFactors() {
        return List.of(
                Arguments.of(List.of("--method", "full", "--train-norm", "bias"), "trains scales and biases"),
                Arguments.of(List.of("--method", "full", "--train-norm", "affine"), "leave --train-norm out"),
                Arguments.of(List.of("--method", "head", "--train-norm", "bias"), "--method lora with --rank 0"),
                Arguments.of(
                        List.of("--model", "alexnet", "--size", "64", "--train-norm", "affine"), "no normalisation"),
                Arguments.of(List.of("--train-norm", "scale"), "--train-norm"),
                Arguments.of(List.of("--rank", "0"), "--train-norm bias or affine"),
                Arguments.of(List.of("--rank", "0", "--train-norm", "none"), "at least 1, not 0"),
                Arguments.of(List.of("--rank", "-1", "--train-norm", "bias"), "not be negative"),
                Arguments.of(
                        List.of("--method", "dra", "--budget", "0.001", "--train-norm", "affine"), "no room for ranks"),
                Arguments.of(
                        List.of("--method", "dra", "--budget", "0.1%", "--train-norm", "affine"), "no room for ranks"),
                Arguments.of(
                        List.of("--method", "adalora", "--budget", "0.001", "--train-norm", "affine"),
                        "what trains of the normalisation"),
                Arguments.of(
                        List.of("--method", "lora", "--budget", "0.001"), "rank 1 on each of 52 layers, which takes"),
                Arguments.of(
                        List.of("--method", "lora", "--budget", "0.1%"), "rank 1 on each of 52 layers, which takes"),
                Arguments.of(
                        List.of("--method", "lora", "--budget", "0.02", "--train-norm", "bias"),
                        "MiB of what trains of the normalisation"),
                Arguments.of(List.of("--method", "lora", "--budget", "0%"), "buys no adapter"),
                Arguments.of(List.of("--method", "lora", "--budget", "200%"), "more than the network itself"),
                Arguments.of(List.of("--method", "lora", "--budget", "0"), "buys no adapter"),
                Arguments.of(List.of("--method", "dra", "--budget", "0"), "buys no adapter"),
                Arguments.of(List.of("--method", "lora", "--budget", "-1"), "buys no adapter"),
                Arguments.of(List.of("--method", "lora", "--budget", "1e400"), "buys no adapter"),
                Arguments.of(List.of("--method", "lora", "--budget", "2%", "--rank", "4"), "leave one of them out"),
                Arguments.of(List.of("--method", "adalora", "--budget", "0%"), "buys no adapter"),
                Arguments.of(List.of("--method", "adalora", "--budget", "200%"), "more than the network itself"),
                Arguments.of(
                        List.of("--method", "adalora", "--budget", "1%", "--train-norm", "affine"),
                        "what trains of the normalisation"),
                Arguments.of(
                        List.of("--method", "dylora", "--budget", "2%", "--rank-max", "4"), "leave one of them out"),
                Arguments.of(List.of("--method", "dylora", "--budget", "0.1%"), "rank 1 on each of 52 layers"),
                Arguments.of(List.of("--method", "full", "--budget", "2%"), "--method full has none"),
                Arguments.of(List.of("--method", "head", "--budget", "0.4"), "--method head has none"),
                Arguments.of(
                        List.of("--method", "dra", "--cost-power", "0.5"),
                        "scorers spectrum, spectrum-whitened or update"),
                Arguments.of(
                        List.of("--method", "dra", "--scorer", "cka", "--cost-power", "0.5"),
                        "scorers spectrum, spectrum-whitened or update"),
                Arguments.of(
                        List.of("--method", "dra", "--scorer", "spectrum", "--cost-power", "1.5"), "lie in 0 to 1"),
                Arguments.of(
                        List.of("--method", "dra", "--scorer", "spectrum-whitened", "--cost-power", "NaN"),
                        "lie in 0 to 1"),
                Arguments.of(
                        List.of(
                                "--method",
                                "dra",
                                "--scorer",
                                "spectrum",
                                "--cost-power",
                                "0",
                                "--budget",
                                "2%",
                                "--cost-aware"),
                        "leave one of them out"),
                Arguments.of(List.of("--method", "dra", "--kappa", "2"), "--scorer alignment"),
                Arguments.of(List.of("--method", "dra", "--scorer", "alignment", "--kappa", "0"), "must be positive"),
                Arguments.of(
                        List.of("--method", "dra", "--scorer", "alignment", "--kappa", "Infinity"), "must be positive"),
                Arguments.of(
                        List.of("--method", "dra", "--scorer", "alignment", "--kappa", "2", "--budget", "2%"),
                        "--budget says how large the adapters are, and so does --kappa"),
                Arguments.of(
                        List.of("--method", "dra", "--scorer", "alignment", "--kappa", "2", "--rank", "4"),
                        "--rank says how large the adapters are, and so does --kappa"),
                Arguments.of(
                        List.of("--method", "dra", "--scorer", "gradient", "--alpha", "0.2"),
                        "--alpha is a setting of the scorers cka or cka-normalised: choose one"),
                Arguments.of(List.of("--method", "full", "--use-rslora"), "no use for --use-rslora"),
                Arguments.of(List.of("--method", "full", "--no-lora-relative"), "no use for --no-lora-relative"),
                Arguments.of(
                        List.of("--method", "lora", "--lora-scaling", "alpha/r", "--use-rslora"),
                        "--use-rslora is the scaling"),
                Arguments.of(List.of("--ema", "1"), "[0, 1)"),
                Arguments.of(List.of("--ema", "-0.1"), "[0, 1)"),
                Arguments.of(List.of("--ema", "NaN"), "[0, 1)"),
                Arguments.of(List.of("--ema", "much"), "--ema"),
                Arguments.of(List.of("--lr-ratio", "0"), "must be positive"),
                Arguments.of(List.of("--lr-ratio", "-4"), "must be positive"),
                Arguments.of(List.of("--lr-ratio", "NaN"), "must be positive"),
                Arguments.of(List.of("--lr-ratio", "Infinity"), "must be positive"),
                Arguments.of(List.of("--method", "full", "--lr-ratio", "4"), "leave --lr-ratio out"),
                Arguments.of(List.of("--method", "full", "--loraplus-lr-ratio=4"), "leave --loraplus-lr-ratio out"),
                Arguments.of(List.of("--method", "head", "--lr-ratio", "4"), "leave --lr-ratio out"),
                Arguments.of(List.of("--method", "head", "--lr", "0.01"), "give --head-lr in its place"),
                Arguments.of(List.of("--method", "adalora", "--lr-ratio", "4"), "leave --lr-ratio out"),
                Arguments.of(List.of("--lora-scaling", "alpha/2"), "alpha/sqrt(r)"),
                Arguments.of(List.of("--lora-scaling", "alpha", "--use-rslora"), "leave one of them out"),
                Arguments.of(List.of("--lora-scaling", "alpha/r", "--rank-stabilised"), "leave one of them out"),
                Arguments.of(List.of("--init-lora-weights", "zeros"), "--init-lora-weights"),
                Arguments.of(List.of("--method", "adalora", "--init-lora-weights", "gradient"), "AdaLoRA"));
    }

    /** What trains beside the factors, how these are scaled and start, and averages. */
    @ParameterizedTest
    @MethodSource("settingsBesideFactors")
    void settingsBesideFactorsThatCannotBeUsed(List<String> options, String said) {
        Shell shell = Shell.run(replaced(new ArrayList<>(options)).toArray());
        shell.refuses(said);
        assertEquals("", shell.out());
    }

    private List<Object> replaced(List<Object> options) {
        Map<Object, Object> line = new java.util.LinkedHashMap<>();
        Object[] usual = {
            "--data",
            photos,
            "--model",
            MODEL,
            "--size",
            32,
            "--epochs",
            1,
            "--batch",
            8,
            "--threads",
            1,
            "--method",
            "lora",
            "--out",
            place.resolve("run"),
            "--cache",
            folder.resolve("cache")
        };
        for (int i = 0; i < usual.length; i += 2) {
            line.put(usual[i], usual[i + 1]);
        }
        List<Object> flags = new ArrayList<>(List.of("train", "--from-scratch", "--json"));
        for (int i = 0; i < options.size(); i++) {
            if (i + 1 < options.size()) {
                line.put(options.get(i), options.get(++i));
            } else {
                flags.add(options.get(i));
            }
        }
        line.forEach((option, value) -> {
            flags.add(option);
            flags.add(value);
        });
        return flags;
    }

    static List<Arguments> settingsOfUpdates() {
        return List.of(
                Arguments.of(
                        List.of("--method", "lora", "--updates", "carry"),
                        "The method lora has no use for --updates: leave it out, or choose the method with --method dra."),
                Arguments.of(
                        List.of("--method", "adalora", "--update-when", "once", "--start-size", "2"),
                        "has no use for --update-when, --start-size: leave them out"),
                Arguments.of(
                        List.of("--method", "full", "--update-at", "0.5"), "has no use for --update-at: leave it out"),
                Arguments.of(List.of("--scorer", "gradient"), "The method lora has no use for --scorer"),
                Arguments.of(List.of("--method", "head", "--rank", "4"), "The method head has no use for --rank"),
                Arguments.of(List.of("--method", "dra", "--t-init", "0.2"), "choose the method with --method adalora"),
                Arguments.of(
                        List.of("--method", "full", "--lora-alpha", "4"),
                        "choose the method with --method dra or lora or adalora or dylora"),
                Arguments.of(List.of("--method", "dra", "--updates", "jump"), "none, merge, restart, warm, carry"),
                Arguments.of(List.of("--method", "dra", "--update-when", "never"), "--update-when"),
                Arguments.of(
                        List.of("--method", "dra", "--update-when", "once", "--update-at", "0"),
                        "must lie between 0 and 1, not 0.0"),
                Arguments.of(
                        List.of("--method", "dra", "--update-when", "once", "--update-at", "1"),
                        "must lie between 0 and 1, not 1.0"),
                Arguments.of(List.of("--method", "dra", "--update-at", "0.5"), "give --update-when once with it"),
                Arguments.of(
                        List.of("--method", "dra", "--update-when", "once", "--start-size", "0"),
                        "must be positive, not 0.0"),
                Arguments.of(List.of("--method", "dra", "--start-size", "1.5"), "give --update-when once with it"),
                Arguments.of(
                        List.of("--method", "dra", "--updates", "none", "--update-when", "settled"),
                        "ranks that are never updated"),
                Arguments.of(List.of("--method", "dra", "--updates", "carry", "--no-updates"), "leave one of them out"),
                Arguments.of(
                        List.of("--method", "dra", "--scorer", "update", "--no-updates"),
                        "equal ranks until an update gives others"),
                Arguments.of(
                        List.of("--method", "dra", "--scorer", "update", "--updates", "restart"), "scorer uniform"));
    }

    @ParameterizedTest
    @MethodSource("settingsOfUpdates")
    void updatesThatMakeNoSense(List<String> options, String word) {
        Shell shell = Shell.run(replaced(new ArrayList<>(options)).toArray());
        shell.refuses(word);
        assertEquals("", shell.out());
    }

    @Test
    void beforeTrainingTheScorerUpdateHasNothingToSee() {
        Shell.run("ranks", "--data", photos, "--model", MODEL, "--size", 32, "--from-scratch", "--scorer", "update")
                .refuses("The scorer update looks at a trained update, and before any training there is none");
    }

    @Test
    void settingsOfOtherCommands() throws IOException {
        Shell.run("demo", "--out", place.resolve("d"), "--epochs", 0).refuses("epochs");
        Shell.run("demo", "--out", place.resolve("d"), "--per-class", 0).refuses("0");
        Shell.run("demo", "--out", photos).refuses("is not empty");
        assertFalse(Files.exists(place.resolve("d")));
        Shell.run("ranks", "--data", photos, "--model", MODEL, "--size", 32, "--from-scratch", "--alpha", 7)
                .refuses("alpha");
        Shell.run("size", "--model", MODEL, "--classes", 2, "--method", "full", "--train-norm", "bias")
                .refuses("leave --train-norm out");
        Shell.run("size", "--model", MODEL, "--classes", 2, "--rank", 0).refuses("at least 1");
        Shell.run("size", "--model", MODEL, "--classes", 2, "--budget", "0%").refuses("buys no adapter");
        Shell.run("size", "--model", MODEL, "--classes", 2, "--budget", "200%").refuses("more than the network");
        Shell.run("size", "--model", MODEL, "--classes", 2, "--budget", "0.01%").refuses("which takes");
        Shell.run("size", "--model", MODEL, "--classes", 2, "--budget", "auto").refuses("give a size");
        Shell.run("size", "--model", MODEL, "--classes", 2, "--budget", "2%", "--rank", 4)
                .refuses("leave one of them out");
        Shell.run("size", "--model", MODEL, "--classes", 2, "--budget", "2%", "--method", "full")
                .refuses("full fine-tuning has none");
        Shell.run("size", "--model", "alexnet", "--classes", 2, "--train-norm", "affine")
                .refuses("no normalisation");
        Shell.run("ranks", "--data", place.resolve("none"), "--model", MODEL, "--from-scratch")
                .refuses("no folder");
        Shell.run("ranks", "--data", photos, "--model", MODEL, "--size", 32, "--weights", place.resolve("no.pth"))
                .refuses("no.pth");
        Shell.run("synth", "--out", place.resolve("s"), "--size", 3).refuses("size");
        Shell.run("synth", "--out", place.resolve("s"), "--per-class", 0).refuses("0");
        Shell.run("synth", "--out", photos, "--size", 32).refuses(photos.toString());
        assertFalse(Files.exists(place.resolve("s")));
    }

    @Test
    void runsThatAreNone() throws IOException {
        Shell.run("evaluate", place.resolve("none")).refuses("There is no run folder");
        Shell.run("evaluate", photos).refuses("is not a run folder");
        Shell.run("predict", photos, photos).refuses("is not a run folder");
        Shell.run("report", photos).refuses("neither a run nor a study", photos.toString());
        Shell.run("report", place.resolve("none")).refuses("There is no folder");
        Shell.run("report").refuses("RUN|STUDY");
        Path fake = Files.createDirectory(place.resolve("fake"));
        Files.writeString(fake.resolve("config.json"), "{}");
        Shell.run("evaluate", fake).refuses("stopped before its first epoch ended");
        Files.writeString(fake.resolve("best.safetensors"), "");
        Shell.run("evaluate", fake).refuses("config.json");
        new ObjectMapper().writeValue(fake.resolve("config.json").toFile(), Map.of("model", 3));
        Shell.run("predict", fake, photos).refuses("config.json");
        assertTrue(Files.exists(fake));
    }
}
