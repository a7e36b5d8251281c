package io.meristem.tune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.meristem.adapter.Slice;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An optimiser that goes on with slices moves them as the one before would have. */
class OptimiserMemoryTest {

    @BeforeAll
    static void start() {
        Engine.start(1);
    }

    private static Tensor gaussian(long... shape) {
        return torch.randn(shape).requires_grad_(true);
    }

    private static Tensor select(Tensor tensor, int dim, long... entries) {
        return tensor.detach().index_select(dim, Tensors.of(entries));
    }

    private static void give(Tensor parameter, Tensor gradient) {
        parameter.mutable_grad().put(gradient.clone());
    }

    @ParameterizedTest
    @CsvSource({"ADAMW, true", "ADAMW, false", "SGD, true", "SGD, false"})
    void slicesGoOnAsTheWholeWould(Optimization.Kind kind, boolean withHead) {
        Optimization config =
                new Optimization(kind, 1e-2, 3e-2, 0.1, 0.9, Optimization.Schedule.CONSTANT, 0, 0, 0, false);
        Engine.seed(3);
        try (PointerScope scope = new PointerScope()) {
            Tensor p = gaussian(4, 3);
            Tensor gone = gaussian(2, 2);
            Tensor q = gaussian(3, 5);
            Tensor head = gaussian(6);
            List<Tensor> heads = withHead ? List.of(head) : List.of();
            Optimiser before = new Optimiser(List.of(p, gone, q), heads, config);
            for (int step = 0; step < 3; step++) {
                for (Tensor t : List.of(p, gone, q, head)) {
                    give(t, torch.randn(t.shape()));
                }
                before.step(1);
            }
            try (NoGradGuard guard = new NoGradGuard()) {
                Tensor smallP = select(p, 1, 0, 2).requires_grad_(true);
                Tensor smallQ = select(q, 0, 0, 2).requires_grad_(true);
                List<Slice> slices = List.of(new Slice(0, 1, new long[] {0, 2}), new Slice(2, 0, new long[] {0, 2}));
                Optimiser after = before.successor(List.of(smallP, smallQ), slices, heads, config);
                float[] start = Tensors.toFloats(smallP);
                float[] same = null;
                for (int step = 0; step < 3; step++) {
                    Tensor ofP = torch.randn(4, 3);
                    Tensor ofQ = torch.randn(3, 5);
                    Tensor ofHead = torch.randn(6);
                    Tensor headNow = head.clone();
                    give(p, ofP);
                    give(q, ofQ);
                    give(gone, torch.randn(2, 2));
                    give(head, ofHead);
                    before.step(1);
                    same = Tensors.toFloats(head);
                    head.copy_(headNow);
                    give(smallP, select(ofP, 1, 0, 2));
                    give(smallQ, select(ofQ, 0, 0, 2));
                    give(head, ofHead);
                    after.step(1);
                    assertArrayEquals(Tensors.toFloats(select(p, 1, 0, 2)), Tensors.toFloats(smallP), 0);
                    assertArrayEquals(Tensors.toFloats(select(q, 0, 0, 2)), Tensors.toFloats(smallQ), 0);
                    assertArrayEquals(same, Tensors.toFloats(head), 0);
                }
                assertFalse(Arrays.equals(start, Tensors.toFloats(smallP)));
                after.close();
            }
            before.close();
        }
    }
}
