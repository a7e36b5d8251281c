package io.meristem.op;

import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A convolution or a linear map with its tensors, the normalisation that is taken into it, the way it is computed, and what it computes in. */
public final class WeightedLayer extends Layer {

    /** Computes the layer's output in some way other than with its own frozen weight. */
    @FunctionalInterface
    public interface Form {
        /**
         * @param x in the layer's {@linkplain #precision precision}
         * @param frame saves what {@link #gradient} needs, where the frame {@linkplain Frame#flows flows}
         * @return what {@code layer} gives for {@code x}, owned by the caller's scope
         */
        Tensor forward(WeightedLayer layer, Frame frame, Tensor x);

        /**
         * Hands the optimiser the gradients of what trains.
         *
         * @param g gradient of the output
         * @param x the input
         * @param through whether the gradient of the input is asked for
         * @return gradient of the input, or null where it is not asked for; owned by the caller's scope
         * @throws IllegalStateException where there is a forward pass only
         */
        default Tensor gradient(WeightedLayer layer, Frame frame, Tensor g, Tensor x, boolean through) {
            throw new IllegalStateException(layer.name() + " is computed without gradients");
        }
    }

    /** Sees what goes into a layer and what comes out of it; must not keep either beyond the call. */
    @FunctionalInterface
    public interface Observer {
        void observe(WeightedLayer layer, Tensor input, Tensor output);
    }

    private final Weighted op;
    private final int columns;
    private BatchNormLayer norm;
    private Fold fold;
    private Form form;
    private ConvKernels kernels;
    private Precision precision = Precision.FP32;
    private Tensor readyWeight;
    private Tensor readyBias;
    private Observer observer;

    WeightedLayer(String name, Weighted op) {
        super(name, op);
        this.op = op;
        columns = Math.toIntExact(weight().numel() / weight().shape()[0]);
        kernels = op instanceof Conv2d ? ConvKernels.NATIVE : null;
    }

    @Override
    public Weighted op() {
        return op;
    }

    /** Rows of the weight seen as a matrix: output channels or features. */
    public int outFeatures() {
        return Math.toIntExact(weight().shape()[0]);
    }

    /** Columns of the weight seen as a matrix: {@code in/groups * kh * kw}. */
    public int columns() {
        return columns;
    }

    public Param weight() {
        return params().get("weight");
    }

    /** The bias (out), or null. */
    public Param bias() {
        return params().get("bias");
    }

    /** {@link Weighted#kind}. */
    public String kind() {
        return op.kind();
    }

    public boolean isGrouped() {
        return op.isGrouped();
    }

    /** {@link Weighted#apply}. */
    public Tensor apply(Tensor x, Tensor weight, Tensor bias) {
        return op.apply(x, weight, bias);
    }

    /** {@link Weighted#inputGradient}, by the layer's {@linkplain #kernels kernels}. */
    public Tensor inputGradient(Tensor g, Tensor x, Tensor weight) {
        return op instanceof Conv2d conv ? kernels.input().compute(conv, g, x, weight) : op.inputGradient(g, x, weight);
    }

    /** {@link Weighted#weightGradient}, by the layer's {@linkplain #kernels kernels}. */
    public Tensor weightGradient(Tensor g, Tensor x, Tensor weight) {
        return op instanceof Conv2d conv
                ? kernels.weight().compute(conv, g, x, weight)
                : op.weightGradient(g, x, weight);
    }

    /** Which kernels compute a convolution's gradients; null on a linear map. */
    public ConvKernels kernels() {
        return kernels;
    }

    /** @throws IllegalStateException on a linear map */
    public void setKernels(ConvKernels kernels) {
        if (!(op instanceof Conv2d)) {
            throw new IllegalStateException(name() + " is no convolution");
        }
        this.kernels = kernels;
    }

    /**
     * A batch normalisation taken into the weight: tensors that this layer owns. Where scale or shift of the normalisation train, or the layer's own bias, what follows
     * from them is computed when it is asked for.
     *
     * @param weight as it runs; null where the scale trains
     * @param bias as it runs; null where scale, shift or the layer's own bias train
     * @param scale (out); null where it trains
     * @param deviation of the normalisation, (out); null where the bias is fixed
     * @param centre {@code bias - mean}, (out): what the scale multiplies beside the weight; null where the bias is fixed, and where the layer's own bias trains
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
    public void followedBy(BatchNormLayer norm) {
        this.norm = norm;
    }

    /** The normalisation that takes this layer's output, and nothing else's; null where there is none. */
    public BatchNormLayer norm() {
        return norm;
    }

    /**
     * Takes the normalisation that follows, if any, into weight and bias as they are now; it hands its input on from here on.
     *
     * @param fixed whether its scale and shift are taken as they are now even where they train
     */
    public void fold(boolean fixed) {
        if (norm == null || fold != null) {
            return;
        }
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor s = norm.scale();
            Tensor shift = norm.shift(s);
            boolean scaleTrains = !fixed && norm.weight().trains();
            boolean ownTrains = !fixed && ownBiasTrains();
            boolean learns = ownTrains || !fixed && norm.learns();
            Tensor mean = norm.runningMean().value();
            fold = new Fold(
                    scaleTrains ? null : Tensors.keep(scaled(weight().value(), s)),
                    learns
                            ? null
                            : Tensors.keep(
                                    bias() == null
                                            ? shift
                                            : shift.add(bias().value().mul(s))),
                    scaleTrains ? null : Tensors.keep(s),
                    learns ? Tensors.keep(norm.deviation()) : null,
                    learns && !ownTrains ? Tensors.keep(centre(mean)) : null);
        }
        forgetReady();
    }

    private Tensor centre(Tensor mean) {
        return bias() == null ? mean.neg() : bias().value().sub(mean);
    }

    /** What the scale of a normalisation that has been taken in multiplies beside the weight, where that has to be known. */
    private Tensor centre() {
        return fold.centre != null ? fold.centre : centre(norm.runningMean().value());
    }

    private boolean ownBiasTrains() {
        return bias() != null && bias().trains();
    }

    /** The weight with its rows multiplied by {@code s}, (out). */
    private Tensor scaled(Tensor of, Tensor s) {
        long[] rows = new long[weight().shape().length];
        Arrays.fill(rows, 1);
        rows[0] = outFeatures();
        return of.mul(s.reshape(rows));
    }

    /** Whether the scale of a normalisation that has been taken in trains. */
    public boolean scaleTrains() {
        return fold != null && fold.scale == null;
    }

    /** Whether what is added to each channel trains: the layer's own bias, or the shift of a normalisation that has been taken in. */
    private boolean shiftTrains() {
        return fold == null
                ? ownBiasTrains()
                : fold.bias() == null && (norm.bias().trains() || ownBiasTrains());
    }

    /**
     * Hands the optimiser the gradients of what trains beside the weight: the layer's own bias, or shift and scale of a normalisation that has been taken in. With
     * that, the layer is {@code y = scale * (W x + bias - mean) / deviation + shift}, so that
     *
     * <pre>
     *   d shift = sum of g,    d bias = scale d shift / deviation,    d scale = (sum over the columns of dW' W + d shift (bias - mean)) / deviation,
     * </pre>
     *
     * where dW' is the gradient of the {@linkplain #runningWeight running} weight and W the one before the scale, any update included.
     *
     * @param g gradient of the output
     * @param whole gradient of the running weight, any dtype; needed only where {@link #scaleTrains}
     * @param ofUpdate the part of the sum over the columns that an update of {@link #weight} has, (out), float32; null without one
     */
    public void setAffineGradients(Tensor g, Tensor whole, Tensor ofUpdate) {
        boolean ofScale = scaleTrains();
        if (!ofScale && !shiftTrains()) {
            return;
        }
        Tensor shift = fold != null ? channelSums(g) : op.biasGradient(g);
        if (fold == null) {
            bias().setGradient(shift);
            return;
        }
        if (norm.bias().trains()) {
            norm.bias().setGradient(shift);
        }
        if (ownBiasTrains()) {
            bias().setGradient(shift.mul(runningScale()));
        }
        if (ofScale) {
            Tensor rows = Precision.FP32
                    .of(whole)
                    .mul(weight().value())
                    .reshape(outFeatures(), columns)
                    .sum(1);
            Tensor sum = ofUpdate == null ? rows : rows.add(ofUpdate);
            norm.weight().setGradient(sum.add(shift.mul(centre())).div(fold.deviation));
        }
    }

    /** Whether the normalisation that follows is taken in now. */
    public boolean folded() {
        return fold != null;
    }

    /** Whether a normalisation follows that {@link #fold} can take in such that dividing by {@link #runningScale} gives the output without it. */
    public boolean reversible() {
        return norm != null && norm.reversible();
    }

    /** Undoes {@link #fold}, and forgets copies of the weight in another precision. */
    public void unfold() {
        forgetReady();
        if (fold != null) {
            fold.free();
            fold = null;
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
    public Tensor runningWeight() {
        if (fold == null) {
            return weight().value();
        }
        return fold.weight != null ? fold.weight : scaled(weight().value(), runningScale());
    }

    /** The bias that the layer runs with, or null; the caller's scope owns it where scale or shift of a normalisation train. */
    public Tensor runningBias() {
        if (fold == null) {
            return bias() == null ? null : bias().value();
        }
        return fold.bias() != null ? fold.bias : norm.bias().value().add(centre().mul(runningScale()));
    }

    public void setPrecision(Precision precision) {
        if (this.precision != precision) {
            unfold();
            this.precision = precision;
        }
    }

    /** What the layer computes in. */
    public Precision precision() {
        return precision;
    }

    /** {@link #runningWeight} in the layer's precision. A copy of a frozen one is made once and belongs to this layer until {@link #unfold}. */
    public Tensor readyWeight() {
        if (precision == Precision.FP32 || weight().trains() || scaleTrains()) {
            return precision.of(runningWeight());
        }
        if (readyWeight == null) {
            readyWeight = Tensors.keep(precision.of(runningWeight()));
        }
        return readyWeight;
    }

    /** {@link #runningBias} in the layer's precision, or null. */
    public Tensor readyBias() {
        Tensor running = runningBias();
        boolean fixed = fold == null ? bias() == null || !bias().trains() : fold.bias() != null;
        if (running == null || precision == Precision.FP32 || !fixed) {
            return running == null ? null : precision.of(running);
        }
        if (readyBias == null) {
            readyBias = Tensors.keep(precision.of(running));
        }
        return readyBias;
    }

    /** What each row of an update of {@link #weight()} is multiplied by to be one of {@link #runningWeight()}, (out); null for one. */
    public Tensor runningScale() {
        if (fold == null) {
            return null;
        }
        return fold.scale != null ? fold.scale : norm.scale();
    }

    /** Replaces how the output is computed; null goes back to the frozen weight. */
    public void setForm(Form form) {
        this.form = form;
    }

    /** Sets who sees the layer's traffic; null for nobody. */
    public void setObserver(Observer observer) {
        this.observer = observer;
    }

    @Override
    public boolean trains() {
        return form != null || weight().trains() || shiftTrains() || scaleTrains();
    }

    /** The layer's function alone. */
    public Tensor forward(Tensor x) {
        return forward(Frame.alone(this), x);
    }

    @SuppressWarnings("ReferenceEquality") // whether it is the same handle, not the same numbers
    Tensor forward(Frame frame, Tensor x) {
        Tensor input = precision.of(x);
        if (frame.flows() && (input != x || frame.casts())) {
            frame.remember(x.scalar_type());
            frame.save(input);
        }
        Tensor y = form == null ? frozen(frame, input) : form.forward(this, frame, input);
        if (observer != null) {
            observer.observe(this, x, y);
        }
        return y;
    }

    /** With its own weight, which may train all the same. */
    private Tensor frozen(Frame frame, Tensor x) {
        Tensor w = readyWeight();
        if (frame.flows()) {
            frame.save(w);
        }
        return apply(x, w, readyBias());
    }

    void gradient(Frame frame, Tensor g) {
        boolean through = frame.through(0);
        ScalarType cast = (ScalarType) frame.memo();
        Tensor x = cast == null ? frame.input(0) : frame.take();
        Tensor ofInput =
                form == null ? frozenGradient(frame, g, x, through) : form.gradient(this, frame, g, x, through);
        if (through) {
            frame.give(0, cast == null ? ofInput : ofInput.to(cast));
        }
    }

    private Tensor frozenGradient(Frame frame, Tensor g, Tensor x, boolean through) {
        Tensor w = frame.saved(0);
        boolean trains = weight().trains();
        Tensor whole = trains || scaleTrains() ? weightGradient(g, x, w) : null;
        if (trains) {
            weight().setGradient(whole);
        }
        setAffineGradients(g, whole, null);
        return through ? inputGradient(g, x, w) : null;
    }
}
