package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.artifact.RunConfig;
import io.meristem.engine.ComputeDevice;
import io.meristem.engine.MemoryFailure;
import io.meristem.engine.Precision;
import io.meristem.execute.Network;
import io.meristem.testing.TinyRuns;
import io.meristem.tune.Compute;
import io.meristem.tune.FullTuning;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.Lora;
import io.meristem.tune.MemoryForecast;
import io.meristem.tune.Method;
import io.meristem.tune.TrainConfig;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Memory forecast, refused, and run out of. */
class MemoryCheckTest {

    private static final long GIB = 1L << 30;

    @TempDir
    Path place;

    private static TrainConfig train(Method method, int batch, Precision precision, boolean checkpointing) {
        return TrainConfig.builder(method, 1, batch, 0, TinyRuns.FALLING)
                .compute(new Compute(precision, ComputeDevice.CPU, false, checkpointing))
                .build();
    }

    private static long steps(String model, TrainConfig config) {
        try (Network network = new Network(Models.find(model), 10)) {
            return MemoryForecast.of(network, config, 224, 2).steps();
        }
    }

    /** Batches so large that a step takes more than judging. */
    @Test
    void forecastsFollowWhatTrainingKeeps() {
        for (String model : new String[] {"alexnet", "mobilenet_v2", "regnety_040", "convnext_tiny"}) {
            long lora = steps(model, train(Lora.DEFAULT, 128, Precision.FP32, false));
            assertEquals(2.0, (double) steps(model, train(Lora.DEFAULT, 256, Precision.FP32, false)) / lora, 0.01);
            assertTrue(steps(model, train(Lora.DEFAULT, 128, Precision.BF16, false)) < 0.9 * lora, model);
            assertTrue(steps(model, train(Lora.DEFAULT, 128, Precision.FP32, true)) <= lora, model);
            assertTrue(steps(model, train(new HeadOnly(), 128, Precision.FP32, false)) < 0.6 * lora, model);
            assertTrue(steps(model, train(new FullTuning(), 128, Precision.FP32, false)) > 0.99 * lora, model);
        }
    }

    private static RunConfig run(String model, int batch) {
        RunConfig tiny = TinyRuns.run(train(Lora.DEFAULT, batch, Precision.FP32, false), Path.of("nowhere"), null);
        return new RunConfig(RunConfig.Model.of(Models.find(model)).withSize(224), tiny.data(), tiny.train(), 2);
    }

    @Test
    void whatWillNotFitIsRefusedWithAMendThatFits() {
        InputException e =
                assertThrows(InputException.class, () -> MemoryCheck.require(run("convnext_xlarge", 256), 16 * GIB));
        assertTrue(
                e.getMessage()
                        .matches(
                                "This training will take about \\d+\\.\\d GiB .* and 16\\.0 GiB are free: .*"
                                        + "use batch size \\d+ or less, use checkpointing .*a start without this check tries it.*"),
                e.getMessage());
        int batch = Integer.parseInt(e.getMessage().replaceAll(".*batch size (\\d+).*", "$1"));
        MemoryCheck.require(run("convnext_xlarge", batch), 16 * GIB);
        assertThrows(InputException.class, () -> MemoryCheck.require(run("convnext_xlarge", 2 * batch), 16 * GIB));
        e = assertThrows(InputException.class, () -> MemoryCheck.require(run("convnext_xlarge", 1), GIB));
        assertTrue(!e.getMessage().contains("batch size"), e.getMessage());
        MemoryCheck.require(run("mobilenet_v2", 32), 8 * GIB);
    }

    @Test
    void theTightestControlGroupCounts() throws IOException {
        Path self = place.resolve("cgroup");
        Files.writeString(self, "0::/job/step\n");
        Path root = Files.createDirectories(place.resolve("root"));
        Path step = Files.createDirectories(root.resolve("job/step"));
        assertEquals(0, FreeMemory.group(root, self));
        Files.writeString(step.resolve("memory.max"), "max\n");
        assertEquals(0, FreeMemory.group(root, self));
        Files.writeString(step.getParent().resolve("memory.max"), "8000\n");
        Files.writeString(step.getParent().resolve("memory.current"), "3000\n");
        Files.writeString(step.getParent().resolve("memory.stat"), "anon 7\ninactive_file 500\n");
        assertEquals(5500, FreeMemory.group(root, self));
        Files.writeString(step.resolve("memory.max"), "4000\n");
        assertEquals(4000, FreeMemory.group(root, self));
        Files.writeString(self, "5:cpu,memory:/x\n4:memory:/old\n");
        Path old = Files.createDirectories(root.resolve("memory/old"));
        Files.writeString(old.resolve("memory.limit_in_bytes"), "700\n");
        Files.writeString(old.resolve("memory.usage_in_bytes"), "900\n");
        assertEquals(1, FreeMemory.group(root, self), "nothing left is not no limit");
        Files.writeString(place.resolve("meminfo"), "MemTotal: 9 kB\nMemAvailable:   7 kB\n");
        assertEquals(7 * 1024, FreeMemory.available(place.resolve("meminfo")));
    }

    @Test
    void theEnginesWantOfMemoryIsOneSentence() {
        RuntimeException e = assertThrows(RuntimeException.class, () -> torch.empty(1L << 46));
        assertEquals(
                "Memory ran out (268435456 MiB more could not be had): use a smaller batch size, input size or model, checkpointing, or end other programs.",
                MemoryFailure.sentence(e).orElseThrow().text());
        assertTrue(MemoryFailure.sentence(new IllegalStateException("x")).isEmpty());
        assertTrue(
                MemoryFailure.sentence(new OutOfMemoryError("Java heap space")).isPresent());
    }
}
