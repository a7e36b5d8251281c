package io.meristem.tune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.LowRankAdapter;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.execute.SharedNumbers;
import io.meristem.graph.GraphBuilder;
import io.meristem.graph.Node;
import io.meristem.op.Activation;
import io.meristem.op.Conv2d;
import io.meristem.op.GlobalPool;
import io.meristem.op.Linear;
import io.meristem.testing.TinyNetworks;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Fifty steps of AdaLoRA, optimiser and all, beside PEFT's from the same start on the same photos: bench/peers/adalora_fixture.py ran those in float64.
 */
class AdaLoraPeftTest {

    private static final int STEPS = 50;
    private static final int BATCHES = 5;
    private static final int PHOTOS = 8;
    private static final int SIZE = 12;
    private static final int CLASSES = 6;
    private static final int INIT_RANK = 6;
    private static final double TOLERANCE = 1e-5;

    private static final Optimization ADAMW = Optimization.plain(1e-2).withWeightDecay(1e-2);

    private static JsonNode peft;

    @BeforeAll
    static void read() throws IOException {
        Engine.start(1);
        peft = new ObjectMapper().readTree(AdaLoraPeftTest.class.getResourceAsStream("/adalora/peft.json"));
    }

    @Test
    void prunesAsPeftDoesToTheLastStep() {
        compare(method(3, 5, 0, 3, 0.5), peft.get("pruning"));
    }

    @Test
    void goesOnAsPeftDoesWithWhatIsLeft() {
        compare(method(2, 4, 15, 2, 0), peft.get("final"));
    }

    private static AdaLora method(int target, int init, int last, int interval, double orthogonality) {
        // Half a step more, so that rounding down gives the steps that are meant.
        return AdaLora.of(INIT_RANK, target, 0)
                .withShares((init + 0.5) / STEPS, last == 0 ? 0 : (last + 0.5) / STEPS)
                .withInterval(interval)
                .withOrthogonality(orthogonality)
                .with(new AdapterOptions(2.0 * INIT_RANK, false, 0));
    }

    private static void compare(AdaLora method, JsonNode steps) {
        long kept = Tensors.kept();
        TrainConfig config = TrainConfig.builder(method, 1, PHOTOS, 0, ADAMW)
                .head(HeadPolicy.ADAPTED)
                .build();
        Stepper.StepSettings setting = new Stepper.StepSettings(null, PHOTOS, STEPS, SIZE, null, TrainListener.NONE);
        try (Network network = network()) {
            SharedNumbers.fill(network);
            try (Stepper stepper = new Stepper(network, config, setting)) {
                AdaLora.State state = (AdaLora.State) stepper.method();
                start(network, state);
                stepper.train(true);
                boolean[] left =
                        new boolean[INIT_RANK * network.weightedLayers().size()];
                Arrays.fill(left, true);
                for (int step = 1; step <= STEPS; step++) {
                    step(stepper, step % BATCHES);
                    check(state, step, steps.get(step - 1), left);
                }
                assertEquals(
                        4L * method.targetRank(),
                        state.parameters().get(state.parameters().size() - 1).numel());
            }
        }
        assertEquals(kept, Tensors.kept());
    }

    private static void step(Stepper stepper, int batch) {
        try (PointerScope scope = new PointerScope()) {
            long[] labels = new long[PHOTOS];
            for (int i = 0; i < PHOTOS; i++) {
                labels[i] = ((long) i + batch) % CLASSES;
            }
            Tensor images = SharedNumbers.tensor("images." + batch, -1, 1, PHOTOS, 3, SIZE, SIZE);
            stepper.step(images, Tensors.of(labels), 1);
        }
    }

    /** @param left which of the first triplets there are; updated at the end of pruning */
    private static void check(AdaLora.State state, int step, JsonNode expected, boolean[] left) {
        String when = "step " + step;
        assertEquals(expected.get("budget").asLong(), state.budget().at(step), when);
        if (expected.has("scores")) {
            double[] scores = doubles(expected.get("scores"));
            double greatest = Arrays.stream(scores).max().orElseThrow();
            assertArrayEquals(scores, state.scores(), TOLERANCE * greatest, when);
        }
        boolean end = step == state.budget().end();
        assertEquals(expected.has("kept"), state.budget().prunes(step), when);
        if (expected.has("kept")) {
            double[] kept = doubles(expected.get("kept"));
            for (int i = 0; i < kept.length; i++) {
                if (end) {
                    left[i] = kept[i] == 1;
                } else {
                    assertEquals(kept[i] == 1, state.kept()[i], when + " triplet " + i);
                }
            }
        }
        List<Tensor> parameters = state.parameters();
        float[] lambdas = Tensors.toFloats(parameters.get(parameters.size() - 1));
        double[] all = doubles(expected.get("lambdas"));
        int at = 0;
        for (int i = 0; i < all.length; i++) {
            if (left[i]) {
                assertEquals(all[i], lambdas[at++], TOLERANCE, when + " lambda " + i);
            } else {
                assertEquals(0, all[i], when + " lambda " + i);
            }
        }
        assertEquals(lambdas.length, at, when);
    }

    private static double[] doubles(JsonNode list) {
        double[] values = new double[list.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = list.get(i).asDouble();
        }
        return values;
    }

    private static void start(Network network, AdaLora.State state) {
        double bound = 0.02 * Math.sqrt(3);
        List<String> names = new ArrayList<>(network.weightedLayers().keySet());
        assertEquals(List.of("stem", "point", "mixer", "head"), names);
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            for (int i = 0; i < names.size(); i++) {
                Tensor p = state.parameters().get(2 * i);
                Tensor q = state.parameters().get(2 * i + 1);
                LowRankAdapter adapter = state.adapters().adapters().get(names.get(i));
                assertTrue(p.is_same(adapter.b())
                        && Arrays.equals(q.shape(), adapter.a().shape()));
                p.copy_(SharedNumbers.tensor(names.get(i) + ".P", -bound, bound, p.shape()));
                q.copy_(SharedNumbers.tensor(names.get(i) + ".Q", -bound, bound, q.shape()));
            }
        }
    }

    private static Network network() {
        return new Network(TinyNetworks.spec("tiny", "test", SIZE, 8, "head", AdaLoraPeftTest::define), CLASSES)
                .materialize(0);
    }

    private static Node define(GraphBuilder b, int classes) {
        Node x = b.add(Activation.RELU, b.add("stem", new Conv2d(3, 8, 3, 2, 1, 1, true), b.input()));
        x = b.add(Activation.RELU, b.add("point", new Conv2d(8, 12, 1, 1, 0, 1, true), x));
        x = b.add("mixer", new Linear(12, 10, true), b.add(new GlobalPool(), x));
        return b.add("head", new Linear(10, classes, true), b.add(Activation.RELU, x));
    }
}
