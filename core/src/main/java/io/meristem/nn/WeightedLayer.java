package io.meristem.nn;

import org.bytedeco.pytorch.Tensor;

/**
 * A layer that multiplies its input by one weight: a convolution or a linear map, the places where low-rank adapters sit.
 *
 * <p>Seen as a matrix the weight is (out, m) with {@code m = in/groups * kh * kw}. Grouped and depthwise convolutions are seen the same way.
 */
public abstract class WeightedLayer extends Layer {

    /** Computes the layer's output in some way other than with its own frozen weight. */
    @FunctionalInterface
    public interface Form {
        /** @return what {@code layer} gives for {@code x}, owned by the caller's scope */
        Tensor forward(WeightedLayer layer, Tensor x);
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
    private Form form;
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

    /**
     * The layer's function with any weight.
     *
     * @param x the layer's input
     * @param weight of the shape of {@link #weight()}
     * @param bias (out), or null for none
     */
    public abstract Tensor apply(Tensor x, Tensor weight, Tensor bias);

    /** Replaces how the output is computed; null goes back to the frozen weight. */
    public final void setForm(Form form) {
        this.form = form;
    }

    /** Sets who sees the layer's traffic; null for nobody. */
    public final void setObserver(Observer observer) {
        this.observer = observer;
    }

    @Override
    public final Tensor forward(Tensor x) {
        Tensor y = form == null ? apply(x, weight.value(), bias == null ? null : bias.value()) : form.forward(this, x);
        if (observer != null) {
            observer.observe(this, x, y);
        }
        return y;
    }
}
