package io.meristem.nn;

/** A layer that normalises and then multiplies each channel by a weight and adds a bias to it. */
public sealed interface Normalisation permits BatchNorm2d, LayerNorm {

    /** The scale, (C). */
    Param weight();

    /** The shift, (C). */
    Param bias();
}
