package io.meristem.nn;

import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * What a forward pass leaves behind so that gradients can be computed: one step per operation, run last first.
 *
 * <p>The engine has automatic differentiation of its own, which all layers still work with when nothing is recorded (tests compare the two). This one
 * is faster and takes less memory, because a step knows more than an operator does: it saves only what its gradient needs, overwrites what nobody
 * reads any more, treats a convolution, the normalisation folded into it and its adapter as one thing, and frees each activation as soon as it
 * has been used. Run it without the engine's: under {@link org.bytedeco.pytorch.NoGradGuard}.
 *
 * <p>Gradients of parameters are put into their {@code grad}. Nothing is recorded below the first layer that trains: a tape <em>flows</em> from there on.
 */
public final class Tape implements AutoCloseable {

    /** Records nothing. */
    public static final Tape OFF = new Tape(false, false, false, false);

    /** How a gradient passes one operation. */
    @FunctionalInterface
    public interface Step {
        /**
         * @param g gradient of the operation's output
         * @param mine whether {@code g} may be overwritten
         * @return gradient of its input, {@code g} itself where they are equal, or null when nothing before asks for one; the current scope owns it
         */
        Tensor backward(Tensor g, boolean mine);
    }

    /** @param view whether the step returns memory of the gradient that it is given */
    private record Entry(Step step, boolean view, Tensor[] saved) {
        void free() {
            for (Tensor tensor : saved) {
                Tensors.free(tensor);
            }
        }
    }

    private final boolean recording;
    private final boolean checkpointing;
    private final boolean replaying;
    private final Deque<Entry> entries = new ArrayDeque<>();
    private boolean flowing;
    private boolean owned;

    /**
     * @param inputGradient whether the gradient of the network's input is wanted, too
     * @param checkpointing keep only the input of each block, and compute the rest again when the gradient comes by
     */
    public Tape(boolean inputGradient, boolean checkpointing) {
        this(true, inputGradient, checkpointing, false);
    }

    private Tape(boolean recording, boolean flowing, boolean checkpointing, boolean replaying) {
        this.replaying = replaying;
        this.recording = recording;
        this.flowing = flowing;
        this.checkpointing = checkpointing;
    }

    public boolean recording() {
        return recording;
    }

    /** Whether the tensor at this point of the forward pass depends on something that trains, so that its gradient is needed. */
    public boolean flowing() {
        return flowing;
    }

    /** Whether a block is being computed a second time, so that side effects must not happen again. */
    boolean replaying() {
        return replaying;
    }

    /**
     * Records an operation. Whether its input needs a gradient is what {@link #flowing} says before this call; afterwards the tape flows.
     *
     * @param saved what the step will read; kept until it has run
     */
    public void push(Step step, Tensor... saved) {
        push(false, step, saved);
    }

    /** Like {@link #push}, for a step that hands on the memory of the gradient it is given, seen in another shape. */
    void pushView(Step step) {
        push(true, step);
    }

    private void push(boolean view, Step step, Tensor... saved) {
        if (!recording) {
            throw new IllegalStateException("this tape does not record");
        }
        for (Tensor tensor : saved) {
            Tensors.keep(tensor);
        }
        entries.addLast(new Entry(step, view, saved));
        flowing = true;
    }

    /**
     * Forgets a value that steps recorded before have saved, and computes it again just before they run: for what is large and cheap to compute. Nobody
     * may read it in the rest of the forward pass.
     *
     * @param again gives the same value from {@code from}, which is saved
     */
    void recompute(Tensor value, Supplier<Tensor> again, Tensor... from) {
        if (!recording || !flowing) {
            return;
        }
        Tensor[] saved = Arrays.copyOf(from, from.length + 1);
        saved[from.length] = value;
        push(
                (g, mine) -> {
                    value.put(again.get());
                    return g;
                },
                saved);
        value.reset();
    }

    /** A tape for a path that leaves from this point and comes back with {@link #merge}. */
    Tape branch() {
        return recording ? new Tape(true, flowing, checkpointing, replaying) : OFF;
    }

    /** Records that the output here is the sum of what {@code paths} gave, and of the input itself when {@code identity}. */
    @SuppressWarnings("ReferenceEquality") // whether it is the same handle, not the same numbers
    void merge(boolean identity, Tape... paths) {
        boolean through = flowing;
        boolean any = through;
        for (Tape path : paths) {
            any |= path.flowing;
        }
        if (!recording || !any) {
            return;
        }
        push((g, mine) -> {
            Tensor sum = null;
            boolean mayAdd = false;
            for (Tape path : paths) {
                Tensor part = path.flowing ? path.backward(g) : null;
                if (through && part != null) {
                    sum = sum == null ? part : plus(sum, part, mayAdd);
                    mayAdd |= path.owned || sum != part;
                }
            }
            if (!through || !identity) {
                return sum;
            }
            return sum == null ? g : plus(sum, g, mayAdd);
        });
    }

    private static Tensor plus(Tensor sum, Tensor part, boolean mayOverwrite) {
        return mayOverwrite ? Tensors.inPlace(sum, sum.add_(part)) : sum.add(part);
    }

    /** Runs a block; when checkpointing, with nothing recorded but its input. The caller frees the result. */
    Tensor run(Layer block, Tensor x) {
        if (!checkpointing || !block.repeatable()) {
            return block.run(x, this);
        }
        boolean through = flowing;
        Tensor random = Engine.randomState();
        Tensor y = block.run(x, OFF);
        if (through || block.trains()) {
            push(
                    (g, mine) -> {
                        Tensor now = Engine.randomState();
                        Engine.setRandomState(random);
                        try (Tape again = new Tape(true, through, false, true)) {
                            Tensors.free(block.run(x, again));
                            Engine.setRandomState(now);
                            return again.backward(g);
                        }
                    },
                    x,
                    random);
        }
        return y;
    }

    /**
     * Runs all steps and leaves the tape empty.
     *
     * @param gradient of the output; it is not overwritten
     * @return gradient of the input, owned by the caller's scope, or null when it was not asked for
     */
    @SuppressWarnings("ReferenceEquality")
    public Tensor backward(Tensor gradient) {
        Tensor g = Tensors.keep(gradient);
        owned = false;
        try {
            while (!entries.isEmpty()) {
                Entry entry = entries.removeLast();
                Tensor next;
                try (PointerScope scope = new PointerScope()) {
                    next = entry.step.backward(g, owned);
                    if (next == null) {
                        return null;
                    }
                    Tensors.keep(next);
                } finally {
                    entry.free();
                }
                owned |= next != g && !entry.view;
                Tensors.free(g);
                g = next;
            }
            Tensors.keep(g);
            return Tensors.lend(g);
        } finally {
            Tensors.free(g);
            close();
        }
    }

    /** Drops what has not been run. */
    @Override
    public void close() {
        entries.forEach(Entry::free);
        entries.clear();
    }
}
