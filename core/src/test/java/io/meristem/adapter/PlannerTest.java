package io.meristem.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import io.meristem.execute.Execution;
import io.meristem.execute.Network;
import io.meristem.job.Memory;
import io.meristem.op.ConvKernels;
import io.meristem.testing.TinyNetworks;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class PlannerTest {

    @TempDir
    Path folder;

    @BeforeAll
    static void oneThread() {
        Engine.start(1);
    }

    @AfterAll
    static void allThreads() {
        Engine.start(0);
    }

    private static AdapterSet adapt(Network network, AdapterOptions options) {
        Map<String, Integer> ranks = TinyNetworks.ranks(network, 2);
        ranks.remove(network.spec().headName());
        return AdapterSet.attach(network, ranks, options, 3);
    }

    @ParameterizedTest
    @EnumSource
    void aMeasuredPlanIsRememberedAndDisturbsNothing(Precision precision) throws IOException {
        long kept = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(1)) {
            network.setPrecision(precision);
            try (AdapterSet adapters = adapt(network, AdapterOptions.DEFAULT)) {
                byte[] random = bytes(Engine.randomState());
                ComputePlan plan = new Planner(network, adapters, 4, 16).measured(PlanMemory.open(folder));
                assertArrayEquals(random, bytes(Engine.randomState()), "timing drew from the training's generator");
                assertEquals(5, plan.rows().size());
                plan.rows().forEach(row -> {
                    assertTrue(row.milliseconds() > 0, row.toString());
                    assertEquals(2, row.rank());
                });
                ComputePlan again = new Planner(network, adapters, 4, 16).measured(PlanMemory.open(folder));
                assertEquals(plan, again, "what was timed was not found again");
                try (var files = Files.list(folder)) {
                    Path file = files.filter(f -> f.toString().endsWith(".json"))
                            .findFirst()
                            .orElseThrow();
                    Files.writeString(file, "{ torn");
                }
                assertEquals(
                        5,
                        new Planner(network, adapters, 4, 16)
                                .measured(PlanMemory.open(folder))
                                .rows()
                                .size());
            }
        }
        assertEquals(kept, Tensors.kept());
    }

    /** Of what is as quick as the quickest, the one that takes least memory; what is slower is not taken, however little it takes. */
    @Test
    void theChoiceCountsMemoryToo() {
        Map<AdapterForm, Double> level = Map.of(AdapterForm.MERGED, 1.0, AdapterForm.TWO_BRANCH, 1.04);
        Map<AdapterForm, Double> slower = Map.of(AdapterForm.MERGED, 1.0, AdapterForm.TWO_BRANCH, 1.06);
        ToLongFunction<AdapterForm> bytes = form -> form == AdapterForm.MERGED ? 2 : 1;
        assertEquals(AdapterForm.TWO_BRANCH, Planner.choice(level, bytes));
        assertEquals(AdapterForm.MERGED, Planner.choice(slower, bytes));
        assertEquals(AdapterForm.MERGED, Planner.choice(level, form -> 1L), "the quicker of two that take the same");
    }

    /** AlexNet's widest layer with the update in its weight, and that weight's gradient, would take 288 MiB in bfloat16, and 216 without the gradient. */
    @Test
    void formsThatTakeFarMoreThanAnotherAreNotTimed() {
        try (PointerScope scope = new PointerScope();
                Network network = new Network(Models.find("alexnet"), 2)) {
            network.materialize(1);
            network.setPrecision(Precision.BF16);
            try (AdapterSet adapters =
                    AdapterSet.attach(network, Map.of("classifier.1", 1, "features.3", 1), AdapterOptions.DEFAULT, 3)) {
                LowRankAdapter wide = adapters.adapters().get("classifier.1");
                LowRankAdapter narrow = adapters.adapters().get("features.3");
                assertEquals(288L << 20, AdapterForm.MERGED.bytes(wide.layer()));
                assertEquals(216L << 20, AdapterForm.LOW_RANK.bytes(wide.layer()));
                assertEquals(List.of(AdapterForm.TWO_BRANCH), Planner.candidates(wide.layer(), wide));
                assertEquals(3, Planner.candidates(narrow.layer(), narrow).size());
            }
        }
    }

    /** What timing took stays with the process otherwise: large blocks are kept for what is made next. */
    @Test
    void memoryThatNothingIsInGoesBack() {
        assumeTrue(Files.isReadable(Path.of("/proc/self/status")), "the system tells no resident size");
        List<Tensor> blocks = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            blocks.add(Tensors.keep(torch.ones(1 << 20))); // 4 MiB each
        }
        Tensor last = Tensors.keep(torch.ones(1 << 20)); // above the others in the heap
        double full = Memory.residentMib();
        blocks.forEach(Tensors::free);
        Engine.giveBackMemory();
        double left = Memory.residentMib();
        Tensors.free(last);
        assertTrue(left < full - 100, full + " MiB, then " + left);
    }

    @Test
    void whoeverTimedFirstDecidesForAll() {
        Planner.Timed quick = new Planner.Timed(new ComputePlan.LayerPlan(AdapterForm.MERGED, ConvKernels.NATIVE), 1);
        Planner.Timed slow = new Planner.Timed(new ComputePlan.LayerPlan(AdapterForm.LOW_RANK, ConvKernels.NATIVE), 2);
        PlanMemory first = PlanMemory.open(folder);
        PlanMemory second = PlanMemory.open(folder);
        first.put("both", quick);
        first.put("one", quick);
        first.save();
        second.put("both", slow);
        second.put("other", slow);
        second.save();
        assertEquals(quick, second.get("both"));
        PlanMemory later = PlanMemory.open(folder);
        assertEquals(List.of(quick, quick, slow), List.of(later.get("both"), later.get("one"), later.get("other")));
    }

    /** A file that can be read as what it should be, but for a number, a word or a row that is another one: what it says is not taken. */
    @Test
    void aDamagedFileThatCanStillBeReadIsNotBelieved() throws IOException {
        PlanMemory memory = PlanMemory.open(folder);
        memory.put("one", new Planner.Timed(new ComputePlan.LayerPlan(AdapterForm.MERGED, ConvKernels.NATIVE), 1.5));
        memory.put("two", new Planner.Timed(new ComputePlan.LayerPlan(null, ConvKernels.NATIVE), Double.NaN));
        memory.save();
        Path file;
        try (var files = Files.list(folder)) {
            file = files.filter(f -> f.toString().endsWith(".json")).findFirst().orElseThrow();
        }
        String whole = Files.readString(file);
        assertNotNull(PlanMemory.open(folder).get("one"));
        assertNotNull(PlanMemory.open(folder).get("two"));
        for (String damaged : List.of(
                whole.replace("MERGED", "LOW_RANK"),
                whole.replace("1.5", "1.7"),
                whole.replace("\"one\"", "\"on\""),
                whole.replaceFirst("\"sha256\" : \"..", "\"sha256\" : \"zz"),
                whole.replaceFirst("\"sha256\" : \"[0-9a-f]+\",", ""),
                whole.replaceFirst("(?s)\"way\" : \\{.*?\\}\\s*\\},", "\"way\" : null,"),
                whole.replaceFirst("(?s)\"ways\" : .*", "\"ways\" : null }"),
                "null")) {
            assertNotEquals(whole, damaged);
            Files.writeString(file, damaged);
            assertNull(PlanMemory.open(folder).get("one"), damaged);
            assertNull(PlanMemory.open(folder).get("two"), damaged);
        }
    }

    @Test
    void dropoutLeavesTwoBranchesOnly() {
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(1);
                AdapterSet adapters = adapt(network, new AdapterOptions(0, false, 0.2))) {
            Planner planner = new Planner(network, adapters, 4, 16);
            planner.byKind()
                    .rows()
                    .forEach(row ->
                            assertEquals(AdapterForm.TWO_BRANCH, row.way().form()));
            planner.measured(PlanMemory.open(folder))
                    .rows()
                    .forEach(row ->
                            assertEquals(AdapterForm.TWO_BRANCH, row.way().form()));
        }
    }

    /** Adapters, their dropout included, give the same gradients when blocks are computed a second time. */
    @ParameterizedTest
    @MethodSource("io.meristem.testing.Families#light")
    void checkpointingChangesNoGradient(String model) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = new Network(Models.find(model), 3).materialize(2)) {
            network.fold();
            network.train(true);
            try (AdapterSet adapters = adapt(network, new AdapterOptions(0, false, 0.3))) {
                adapters.train(true);
                adapters.parameters().forEach(p -> p.normal_(0, 0.1, new org.bytedeco.pytorch.GeneratorOptional()));
                Tensor x = torch.randn(2, 3, 64, 64);
                List<float[]> whole = gradients(network, adapters, x, false);
                List<float[]> again = gradients(network, adapters, x, true);
                boolean any = false;
                for (int i = 0; i < whole.size(); i++) {
                    assertArrayEquals(whole.get(i), again.get(i), 1e-6f, model + " " + i);
                    for (float value : whole.get(i)) {
                        any |= value != 0;
                    }
                }
                assertTrue(any, "all gradients are zero");
            }
        }
    }

    private static List<float[]> gradients(Network network, AdapterSet adapters, Tensor x, boolean checkpointing) {
        Engine.seed(5);
        try (PointerScope scope = new PointerScope();
                Execution run = network.recorded(false, checkpointing)) {
            run.forward(x);
            run.backward(torch.ones(2, 3));
            List<float[]> all = new ArrayList<>();
            adapters.parameters().forEach(p -> all.add(Tensors.toFloats(p.grad())));
            return all;
        }
    }

    @Test
    void aLayerThatIsNotRunIsNotPlanned() {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.normed().materialize(1)) {
            ranks.put("first", 2);
            try (AdapterSet adapters = AdapterSet.attach(network, ranks, AdapterOptions.DEFAULT, 1)) {
                ComputePlan plan = new Planner(network, adapters, 2, 16).byKind();
                assertEquals(2, plan.rows().size(), "both convolutions have kernels");
                assertFalse(plan.rows().get(1).way().form() != null, "the second has no adapter");
                plan.apply(network, adapters);
            }
        }
    }

    private static byte[] bytes(Tensor tensor) {
        double[] values = Tensors.toDoubles(tensor);
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
