package io.meristem.rank;

/**
 * What the Gram matrices say about one layer.
 *
 * @param raw CKA between input and output, biased estimator, in [0, 1]
 * @param debiased CKA with the unbiased estimator, in [0, 1]
 * @param spread how evenly the output uses its directions: (participation ratio - 1) / (most directions possible - 1), in [0, 1]
 */
public record Similarity(double raw, double debiased, double spread) {}
