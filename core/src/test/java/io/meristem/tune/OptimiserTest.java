package io.meristem.tune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.meristem.adapter.Slice;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class OptimiserTest {

    private static final int STEPS = 30;
    private static final double RATE = 1e-2;
    private static final double DECAY = 0.05;

    @BeforeAll
    static void start() {
        Engine.start(1);
    }

    @ParameterizedTest
    @CsvSource({"ADAMW, 0.9", "SGD, 0.9", "SGD, 0"})
    void movesAsTheEnginesOwn(Optimization.Kind kind, double momentum) {
        long before = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            torch.manual_seed(1);
            Tensor matrix = torch.randn(7, 5);
            Tensor kernel = Tensors.channelsLast(torch.randn(4, 3, 3, 3));
            Tensor head = torch.randn(11);
            Tensor[] ours = {matrix.clone(), kernel.clone(), head.clone()};
            Tensor[] theirs = {matrix, kernel, head};
            Optimizer reference = reference(kind, momentum, theirs);
            try (Optimiser optimiser =
                    new Optimiser(List.of(ours[0], ours[1]), List.of(ours[2]), config(kind, momentum))) {
                for (int step = 0; step < STEPS; step++) {
                    // the kernel's gradient lies in memory in another order than the kernel does
                    Tensor[] gradients = {torch.randn(7, 5), torch.randn(4, 3, 3, 3), torch.randn(11)};
                    for (int i = 0; i < ours.length; i++) {
                        ours[i].mutable_grad().put(gradients[i]);
                        theirs[i].mutable_grad().put(gradients[i]);
                    }
                    optimiser.step(1);
                    reference.step();
                }
                optimiser.zeroGrad();
                assertFalse(ours[0].grad().defined());
            }
            for (int i = 0; i < ours.length; i++) {
                assertArrayEquals(Tensors.toFloats(theirs[i]), Tensors.toFloats(ours[i]), 2e-6f, "tensor " + i);
            }
        }
        assertEquals(before, Tensors.kept());
    }

    private static Optimizer reference(Optimization.Kind kind, double momentum, Tensor... tensors) {
        if (kind == Optimization.Kind.ADAMW) {
            AdamWOptions options = new AdamWOptions(RATE);
            options.weight_decay().put(DECAY);
            return new AdamW(new TensorVector(tensors), options);
        }
        SGDOptions options = new SGDOptions(RATE);
        options.momentum().put(momentum);
        options.nesterov().put(momentum > 0);
        options.weight_decay().put(DECAY);
        return new SGD(new TensorVector(tensors), options);
    }

    @Test
    void adamwMovesAsThePaperSays() {
        double x = 0.7;
        double mean = 0;
        double square = 0;
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor tensor = Tensors.of(new float[] {(float) x}, 1);
            try (Optimiser optimiser =
                    new Optimiser(List.of(tensor), List.of(), config(Optimization.Kind.ADAMW, 0.9))) {
                for (int step = 1; step <= STEPS; step++) {
                    double g = Math.sin(step);
                    tensor.mutable_grad().put(Tensors.of(new float[] {(float) g}, 1));
                    double rate = RATE / step;
                    optimiser.step(1.0 / step);
                    mean = 0.9 * mean + 0.1 * g;
                    square = 0.999 * square + 0.001 * g * g;
                    x -= rate * DECAY * x;
                    x -= rate
                            * (mean / (1 - Math.pow(0.9, step)))
                            / (Math.sqrt(square / (1 - Math.pow(0.999, step))) + 1e-8);
                }
            }
            assertEquals(x, Tensors.toFloats(tensor)[0], 1e-6);
        }
    }

    @Test
    void aTensorWithoutGradientStays() {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor moves = torch.ones(3);
            Tensor stays = torch.ones(3);
            for (Optimization.Kind kind : Optimization.Kind.values()) {
                try (Optimiser optimiser = new Optimiser(List.of(moves, stays), List.of(), config(kind, 0.9))) {
                    moves.mutable_grad().put(torch.ones(3));
                    optimiser.step(1);
                }
                assertArrayEquals(new float[] {1, 1, 1}, Tensors.toFloats(stays));
            }
        }
    }

    /** What is left of the tensors moves as it would beside the rest. */
    @ParameterizedTest
    @EnumSource
    void goesOnWithSlices(Optimization.Kind kind) {
        long kept = Tensors.kept();
        torch.manual_seed(3);
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            long[][] shapes = {{4, 3}, {2, 2}, {3, 5}, {6}};
            List<Tensor> all =
                    Arrays.stream(shapes).map(shape -> torch.randn(shape)).toList();
            List<Tensor> cut = new ArrayList<>(all.stream().map(Tensor::clone).toList());
            Slice columns = new Slice(0, 1, new long[] {0, 2});
            Slice rows = new Slice(2, 0, new long[] {1});
            try (Optimiser whole = new Optimiser(all.subList(0, 3), all.subList(3, 4), config(kind, 0.9));
                    Optimiser left = new Optimiser(cut.subList(0, 3), cut.subList(3, 4), config(kind, 0.9))) {
                for (int step = 0; step < 6; step++) {
                    if (step == 3) {
                        cut.set(0, columns.take(cut.get(0)));
                        cut.set(2, rows.take(cut.get(2)));
                        left.goOn(Optimiser.METHOD, List.of(cut.get(0), cut.get(2)), List.of(columns, rows));
                    }
                    for (int i = 0; i < shapes.length; i++) {
                        Tensor g = torch.randn(shapes[i]);
                        all.get(i).mutable_grad().put(g);
                        Tensor ofCut = step < 3 ? g : i == 0 ? columns.take(g) : i == 2 ? rows.take(g) : g;
                        cut.get(i).mutable_grad().put(ofCut.clone());
                    }
                    whole.step(1);
                    left.step(1);
                }
            }
            assertArrayEquals(Tensors.toFloats(columns.take(all.get(0))), Tensors.toFloats(cut.get(0)));
            assertArrayEquals(Tensors.toFloats(rows.take(all.get(2))), Tensors.toFloats(cut.get(2)));
            assertArrayEquals(Tensors.toFloats(all.get(3)), Tensors.toFloats(cut.get(3)));
        }
        assertEquals(kept, Tensors.kept());
    }

    private static Optimization config(Optimization.Kind kind, double momentum) {
        return Optimization.plain(RATE).withKind(kind).withWeightDecay(DECAY).withMomentum(momentum);
    }
}
