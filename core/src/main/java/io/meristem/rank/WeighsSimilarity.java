package io.meristem.rank;

/** A scorer that weighs a layer's raw similarity against its correction. */
public interface WeighsSimilarity {

    /** This scorer with other weights. */
    Scorer withImportance(Importance weights);
}
