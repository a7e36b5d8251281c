package io.meristem.adapter;

import io.meristem.engine.Tensors;
import io.meristem.nn.Conv2d;
import io.meristem.nn.Dropout;
import io.meristem.nn.Linear;
import io.meristem.nn.Tape;
import io.meristem.nn.WeightedLayer;
import org.bytedeco.pytorch.Tensor;

/**
 * The ways to compute an adapted layer. All give the same function and the same gradients; they differ in time and memory. Which is fastest depends
 * on the layer and the machine: {@link Plan} measures.
 */
public enum AdapterForm {

    /**
     * One operation with {@code W + s B A}; the gradients of A and B are projections of the whole weight's gradient. One pass over input and output
     * gradient, which is the least where the channels are few.
     */
    MERGED {
        @Override
        Tensor forward(LowRankAdapter adapter, WeightedLayer layer, Tensor x, Tape tape) {
            Tensor weight = adapter.effectiveWeight();
            Tensor y = layer.apply(x, weight, layer.readyBias());
            if (tape.recording()) {
                boolean through = tape.flowing();
                tape.push(
                        (g, mine) -> {
                            Tensor whole = layer.weightGradient(g, x, weight);
                            layer.setAffineGradients(g, whole, adapter.setGradientsFrom(whole));
                            return through ? layer.inputGradient(g, x, weight) : null;
                        },
                        x,
                        weight);
            }
            return y;
        }
    },

    /**
     * One operation with {@code W + s B A}; the gradients of A and B are computed through the rank, never forming the weight's: {@code h = A x} and
     * {@code g B} are narrow.
     */
    LOW_RANK {
        @Override
        Tensor forward(LowRankAdapter adapter, WeightedLayer layer, Tensor x, Tape tape) {
            Tensor weight = adapter.effectiveWeight();
            Tensor y = layer.apply(x, weight, layer.readyBias());
            if (tape.recording()) {
                boolean through = tape.flowing();
                tape.push(
                        (g, mine) -> {
                            Narrow narrow = Narrow.of(adapter);
                            Tensor up = narrow.up(g);
                            Tensor ofUpdate = adapter.setGradients(narrow.ofA(up, x), narrow.ofB(g, narrow.down(x)));
                            layer.setAffineGradients(g, ofScale(layer, g, x, weight), ofUpdate);
                            return through ? layer.inputGradient(g, x, weight) : null;
                        },
                        x,
                        weight);
            }
            return y;
        }
    },

    /** The frozen layer plus a narrow branch through the rank. The only form in which dropout on the adapter's input is possible. */
    TWO_BRANCH {
        @Override
        Tensor forward(LowRankAdapter adapter, WeightedLayer layer, Tensor x, Tape tape) {
            Tensor weight = layer.readyWeight();
            Tensor y = layer.apply(x, weight, layer.readyBias());
            Narrow narrow = Narrow.of(adapter);
            boolean through = tape.flowing();
            double p = adapter.activeDropout();
            Tape drop = tape.recording() ? new Tape(true, false) : Tape.OFF;
            Tensor input = p > 0 ? Dropout.apply(x, p, drop) : x;
            Tensor hidden = narrow.down(input);
            if (tape.recording()) {
                tape.push(
                        (g, mine) -> {
                            Narrow again = Narrow.of(adapter); // the first one's tensors are gone
                            Tensor up = again.up(g);
                            Tensor ofUpdate = adapter.setGradients(again.ofA(up, input), again.ofB(g, hidden));
                            layer.setAffineGradients(g, ofScale(layer, g, x, weight), ofUpdate);
                            if (!through) {
                                drop.close();
                                return null;
                            }
                            Tensor branch = drop.backward(again.throughA(up, input));
                            Tensor ofX = layer.inputGradient(g, x, weight);
                            return Tensors.inPlace(ofX, ofX.add_(branch));
                        },
                        x,
                        weight,
                        input,
                        hidden);
            }
            Tensor branch = narrow.throughB(hidden);
            return y.requires_grad() || branch.requires_grad() ? y.add(branch) : Tensors.inPlace(y, y.add_(branch));
        }
    };

    /** Dense convolutions and grouped ones with at least this many channels on the narrower side go through the rank. */
    private static final int WIDE = 64;

    abstract Tensor forward(LowRankAdapter adapter, WeightedLayer layer, Tensor x, Tape tape);

    /** The whole weight's gradient where that of a folded scale is made of it, or null. */
    private static Tensor ofScale(WeightedLayer layer, Tensor g, Tensor x, Tensor weight) {
        return layer.scaleTrains() ? layer.weightGradient(g, x, weight) : null;
    }

    public WeightedLayer.Form of(LowRankAdapter adapter) {
        return (layer, x, tape) -> forward(adapter, layer, x, tape);
    }

    /** Whether an adapter with such a dropout on its input can be computed so at all. */
    public boolean allows(double dropout) {
        return dropout == 0 || this == TWO_BRANCH;
    }

    /** The faster form by the kind of layer, where nothing has been measured; dropout on the adapter's input needs two branches. */
    static AdapterForm forLayer(WeightedLayer layer, double dropout) {
        if (dropout > 0) {
            return TWO_BRANCH;
        }
        if (layer instanceof Linear) {
            return TWO_BRANCH;
        }
        if (layer.scaleTrains()) {
            return MERGED; // its gradient needs the whole weight's anyway
        }
        Conv2d conv = (Conv2d) layer;
        return Math.min(conv.in() / conv.groups(), conv.outFeatures() / conv.groups()) >= WIDE ? LOW_RANK : MERGED;
    }
}
