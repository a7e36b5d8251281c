package io.meristem.nn;

import io.meristem.engine.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** Layers one after the other, each under its own name. Input and output are those of the first and the last; empty, it hands its input on. */
public final class Sequence extends Layer {

    private final List<Layer> steps = new ArrayList<>();

    /** Adds the next layer; names are often numbers with gaps, where the home library has layers without weights. */
    public Sequence add(String name, Layer layer) {
        if (layer instanceof BatchNorm2d norm
                && !steps.isEmpty()
                && steps.get(steps.size() - 1) instanceof Conv2d conv) {
            conv.followedBy(norm);
        }
        steps.add(child(name, layer));
        return this;
    }

    @Override
    public Tensor forward(Tensor x, Tape tape) {
        Tensor y = Tensors.keep(x);
        for (Layer step : steps) {
            Tensor before = y;
            try {
                y = tape.run(step, before);
            } finally {
                Tensors.free(before);
            }
        }
        return Tensors.lend(y);
    }

    @Override
    public <V> V describe(V x, GraphOps<V> ops) {
        V y = x;
        for (Layer step : steps) {
            if (step.repeatable()) {
                ops.enterBlock(y);
                y = step.describe(y, ops);
                ops.leaveBlock(y);
            } else {
                y = step.describe(y, ops);
            }
        }
        return y;
    }
}
