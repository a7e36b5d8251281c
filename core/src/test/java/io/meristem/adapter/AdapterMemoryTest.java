package io.meristem.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.testing.TinyNetworks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AdapterMemoryTest {

    private static final int STEPS = 1000;
    private static final int WARM = 200;

    /** The activations of one step are about 0.4 MiB, so that leaking one step in ten would show. */
    private static final long SLACK_KIB = 24 * 1024;

    @BeforeAll
    static void oneThread() {
        Engine.start(1);
    }

    @AfterAll
    static void allThreads() {
        Engine.start(0);
    }

    @Test
    void aThousandStepsTakeNoMoreMemory() throws IOException {
        long start = Tensors.kept();
        long warm = 0;
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(1);
                AdapterSet set =
                        AdapterSet.attach(network, TinyNetworks.ranks(network, 4), AdapterOptions.DEFAULT, 1)) {
            long kept = Tensors.kept();
            Tensor x = AdapterFormTest.gaussian(1, 8, 3, 32, 32);
            Tensor y = Tensors.of(new long[] {0, 1, 2, 0, 1, 2, 0, 1});
            AdamW optimizer =
                    new AdamW(new TensorVector(set.parameters().toArray(new Tensor[0])), new AdamWOptions(1e-3));
            for (int step = 0; step < STEPS; step++) {
                try (PointerScope inner = new PointerScope()) {
                    optimizer.zero_grad(true);
                    Tensor loss = torch.cross_entropy_loss(network.forward(x), y);
                    loss.backward();
                    optimizer.step();
                    if (step % 100 == 99) {
                        set.changeSinceLastCall();
                    }
                }
                assertEquals(kept, Tensors.kept());
                if (step + 1 == WARM) {
                    warm = residentKib();
                }
            }
            long grown = residentKib() - warm;
            assertTrue(grown < SLACK_KIB, "resident memory grew by " + grown + " KiB");
        }
        assertEquals(start, Tensors.kept());
    }

    /** Resident memory of this process in KiB where the system tells, 0 elsewhere: the count of kept tensors is checked everywhere. */
    private static long residentKib() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return 0;
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
    }
}
