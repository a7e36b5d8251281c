package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** That the commands work and say what they should; what they measure is nobody's business here. */
@ExtendWith(TemporaryHome.class)
class PlanAndBenchTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"fp32", "bf16"})
    void thePlanNamesEveryAdaptedLayer(String precision) throws IOException {
        Shell shell = Shell.run(
                        "plan",
                        "--model",
                        "mobilenet_v2_035",
                        "--size",
                        32,
                        "--batch",
                        2,
                        "--rank",
                        2,
                        "--precision",
                        precision,
                        "--plan",
                        "measured",
                        "--threads",
                        1,
                        "--json")
                .succeeds();
        JsonNode plan = new ObjectMapper().readTree(shell.out());
        assertEquals(52, plan.get("layers").size());
        assertEquals("features.0.0", plan.at("/layers/0/layer").asText());
        assertEquals("MERGED", plan.at("/layers/0/way/form").asText());
        assertTrue(plan.at("/layers/0/milliseconds").asDouble() > 0);
        assertEquals(precision, plan.at("/compute/precision").asText().toLowerCase(java.util.Locale.ROOT));
    }

    /** What a training goes by when nothing is said. */
    @Test
    void nothingIsTimedUnlessAsked() {
        Object[] plan = {"plan", "--model", "mobilenet_v2_035", "--size", 32, "--batch", 2, "--threads", 1};
        Shell shell = Shell.run(plan).succeeds();
        assertTrue(shell.out().contains("Nothing was timed"), shell.out());
        assertTrue(
                shell.out().lines().anyMatch(line -> line.contains("features.0.0") && line.endsWith(" -")),
                shell.out());
        Object[] file = Arrays.copyOf(plan, plan.length + 2);
        file[plan.length] = "--plan";
        file[plan.length + 1] = folder;
        Shell.run(file).refuses("kind or measured");
        file[plan.length + 1] = "";
        Shell.run(file).refuses("--plan is empty");
    }

    @Test
    void aStepIsTimedForEveryMethod() throws IOException {
        Shell shell = Shell.run(
                        "bench",
                        "step",
                        "--model",
                        "mobilenet_v2_035",
                        "--size",
                        32,
                        "--batch",
                        4,
                        "--rank",
                        2,
                        "--rounds",
                        2,
                        "--plan",
                        "kind",
                        "--threads",
                        1,
                        "--json")
                .succeeds();
        JsonNode report = new ObjectMapper().readTree(shell.out());
        for (String field : new String[] {
            "floor_ms", "lora_ms", "dra_ms", "same_ms", "full_ms", "lora_over_floor", "dra_allocation_ms", "threads"
        }) {
            assertTrue(report.get(field).asDouble() > 0, field);
        }
        assertTrue(report.get("precision").asText().matches("fp32|bf16"));
    }

    @Test
    void aCurveIsWrittenDownForOthersToRepeat() throws IOException {
        Shell shell = Shell.run(
                        "bench",
                        "curve",
                        "--model",
                        "mobilenet_v2_035",
                        "--size",
                        32,
                        "--batch",
                        4,
                        "--rank",
                        2,
                        "--steps",
                        9,
                        "--precision",
                        "fp32",
                        "--dump",
                        folder,
                        "--threads",
                        1,
                        "--json")
                .succeeds();
        JsonNode losses = new ObjectMapper().readTree(shell.out()).get("losses");
        assertEquals(9, losses.size());
        assertTrue(losses.get(8).asDouble() < losses.get(0).asDouble(), "the same batch again, and nothing learned");
        assertEquals(12 + 4L * (4 * 32 * 32 * 3 * 4 + 4 * 8), Files.size(folder.resolve("batches.bin")));
        assertEquals(35, Files.readAllLines(folder.resolve("layers.txt")).size());
        assertTrue(Files.exists(folder.resolve("weights.safetensors")));
        assertTrue(Files.exists(folder.resolve("adapter.safetensors")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plan --model nonsense",
                "plan --size 8",
                "plan --batch 0",
                "plan --classes 1",
                "plan --precision fp64",
                "bench",
                "bench step --rounds 0",
                "bench step --methods magic",
                "bench step --rank 0",
                "bench step --device cuda --size 32"
            })
    void badInputGetsOneSentence(String line) {
        Shell.run((Object[]) line.split(" ")).refuses();
    }
}
