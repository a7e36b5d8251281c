package io.meristem.execute;

import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import io.meristem.op.Layer;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One run of a graph, forward and, where that was asked for, back.
 *
 * <p>The engine has automatic differentiation of its own, under which a graph can be run, too (tests compare the two). This is faster and takes less memory, because an
 * operation knows more than the engine does: {@link Liveness} decides before anything runs what is kept, overwritten, freed and computed again. Run it without the engine's:
 * under {@link org.bytedeco.pytorch.NoGradGuard}.
 *
 * <p>Gradients of parameters are put into their {@code grad}. Nothing is kept below the first layer that trains.
 */
public final class Execution implements AutoCloseable {

    private final Supplier<BoundGraph> bound;
    private final Goal goal;
    private Run run;

    Execution(Supplier<BoundGraph> bound, Goal goal) {
        this.bound = bound;
        this.goal = goal;
    }

    /**
     * Of one layer that is recorded, without a network.
     *
     * @param inputGradient whether the gradient of the input is wanted
     */
    public static Execution of(Layer layer, boolean inputGradient) {
        BoundGraph alone = BoundGraph.of(layer);
        return new Execution(() -> alone, new Goal(List.of(1), true, inputGradient ? 0 : -1, false));
    }

    /**
     * Runs forward; what the last run has left is dropped.
     *
     * @param x photos (N, 3, H, W), normalised
     * @return the value of the goal's last end, such as logits (N, classes) of float32; owned by the caller's scope
     */
    public Tensor forward(Tensor x) {
        close();
        BoundGraph now = bound.get();
        ScalarType type = x.scalar_type().intern();
        Precision photos = Arrays.stream(Precision.values())
                .filter(precision -> precision.type() == type)
                .findFirst()
                .orElse(null);
        run = new Run(now, now.liveness(goal, photos), false);
        try {
            run.put(0, x);
            run.forward();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
        Tensor output = Tensors.lend(Tensors.keep(run.value(last())));
        run.drop(last());
        return output;
    }

    /** The value of another end of the last forward pass, (N, ...); owned by this until the next, or {@link #close}. */
    public Tensor value(int end) {
        return run.value(end);
    }

    /**
     * Runs backward from the value that {@link #forward} gave; nothing is left but what {@link #value} gives.
     *
     * @param gradient of that value; it is not overwritten
     * @return gradient of the value that the goal wants one of, owned by the caller's scope; null when it wants none, or no gradient gets there
     */
    public Tensor backward(Tensor gradient) {
        if (run == null || !goal.records()) {
            throw new IllegalStateException("nothing was recorded");
        }
        return run.backward(last(), gradient);
    }

    private int last() {
        return goal.ends().get(goal.ends().size() - 1);
    }

    /** Frees what was kept. */
    @Override
    public void close() {
        if (run != null) {
            run.free();
            run = null;
        }
    }
}
