package io.meristem.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.job.Memory;
import io.meristem.rank.RankOptions;
import io.meristem.testing.TinyRuns;
import io.meristem.zoo.Models;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole steps of every method on the network of the starter, for some hundreds of steps: nothing native is left behind. */
class StepMemoryTest {

    private static final int STEPS = 200;
    private static final int WARM = 40;
    private static final int BATCH = 4;

    /** The Java heap and compiled code still grow a little; a step has about 3 MiB of activations, so that leaking one step in five would show. */
    private static final double SLACK_MIB = 96;

    @BeforeAll
    static void oneThread() {
        Engine.start(1);
    }

    static Stream<Method> methods() {
        return Stream.of(
                TinyRuns.lora(),
                TinyRuns.dra(RankOptions.DEFAULT),
                TinyRuns.adaLora(3, 2, 0),
                TinyRuns.dyLora(false),
                new FullTuning(),
                new HeadOnly());
    }

    @ParameterizedTest
    @MethodSource("methods")
    void someHundredStepsLeaveNothing(Method method) {
        long start = Tensors.kept();
        TrainConfig config = TinyRuns.train(method, 1, 1);
        try (PointerScope scope = new PointerScope();
                Network network = new Network(Models.find(TinyRuns.MODEL), 3).materialize(1)) {
            Tensor images = Tensors.channelsLast(torch.randn(BATCH, 3, TinyRuns.SIZE, TinyRuns.SIZE));
            Tensor labels = Tensors.of(new long[] {0, 1, 2, 0});
            Stepper.StepSettings setting = new Stepper.StepSettings(
                    (batches, size) -> consumer -> {
                        for (int b = 0; b < batches; b++) {
                            consumer.accept(images, labels);
                        }
                    },
                    BATCH,
                    STEPS,
                    TinyRuns.SIZE,
                    null,
                    TrainListener.NONE);
            try (Stepper stepper = new Stepper(network, config, setting)) {
                stepper.train(true);
                long kept = 0;
                long pointers = 0;
                double resident = 0;
                for (int step = 1; step <= STEPS; step++) {
                    stepper.step(images, labels, 1);
                    if (step == WARM) {
                        kept = Tensors.kept();
                        pointers = Pointer.totalCount();
                        resident = Memory.residentMib();
                    } else if (step > WARM && !(method instanceof AdaLora)) {
                        assertEquals(kept, Tensors.kept(), "step " + step);
                    }
                }
                // AdaLoRA gives its smoothed sensitivities up when it has pruned.
                assertTrue(Tensors.kept() <= kept, kept + " tensors, then " + Tensors.kept());
                assertTrue(
                        Pointer.totalCount() <= pointers + STEPS / 10,
                        pointers + " native handles, then " + Pointer.totalCount());
                double grown = Memory.residentMib() - resident;
                assertTrue(grown < SLACK_MIB, "resident memory grew by " + grown + " MiB");
            }
        }
        assertEquals(start, Tensors.kept());
    }
}
