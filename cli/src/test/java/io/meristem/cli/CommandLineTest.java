package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.NamedTypes;
import io.meristem.rank.Scorer;
import io.meristem.rank.StableRankScorer;
import io.meristem.tune.DyLora;
import io.meristem.tune.Method;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Commands that need neither photos nor the engine, and what is said to a command line that cannot be understood. */
@ExtendWith(TemporaryHome.class)
class CommandLineTest {

    @ParameterizedTest
    @CsvSource({
        "alexnet, 4, 0.55",
        "alexnet, 8, 1.11",
        "alexnet, 16, 2.21",
        "mobilenet_v2, 4, 0.41",
        "mobilenet_v2, 8, 0.83",
        "mobilenet_v2, 16, 1.66",
        "regnety_040, 4, 1.34",
        "regnety_040, 8, 2.69",
        "regnety_040, 16, 5.37",
        "convnext_xlarge, 4, 6.29",
        "convnext_xlarge, 8, 12.57",
        "convnext_xlarge, 16, 25.14"
    })
    void sizesAreThoseOfTheStudy(String model, int rank, double mib) throws IOException {
        Shell shell = Shell.run(
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
                        "--json")
                .succeeds();
        assertEquals(
                mib, new ObjectMapper().readTree(shell.out()).get("adapter_mib").asDouble());
        assertEquals("", shell.err());
    }

    /** Ranks that a weight cannot use are counted as a training holds them, unless it is the study's. */
    @Test
    void sizesHoldRanksToWhatALayerCanUse() throws IOException {
        Object[] line = {"size", "--model", "mobilenet_v2_035", "--classes", 2, "--rank", 64, "--json"};
        JsonNode held = new ObjectMapper().readTree(Shell.run(line).succeeds().out());
        Object[] paper = Arrays.copyOf(line, line.length + 2);
        paper[line.length] = "--preset";
        paper[line.length + 1] = "paper";
        JsonNode whole = new ObjectMapper().readTree(Shell.run(paper).succeeds().out());
        assertTrue(held.get("held_layers").asInt() > 0, held.toString());
        assertEquals(0, whole.get("held_layers").asInt());
        assertEquals(
                64 * whole.get("numbers_per_rank").asLong(),
                whole.get("adapter_numbers").asLong());
        assertTrue(
                2 * held.get("adapter_numbers").asLong()
                        < whole.get("adapter_numbers").asLong(),
                held + " " + whole);
    }

    @ParameterizedTest
    @CsvSource({"regnety_040, 74.67, 19573991", "convnext_xlarge, 1328.2, 348178703"})
    void wholeNetworksToo(String model, double mib, long parameters) throws IOException {
        Shell shell = Shell.run("size", "--model", model, "--classes", 15, "--method", "full", "--json")
                .succeeds();
        JsonNode json = new ObjectMapper().readTree(shell.out());
        assertEquals(mib, json.get("model_mib").asDouble(), 0.05);
        assertEquals(parameters, json.get("parameters").asLong());
    }

    @Test
    void sizesPrintForPeople() {
        Shell shell = Shell.run("size", "--model", "alexnet", "--classes", 15).succeeds();
        assertTrue(shell.out().contains("adapter mib"), shell.out());
        Shell.run("size", "--model", "alexnet", "--classes", 1).refuses("at least 2 classes");
        Shell.run("size", "--model", "alexnet", "--classes", 5, "--rank", 0).refuses("--rank");
        Shell.run("size", "--model", "alexnut", "--classes", 5).refuses("alexnut", "alexnet");
    }

    @Test
    void modelsAreListed() throws IOException {
        Shell plain = Shell.run("models").succeeds();
        assertTrue(plain.out().contains("convnext_xlarge") && plain.out().contains("mobilenet_v2"), plain.out());
        JsonNode json = new ObjectMapper()
                .readTree(Shell.run("models", "--json").succeeds().out());
        assertTrue(json.size() > 10);
        json.forEach(model -> assertTrue(model.get("parameters").asLong() > 100_000, model.toString()));
    }

    @Test
    void weightsAreListed() throws IOException {
        Shell plain = Shell.run("weights", "list").succeeds();
        assertTrue(plain.out().contains("imagenet1k_v1") && plain.out().contains("licence"), plain.out());
        JsonNode json = new ObjectMapper()
                .readTree(Shell.run("weights", "list", "--json").succeeds().out());
        json.forEach(source -> {
            assertTrue(source.get("url").asText().startsWith("https://"), source.toString());
            assertFalse(source.get("here").asBoolean());
        });
    }

    @Test
    void unknownWeightsAreNotPulled() {
        Shell.run("weights", "pull", "resnet9000").refuses("resnet9000");
        Shell.run("weights", "pull", "mobilenet_v2", "--tag", "mine").refuses("mine", "weights list");
        Shell.run("weights", "pull", "mobilenet_v2_035").refuses("mobilenet_v2_035");
    }

    static List<List<String>> misunderstood() {
        return List.of(
                List.of("meristem"),
                List.of("meristem", "trian"),
                List.of("meristem", "--nonsense"),
                List.of("meristem train", "train"),
                List.of("meristem train", "train", "--data", "x"),
                List.of("meristem train", "train", "--data", "x", "--out", "y", "--epoch", "3"),
                List.of("meristem train", "train", "--data", "x", "--out", "y", "--epochs", "three"),
                List.of("meristem train", "train", "--data", "x", "--out", "y", "--method", "magic"),
                List.of("meristem train", "train", "--data", "x", "--out", "y", "--scorer", "magic"),
                List.of("meristem train", "train", "--data", "x", "--out", "y", "--head-start", "magic"),
                List.of("meristem train", "train", "--data", "x", "--out", "y", "--lr"),
                List.of("meristem train", "train", "--data", "x", "--out", "y", "--mean", "a,b,c"),
                List.of("meristem evaluate", "evaluate"),
                List.of("meristem evaluate", "evaluate", "run", "--split", "most"),
                List.of("meristem predict", "predict", "run"),
                List.of("meristem ranks", "ranks"),
                List.of("meristem size", "size", "--model", "alexnet"),
                List.of("meristem synth", "synth", "--out", "x", "--kind", "trees"),
                List.of("meristem models", "models", "surplus"),
                List.of("meristem weights pull", "weights", "pull"),
                List.of("meristem weights", "weights"));
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.MethodSource("misunderstood")
    void aCommandLineThatCannotBeUnderstoodGetsOneSentence(List<String> line) {
        Shell shell = Shell.run(line.subList(1, line.size()).toArray());
        shell.refuses("Try '" + line.get(0) + " --help'");
        assertEquals("", shell.out());
    }

    @Test
    void theSentenceNamesOptionAndValue() {
        Shell.run("train", "--data", "x", "--out", "y", "--epochs", "three").refuses("--epochs", "three");
        Shell.run("train", "--data", "x", "--out", "y", "--method", "magic").refuses("--method", "magic", "DRA");
        Shell.run("train", "--data", "x", "--out", "y", "--epoch", "3").refuses("--epoch");
        Shell.run("ranks", "--data", "x", "--scorer", "magic").refuses("--scorer", "magic", "stable-rank");
    }

    /** A rank of MobileNetV2 takes 25,876 numbers, biases 17,056; 2 % are 44,477 and 0.3 MiB 78,643. */
    @ParameterizedTest
    @CsvSource({"2%, bias, 1, 42932", "2%, none, 1, 25876", "0.3MiB, none, 3, 77628", "0.3, affine, 1, 59988"})
    void aBudgetChoosesTheRankWhoseSizeIsShown(String budget, String norm, int rank, long numbers) throws IOException {
        Object[] line = {
            "size", "--model", "mobilenet_v2", "--classes", 5, "--budget", budget, "--train-norm", norm, "--json"
        };
        JsonNode json = new ObjectMapper().readTree(Shell.run(line).succeeds().out());
        assertEquals(rank, json.get("rank").asInt(), json.toString());
        assertEquals(numbers, json.get("adapter_numbers").asLong(), json.toString());
    }

    @Test
    void everyScorerCanBeChosenAndIsInTheHelp() {
        ScorerNames words = new ScorerNames();
        for (String command : List.of("train", "demo", "ranks")) {
            String help = Shell.run(command, "--help").succeeds().out().replaceAll("\\s+", " ");
            for (Scorer scorer : Scorer.all()) {
                assertEquals(scorer, words.convert(scorer.label()));
                assertTrue(help.contains(scorer.label() + " (" + scorer.about() + ")"), command + ": " + help);
            }
        }
        assertEquals(new StableRankScorer(), words.convert("Stable-Rank"));
    }

    @Test
    void everyMethodHasANameOnTheCommandLine() {
        assertEquals(
                NamedTypes.of(Method.class).keySet(),
                Arrays.stream(MethodOptions.Name.values())
                        .map(MethodOptions.Name::word)
                        .collect(Collectors.toSet()));
        assertEquals(MethodOptions.Name.DYLORA, MethodOptions.Name.of(DyLora.DEFAULT));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "demo", "train", "evaluate", "predict", "ranks", "size", "models", "weights", "synth"})
    void helpIsThereForEveryCommand(String command) {
        Shell shell = command.isEmpty() ? Shell.run("--help") : Shell.run(command, "--help");
        assertTrue(shell.succeeds().out().contains("Usage: meristem"), shell.out());
        if (!command.isEmpty()) {
            assertTrue(Shell.run("help", command).succeeds().out().contains("Usage: meristem " + command));
        }
        assertTrue(Shell.run("--version").succeeds().out().startsWith("meristem "));
    }

    @Test
    void everyOptionIsExplained() {
        List<String> silent = new ArrayList<>();
        explain(Main.commandLine(), silent);
        assertEquals(List.of(), silent);
    }

    private static void explain(CommandLine command, List<String> silent) {
        String name = command.getCommandSpec().qualifiedName();
        if (command.getCommandSpec().usageMessage().description().length == 0) {
            silent.add(name);
        }
        for (OptionSpec option : command.getCommandSpec().options()) {
            if (option.description().length == 0 || option.description()[0].isBlank()) {
                silent.add(name + " " + option.longestName());
            }
        }
        for (PositionalParamSpec parameter : command.getCommandSpec().positionalParameters()) {
            if (parameter.description().length == 0) {
                silent.add(name + " " + parameter.paramLabel());
            }
        }
        command.getSubcommands().values().forEach(sub -> explain(sub, silent));
    }

    @Test
    void anEngineFailureIsOneLineAndNotTheUsersDoing() {
        RuntimeException e = assertThrows(RuntimeException.class, () -> {
            try (PointerScope scope = new PointerScope()) {
                torch.zeros(2, 3).reshape(7);
            }
        });
        assertTrue(e.getMessage().lines().count() > 3, "the engine's message has a trace");
        Shell shell = fail(e);
        assertEquals(1, shell.code());
        assertEquals(1, shell.err().lines().count(), shell.err());
        assertTrue(shell.err().contains("The engine failed: ") && shell.err().contains("[7]"), shell.err());
    }

    @Test
    void aFullDiskIsOneLine() {
        Shell shell = fail(new IOException("No space left on device"));
        assertEquals(1, shell.code());
        assertEquals(
                "meristem: Reading or writing failed: No space left on device",
                shell.err().strip());
    }

    @Test
    void ourOwnMistakesShowWhole() {
        for (Exception e : List.of(
                new IllegalStateException("no such state"),
                new IllegalArgumentException("not the user's"),
                new NullPointerException("null"))) {
            Shell shell = fail(e);
            assertEquals(1, shell.code());
            assertTrue(shell.err().contains(e.getClass().getName()), shell.err());
            assertTrue(shell.err().lines().count() > 3, shell.err());
        }
    }

    @CommandLine.Command(name = "fail")
    private static final class Failing implements java.util.concurrent.Callable<Integer> {
        private final Exception failure;

        Failing(Exception failure) {
            this.failure = failure;
        }

        @Override
        public Integer call() throws Exception {
            throw failure;
        }
    }

    private static Shell fail(Exception e) {
        java.io.StringWriter out = new java.io.StringWriter();
        java.io.StringWriter err = new java.io.StringWriter();
        int code = Main.commandLine()
                .addSubcommand(new Failing(e))
                .setExecutionExceptionHandler(Main::explain)
                .setOut(new java.io.PrintWriter(out))
                .setErr(new java.io.PrintWriter(err))
                .execute("fail");
        return new Shell(code, out.toString(), err.toString());
    }
}
