package io.meristem.adapter;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How the factor before {@code B A} follows from LoRA's alpha and the rank. */
public enum LoraScaling {
    /** {@code alpha / r} (Hu et al. 2021). */
    @JsonProperty("alpha/r")
    BY_RANK("alpha/r"),
    /** {@code alpha / sqrt(r)} (Kalajdzievski 2023, rank-stabilised; PEFT's {@code use_rslora}). */
    @JsonProperty("alpha/sqrt(r)")
    BY_ROOT("alpha/sqrt(r)"),
    /** {@code alpha} at every rank. */
    @JsonProperty("alpha")
    CONSTANT("alpha");

    private final String formula;

    LoraScaling(String formula) {
        this.formula = formula;
    }

    double of(double alpha, int rank) {
        return switch (this) {
            case BY_RANK -> alpha / rank;
            case BY_ROOT -> alpha / Math.sqrt(rank);
            case CONSTANT -> alpha;
        };
    }

    /** The formula, as it is written in options and files. */
    @Override
    public String toString() {
        return formula;
    }
}
