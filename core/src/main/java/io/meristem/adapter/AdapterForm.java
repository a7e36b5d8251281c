package io.meristem.adapter;

import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import io.meristem.op.Conv2d;
import io.meristem.op.Dropout;
import io.meristem.op.Dropout.Dropped;
import io.meristem.op.Frame;
import io.meristem.op.Linear;
import io.meristem.op.WeightedLayer;
import org.bytedeco.pytorch.Tensor;

/**
 * The ways to compute an adapted layer. All give the same function and the same gradients; they differ in time and memory. Which is fastest depends
 * on the layer and the machine: {@link ComputePlan} measures.
 */
public enum AdapterForm {

    /**
     * One operation with {@code W + s B A}; the gradients of A and B are projections of the whole weight's gradient. One pass over input and output
     * gradient, which is the least where the channels are few.
     */
    MERGED {
        @Override
        Tensor forward(LowRankAdapter adapter, WeightedLayer layer, Frame frame, Tensor x) {
            return merged(adapter, layer, frame, x);
        }

        @Override
        void gradients(LowRankAdapter adapter, WeightedLayer layer, Frame frame, Tensor g, Tensor x) {
            Tensor whole = layer.weightGradient(g, x, frame.saved(WEIGHT));
            layer.setAffineGradients(g, whole, adapter.setGradientsFrom(whole, frame.saved(RUNNING_B)));
        }
    },

    /**
     * One operation with {@code W + s B A}; the gradients of A and B are computed through the rank, never forming the weight's: {@code h = A x} and
     * {@code g B} are narrow.
     */
    LOW_RANK {
        @Override
        Tensor forward(LowRankAdapter adapter, WeightedLayer layer, Frame frame, Tensor x) {
            return merged(adapter, layer, frame, x);
        }

        @Override
        void gradients(LowRankAdapter adapter, WeightedLayer layer, Frame frame, Tensor g, Tensor x) {
            LowRankPath narrow = LowRankPath.of(adapter, frame.saved(RUNNING_B));
            Tensor up = narrow.up(g);
            Tensor ofUpdate = adapter.setGradients(narrow.ofA(up, x), narrow.ofB(g, narrow.down(x)));
            layer.setAffineGradients(g, ofScale(layer, g, x, frame.saved(WEIGHT)), ofUpdate);
        }
    },

    /** The frozen layer plus a narrow branch through the rank. The only form in which dropout on the adapter's input is possible. */
    TWO_BRANCH {
        @Override
        Tensor forward(LowRankAdapter adapter, WeightedLayer layer, Frame frame, Tensor x) {
            Tensor weight = layer.readyWeight();
            Tensor y = layer.apply(x, weight, layer.readyBias());
            Tensor runningB = adapter.runningB();
            LowRankPath narrow = LowRankPath.of(adapter, runningB);
            double p = adapter.activeDropout();
            Dropped dropped = p > 0 ? new Dropout(p).drop(x, frame.flows()) : null;
            Tensor input = dropped == null ? x : dropped.values();
            Tensor hidden = narrow.down(input);
            if (frame.flows()) {
                frame.save(weight, runningB, hidden);
                if (dropped != null) {
                    frame.save(input, dropped.mask());
                }
            }
            Tensor branch = narrow.throughB(hidden);
            return y.requires_grad() || branch.requires_grad() ? y.add(branch) : Tensors.inPlace(y, y.add_(branch));
        }

        @Override
        Tensor gradient(LowRankAdapter adapter, WeightedLayer layer, Frame frame, Tensor g, Tensor x, boolean through) {
            double p = adapter.activeDropout();
            Tensor weight = frame.saved(WEIGHT);
            Tensor input = p > 0 ? frame.saved(INPUT) : x;
            LowRankPath again = LowRankPath.of(adapter, frame.saved(RUNNING_B)); // the first one's tensors are gone
            Tensor up = again.up(g);
            Tensor ofUpdate = adapter.setGradients(again.ofA(up, input), again.ofB(g, frame.saved(HIDDEN)));
            layer.setAffineGradients(g, ofScale(layer, g, x, weight), ofUpdate);
            if (!through) {
                return null;
            }
            Tensor ofInput = again.throughA(up, input);
            Tensor branch = p > 0 ? new Dropout(p).gradient(ofInput, frame.saved(MASK)) : ofInput;
            Tensor ofX = layer.inputGradient(g, x, weight);
            return Tensors.inPlace(ofX, ofX.add_(branch));
        }

        @Override
        void gradients(LowRankAdapter adapter, WeightedLayer layer, Frame frame, Tensor g, Tensor x) {
            throw new IllegalStateException("they are part of the whole gradient here");
        }
    };

    private static final int WEIGHT = 0;
    private static final int RUNNING_B = 1;
    private static final int HIDDEN = 2;
    private static final int INPUT = 3;
    private static final int MASK = 4;

    /** Dense convolutions and grouped ones with at least this many channels on the narrower side go through the rank. */
    private static final int WIDE = 64;

    abstract Tensor forward(LowRankAdapter adapter, WeightedLayer layer, Frame frame, Tensor x);

    /** Hands the optimiser the gradients of what trains. */
    abstract void gradients(LowRankAdapter adapter, WeightedLayer layer, Frame frame, Tensor g, Tensor x);

    Tensor gradient(LowRankAdapter adapter, WeightedLayer layer, Frame frame, Tensor g, Tensor x, boolean through) {
        gradients(adapter, layer, frame, g, x);
        return through ? layer.inputGradient(g, x, frame.saved(WEIGHT)) : null;
    }

    private static Tensor merged(LowRankAdapter adapter, WeightedLayer layer, Frame frame, Tensor x) {
        Tensor runningB = adapter.runningB();
        Tensor weight = adapter.effectiveWeight(runningB);
        if (frame.flows()) {
            frame.save(weight, runningB);
        }
        return layer.apply(x, weight, layer.readyBias());
    }

    /** The whole weight's gradient where that of a folded scale is made of it, or null. */
    private static Tensor ofScale(WeightedLayer layer, Tensor g, Tensor x, Tensor weight) {
        return layer.scaleTrains() ? layer.weightGradient(g, x, weight) : null;
    }

    public WeightedLayer.Form of(LowRankAdapter adapter) {
        return new WeightedLayer.Form() {
            @Override
            public Tensor forward(WeightedLayer layer, Frame frame, Tensor x) {
                return AdapterForm.this.forward(adapter, layer, frame, x);
            }

            @Override
            public Tensor gradient(WeightedLayer layer, Frame frame, Tensor g, Tensor x, boolean through) {
                return AdapterForm.this.gradient(adapter, layer, frame, g, x, through);
            }
        };
    }

    /**
     * Bytes that this form takes at once for numbers as many as the layer's weight, beside the weight itself: sums with the update, copies in the layer's precision,
     * the whole gradient. What it takes for maps is left out: a step has all maps in memory anyway.
     */
    public long bytes(WeightedLayer layer) {
        int full = Precision.FP32.bytes();
        int own = layer.precision().bytes();
        boolean casts = layer.precision() != Precision.FP32;
        int each =
                switch (this) {
                    case MERGED -> casts ? own + own + full : own + full; // the sum, its gradient, and that in float32
                    case LOW_RANK -> casts ? own + full : full;
                    case TWO_BRANCH -> casts ? own : 0;
                };
        return each * layer.weight().numel();
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
        if (layer.op() instanceof Linear) {
            return TWO_BRANCH;
        }
        if (layer.scaleTrains()) {
            return MERGED; // its gradient needs the whole weight's anyway
        }
        Conv2d conv = (Conv2d) layer.op();
        return Math.min(conv.in() / conv.groups(), conv.out() / conv.groups()) >= WIDE ? LOW_RANK : MERGED;
    }
}
