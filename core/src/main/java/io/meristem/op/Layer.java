package io.meristem.op;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a network keeps for one node of its graph: the tensors that its operation owns, under the node's dotted name. */
public class Layer {

    private final String name;
    private final Op op;
    private final Map<String, Param> params = new LinkedHashMap<>();

    Layer(String name, Op op) {
        this.name = name;
        this.op = op;
        op.slots().forEach(slot -> params.put(slot.name(), slot.param()));
    }

    /** The dotted name that its home library gives it. */
    public final String name() {
        return name;
    }

    public Op op() {
        return op;
    }

    /** Parameters and buffers by their short names. */
    public final Map<String, Param> params() {
        return Collections.unmodifiableMap(params);
    }

    /** Parameters and buffers by their whole names. */
    public final Map<String, Param> named() {
        Map<String, Param> named = new LinkedHashMap<>();
        params.forEach((slot, param) -> named.put(slot.isEmpty() ? name : name + "." + slot, param));
        return named;
    }

    /** Whether a gradient is asked for here, whatever comes before. */
    public boolean trains() {
        for (Param param : params.values()) {
            if (param.trains()) {
                return true;
            }
        }
        return false;
    }

    /** Whether it normalises with the batch's own statistics. */
    public boolean tracks() {
        return false;
    }
}
