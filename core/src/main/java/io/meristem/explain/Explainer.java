package io.meristem.explain;

import org.bytedeco.pytorch.Tensor;

/** Finds the places of photos that speak for a class. */
public interface Explainer {

    /**
     * @param images (N, 3, size, size), normalised; stays the caller's
     * @param labels the class to explain of each photo, or null for the most probable one
     * @return one explanation per photo
     */
    Explanation[] explain(Tensor images, int[] labels);
}
