package io.meristem.nn;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;

/**
 * A node of a network: named children, named parameters, and a forward function. A child's dotted name is the path of names that leads to it,
 * exactly the name that its home library gives it.
 */
public abstract class Layer {

    private final Map<String, Layer> children = new LinkedHashMap<>();
    private final Map<String, Param> params = new LinkedHashMap<>();

    /** Adds a child under a name that may hold dots, in the order of the home library's definition. */
    protected final <L extends Layer> L child(String name, L layer) {
        if (children.put(name, layer) != null) {
            throw new IllegalStateException("two children named " + name);
        }
        return layer;
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

    /** @return a tensor that the caller's scope owns */
    public abstract Tensor forward(Tensor x);

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
