package io.meristem.op;

/** Normalises and then multiplies each channel by a weight and adds a bias to it. */
public final class Normalisation {

    private final Layer layer;

    private Normalisation(Layer layer) {
        this.layer = layer;
    }

    /** What {@code layer} has of that; null where it is no normalisation. */
    public static Normalisation of(Layer layer) {
        return layer.op() instanceof BatchNorm || layer.op() instanceof LayerNorm ? new Normalisation(layer) : null;
    }

    /** The scale, (C). */
    public Param weight() {
        return layer.params().get("weight");
    }

    /** The shift, (C). */
    public Param bias() {
        return layer.params().get("bias");
    }
}
