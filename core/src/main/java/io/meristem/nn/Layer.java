package io.meristem.nn;

import io.meristem.engine.Tensors;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * A node of a network: named children, named parameters, and a forward function. A child's dotted name is the path of names that leads to it,
 * exactly the name that its home library gives it.
 */
public abstract class Layer {

    private final Map<String, Layer> children = new LinkedHashMap<>();
    private final Map<String, Param> params = new LinkedHashMap<>();
    private BiConsumer<Tensor, Tape> watcher;

    /** Adds a child under a name that may hold dots, in the order of the home library's definition. */
    protected final <L extends Layer> L child(String name, L layer) {
        if (children.put(name, layer) != null) {
            throw new IllegalStateException("two children named " + name);
        }
        return layer;
    }

    /** Takes the children of {@code layer} as its own, under their names there. */
    protected final void adopt(Layer layer) {
        layer.children.forEach(this::child);
    }

    protected final Param param(String name, Init init, long... shape) {
        return put(name, new Param(false, init, shape));
    }

    /** State that is saved and loaded but never trained. */
    protected final Param buffer(String name, Init init, long... shape) {
        return put(name, new Param(true, init, shape));
    }

    private Param put(String name, Param param) {
        if (params.put(name, param) != null) {
            throw new IllegalStateException("two parameters named " + name);
        }
        return param;
    }

    /**
     * The layer's function.
     *
     * @param tape told how the gradient comes back; {@link Tape#OFF} for none, and then the engine can differentiate instead
     * @return a tensor that the caller's scope owns, maybe {@code x} itself
     */
    public abstract Tensor forward(Tensor x, Tape tape);

    /** The layer's function, nothing recorded. */
    public final Tensor forward(Tensor x) {
        return forward(x, Tape.OFF);
    }

    /**
     * Says what {@link #forward} does in evaluation, operation by operation.
     *
     * @return what stands for the output
     */
    public <V> V describe(V x, GraphOps<V> ops) {
        throw new UnsupportedOperationException(getClass().getName() + " has no description");
    }

    /** Like {@link #forward}, with all other tensors that it made freed; the result is kept, for the caller to free. */
    final Tensor run(Tensor x, Tape tape) {
        try (PointerScope scope = new PointerScope()) {
            Tensor y = forward(x, tape);
            if (watcher != null) {
                watcher.accept(y, tape);
            }
            return Tensors.keep(y);
        }
    }

    /** Sets who sees the layer's output, with the tape right behind it, where the layer is {@linkplain #run run}; null for nobody. */
    final void watch(BiConsumer<Tensor, Tape> watcher) {
        this.watcher = watcher;
    }

    /** Whether this is a block that can be computed a second time from its input, to save memory. */
    boolean repeatable() {
        return false;
    }

    /** Whether anything here or below trains. */
    final boolean trains() {
        boolean[] any = {false};
        walk("", (name, layer) -> any[0] |= layer.hasTrained());
        return any[0];
    }

    /** Whether this layer itself, without those below, has something that trains. */
    boolean hasTrained() {
        return params.values().stream().anyMatch(Param::trains);
    }

    /** Switches dropout and its kin on or off, here and below. */
    public void train(boolean on) {
        children.values().forEach(child -> child.train(on));
    }

    /** Visits this layer and all below it, parents first, in the order of definition. */
    public final void walk(String name, BiConsumer<String, Layer> visitor) {
        visitor.accept(name, this);
        children.forEach((key, child) -> child.walk(join(name, key), visitor));
    }

    /** This layer's own parameters and buffers, by their short names. */
    public final Map<String, Param> params() {
        return Collections.unmodifiableMap(params);
    }

    static String join(String prefix, String name) {
        return prefix.isEmpty() ? name : prefix + "." + name;
    }
}
