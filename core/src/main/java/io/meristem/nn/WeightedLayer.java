package io.meristem.nn;

import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A layer that multiplies its input by one weight: a convolution or a linear map, the places where low-rank adapters sit.
 *
 * <p>Seen as a matrix the weight is (out, m) with {@code m = in/groups * kh * kw}. Grouped and depthwise convolutions are seen the same way.
 */
public abstract class WeightedLayer extends Layer {

    /** Computes the layer's output in some way other than with its own frozen weight. */
    @FunctionalInterface
    public interface Form {
        /**
         * @param x in the layer's {@linkplain #precision precision}
         * @return what {@code layer} gives for {@code x}, owned by the caller's scope
         */
        Tensor forward(WeightedLayer layer, Tensor x, Tape tape);
    }

    /** Sees what goes into a layer and what comes out of it; must not keep either beyond the call. */
    @FunctionalInterface
    public interface Observer {
        void observe(WeightedLayer layer, Tensor input, Tensor output);
    }

    private final int outFeatures;
    private final int columns;
    private final Param weight;
    private final Param bias;
    private BatchNorm2d norm;
    private Fold fold;
    private Form form;
    private Precision precision = Precision.FP32;
    private Tensor readyWeight;
    private Tensor readyBias;
    private Observer observer;

    protected WeightedLayer(boolean withBias, Init weightInit, Init biasInit, long... weightShape) {
        outFeatures = Math.toIntExact(weightShape[0]);
        long m = 1;
        for (int i = 1; i < weightShape.length; i++) {
            m *= weightShape[i];
        }
        columns = Math.toIntExact(m);
        weight = param("weight", weightInit, weightShape);
        bias = withBias ? param("bias", biasInit, outFeatures) : null;
    }

    /** Rows of the weight seen as a matrix: output channels or features. */
    public final int outFeatures() {
        return outFeatures;
    }

    /** Columns of the weight seen as a matrix: {@code in/groups * kh * kw}. */
    public final int columns() {
        return columns;
    }

    public final Param weight() {
        return weight;
    }

    /** The bias (out), or null. */
    public final Param bias() {
        return bias;
    }

    /** A word for people: {@code linear}, {@code pointwise}, {@code depthwise}, {@code grouped} or {@code conv}. */
    public abstract String kind();

    /** Whether each output sees only a part of the input's channels. */
    public boolean isGrouped() {
        return false;
    }

    /**
     * The layer's function with any weight.
     *
     * @param x the layer's input
     * @param weight of the shape of {@link #weight()}
     * @param bias (out), or null for none; all three of one dtype
     */
    public abstract Tensor apply(Tensor x, Tensor weight, Tensor bias);

    /**
     * Gradient of {@link #apply} for its input.
     *
     * @param g gradient of the output
     * @param x the input
     * @return of the shape and dtype of {@code x}
     */
    public abstract Tensor inputGradient(Tensor g, Tensor x, Tensor weight);

    /**
     * Gradient of {@link #apply} for its weight.
     *
     * @return of the weight's shape, in float32 or the dtype of {@code g}
     */
    public abstract Tensor weightGradient(Tensor g, Tensor x, Tensor weight);

    /** Gradient of {@link #apply} for its bias, (out). */
    protected abstract Tensor biasGradient(Tensor g);

    /**
     * A batch normalisation taken into the weight: tensors that this layer owns. Where scale or shift of the normalisation train, what follows from them is
     * computed when it is asked for.
     *
     * @param weight as it runs; null where the scale trains
     * @param bias as it runs; null where scale or shift train
     * @param scale (out); null where it trains
     * @param deviation of the normalisation, (out); null where scale and shift are fixed
     * @param centre {@code bias - mean}, (out): what the scale multiplies beside the weight; null where scale and shift are fixed
     */
    private record Fold(Tensor weight, Tensor bias, Tensor scale, Tensor deviation, Tensor centre) {
        void free() {
            Tensors.free(weight);
            Tensors.free(bias);
            Tensors.free(scale);
            Tensors.free(deviation);
            Tensors.free(centre);
        }
    }

    /** Of maps (N, out, H, W), in float32 whatever they are in: layers that a normalisation is taken into are convolutions. */
    private static Tensor channelSums(Tensor g) {
        return g.sum(new long[] {0, 2, 3}, false, new ScalarTypeOptional(ScalarType.Float));
    }

    /** Says which normalisation takes this layer's output, and nothing else's. */
    final void followedBy(BatchNorm2d norm) {
        this.norm = norm;
    }

    /** The normalisation that takes this layer's output, and nothing else's; null where there is none. */
    public final BatchNorm2d norm() {
        return norm;
    }

    /**
     * Takes the normalisation that follows, if any, into weight and bias as they are now; it hands its input on from here on.
     *
     * @param fixed whether its scale and shift are taken as they are now even where they train
     */
    final void fold(boolean fixed) {
        if (norm == null || fold != null) {
            return;
        }
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor s = norm.scale();
            Tensor shift = norm.shift(s);
            boolean scaleTrains = !fixed && norm.weight().trains();
            boolean learns = !fixed && norm.learns();
            Tensor mean = norm.runningMean().value();
            fold = new Fold(
                    scaleTrains ? null : Tensors.keep(scaled(weight.value(), s)),
                    learns
                            ? null
                            : Tensors.keep(
                                    bias == null
                                            ? shift
                                            : shift.add(bias.value().mul(s))),
                    scaleTrains ? null : Tensors.keep(s),
                    learns ? Tensors.keep(norm.deviation()) : null,
                    learns
                            ? Tensors.keep(
                                    bias == null ? mean.neg() : bias.value().sub(mean))
                            : null);
        }
        forgetReady();
        norm.setAbsorbed(true);
    }

    /** The weight with its rows multiplied by {@code s}, (out). */
    private Tensor scaled(Tensor of, Tensor s) {
        long[] rows = new long[weight.shape().length];
        Arrays.fill(rows, 1);
        rows[0] = outFeatures;
        return of.mul(s.reshape(rows));
    }

    /** Whether the scale of a normalisation that has been taken in trains. */
    public final boolean scaleTrains() {
        return fold != null && fold.scale == null;
    }

    /** Whether what is added to each channel trains: the shift of a normalisation that has been taken in, or else the layer's own bias. */
    private boolean shiftTrains() {
        return fold != null ? fold.bias == null && norm.bias().trains() : bias != null && bias.trains();
    }

    /**
     * Hands the optimiser the gradients of what trains beside the weight: the layer's own bias, or shift and scale of a normalisation that has been taken in. With
     * that, the layer is {@code y = scale * (W x + bias - mean) / deviation + shift}, so that
     *
     * <pre>
     *   d shift = sum of g,    d scale = (sum over the columns of dW' W + d shift (bias - mean)) / deviation,
     * </pre>
     *
     * where dW' is the gradient of the {@linkplain #runningWeight running} weight and W the one before the scale, any update included.
     *
     * @param g gradient of the output
     * @param whole gradient of the running weight, any dtype; needed only where {@link #scaleTrains}
     * @param ofUpdate the part of the sum over the columns that an update of {@link #weight} has, (out), float32; null without one
     */
    public final void setAffineGradients(Tensor g, Tensor whole, Tensor ofUpdate) {
        boolean ofScale = scaleTrains();
        if (!ofScale && !shiftTrains()) {
            return;
        }
        Tensor shift = fold != null ? channelSums(g) : biasGradient(g);
        if (shiftTrains()) {
            (fold != null ? norm.bias() : bias).setGradient(shift);
        }
        if (ofScale) {
            Tensor rows = Precision.FP32
                    .of(whole)
                    .mul(weight.value())
                    .reshape(outFeatures, columns)
                    .sum(1);
            Tensor sum = ofUpdate == null ? rows : rows.add(ofUpdate);
            norm.weight().setGradient(sum.add(shift.mul(fold.centre)).div(fold.deviation));
        }
    }

    final boolean folded() {
        return fold != null;
    }

    /** Whether a normalisation follows that {@link #fold} can take in such that dividing by {@link #runningScale} gives the output without it. */
    final boolean reversible() {
        return norm != null && norm.reversible();
    }

    /** Undoes {@link #fold}, and forgets copies of the weight in another precision. */
    final void unfold() {
        forgetReady();
        if (fold != null) {
            fold.free();
            fold = null;
            norm.setAbsorbed(false);
        }
    }

    private void forgetReady() {
        Tensors.free(readyWeight);
        Tensors.free(readyBias);
        readyWeight = null;
        readyBias = null;
    }

    /**
     * The weight that the layer runs with: {@link #weight()}, or with the normalisation that follows taken in. The caller's scope owns it where {@link
     * #scaleTrains}; it is borrowed otherwise.
     */
    public final Tensor runningWeight() {
        if (fold == null) {
            return weight.value();
        }
        return fold.weight != null ? fold.weight : scaled(weight.value(), runningScale());
    }

    /** The bias that the layer runs with, or null; the caller's scope owns it where scale or shift of a normalisation train. */
    public final Tensor runningBias() {
        if (fold == null) {
            return bias == null ? null : bias.value();
        }
        return fold.bias != null ? fold.bias : norm.bias().value().add(fold.centre.mul(runningScale()));
    }

    final void setPrecision(Precision precision) {
        if (this.precision != precision) {
            unfold();
            this.precision = precision;
        }
    }

    /** What the layer computes in. */
    public final Precision precision() {
        return precision;
    }

    /** {@link #runningWeight} in the layer's precision. A copy of a frozen one is made once and belongs to this layer until {@link #unfold}. */
    public final Tensor readyWeight() {
        if (precision == Precision.FP32 || weight.trains() || scaleTrains()) {
            return precision.of(runningWeight());
        }
        if (readyWeight == null) {
            readyWeight = Tensors.keep(precision.of(runningWeight()));
        }
        return readyWeight;
    }

    /** {@link #runningBias} in the layer's precision, or null. */
    public final Tensor readyBias() {
        Tensor running = runningBias();
        boolean fixed = fold == null ? bias == null || !bias.trains() : fold.bias != null;
        if (running == null || precision == Precision.FP32 || !fixed) {
            return running == null ? null : precision.of(running);
        }
        if (readyBias == null) {
            readyBias = Tensors.keep(precision.of(running));
        }
        return readyBias;
    }

    /** What each row of an update of {@link #weight()} is multiplied by to be one of {@link #runningWeight()}, (out); null for one. */
    public final Tensor runningScale() {
        if (fold == null) {
            return null;
        }
        return fold.scale != null ? fold.scale : norm.scale();
    }

    /** Replaces how the output is computed; null goes back to the frozen weight. */
    public final void setForm(Form form) {
        this.form = form;
    }

    /** Sets who sees the layer's traffic; null for nobody. */
    public final void setObserver(Observer observer) {
        this.observer = observer;
    }

    @Override
    boolean hasTrained() {
        return form != null || super.hasTrained();
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // whether it is the same handle, not the same numbers
    public final Tensor forward(Tensor x, Tape tape) {
        Tensor input = precision.of(x);
        if (tape.flowing() && input != x) {
            ScalarType type = x.scalar_type();
            tape.push((g, mine) -> g.to(type));
        }
        Tensor y = form == null ? frozen(input, tape) : form.forward(this, input, tape);
        if (observer != null) {
            observer.observe(this, x, y);
        }
        return y;
    }

    /** With its own weight, which may train all the same. */
    private Tensor frozen(Tensor x, Tape tape) {
        Tensor w = readyWeight();
        Tensor y = apply(x, w, readyBias());
        boolean trains = tape.recording() && weight.trains();
        boolean beside = tape.recording() && (shiftTrains() || scaleTrains());
        if (tape.flowing() || trains || beside) {
            boolean through = tape.flowing();
            tape.push(
                    (g, mine) -> {
                        Tensor whole = trains || scaleTrains() ? weightGradient(g, x, w) : null;
                        if (trains) {
                            weight.setGradient(whole);
                        }
                        if (beside) {
                            setAffineGradients(g, whole, null);
                        }
                        return through ? inputGradient(g, x, w) : null;
                    },
                    x,
                    w);
        }
        return y;
    }
}
