package io.meristem.adapter;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;

/**
 * How an adapter is scaled, regularised and started.
 *
 * @param alpha LoRA's alpha; 0 means twice the rank, which makes {@code alpha/r} the constant 2, or just 2 where the scale is alpha itself
 * @param scaling how the scale follows from alpha and the rank
 * @param dropout probability with which an entry of the adapter's input is dropped in training
 * @param initLoraWeights what A starts from
 * @param relative whether each row of the update is scaled by the norm of the frozen weight's row too, so that a step of B moves all layers and channels by
 *     the same share
 */
public record AdapterOptions(
        double alpha,
        LoraScaling scaling,
        double dropout,
        LoraInit initLoraWeights,
        // Absent where false, so that runs and studies from before there was a choice keep their names.
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean relative) {

    /** As the published study is taken to have it; what runs from before there was a choice have. */
    public static final AdapterOptions PAPER = new AdapterOptions(0, LoraScaling.BY_RANK, 0, LoraInit.GAUSSIAN);

    /**
     * What adapters have when nobody says otherwise: {@code 2/sqrt(r)}. With it one learning rate suits all ranks, from 1 to 16 at least (docs/performance.md); with the
     * constant scale of {@link #PAPER} greater ranks need lower ones.
     */
    public static final AdapterOptions DEFAULT = new AdapterOptions(2, LoraScaling.BY_ROOT, 0, LoraInit.GAUSSIAN);

    private static final double USUAL_SCALE = 2;

    public AdapterOptions {
        if (!(alpha >= 0) || Double.isInfinite(alpha)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE, "%s must be positive, or 0 for a scale of 2, not %s", Setting.ALPHA, alpha);
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE, "%s must lie in [0, 1), not %s", Setting.DROPOUT, dropout);
        }
    }

    /** With the same scale in all layers. */
    public AdapterOptions(double alpha, LoraScaling scaling, double dropout, LoraInit initLoraWeights) {
        this(alpha, scaling, dropout, initLoraWeights, false);
    }

    /** With A Gaussian. */
    public AdapterOptions(double alpha, boolean rankStabilised, double dropout) {
        this(alpha, rankStabilised ? LoraScaling.BY_ROOT : LoraScaling.BY_RANK, dropout, LoraInit.GAUSSIAN);
    }

    /**
     * From a run's configuration or a study.
     *
     * @param rankStabilised as older files name the scaling by the root; it may stand beside a {@code scaling} that comes from a default
     */
    @JsonCreator
    static AdapterOptions read(
            @JsonProperty("alpha") double alpha,
            @JsonProperty("scaling") LoraScaling scaling,
            @JsonProperty("rank_stabilised") Boolean rankStabilised,
            @JsonProperty("dropout") double dropout,
            @JsonProperty("init_lora_weights") LoraInit initLoraWeights,
            @JsonProperty("relative") Boolean relative) {
        boolean rooted = rankStabilised != null && rankStabilised;
        if (rooted && scaling == LoraScaling.CONSTANT) {
            throw InputException.ofSettings(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "rank_stabilised means the scaling alpha/sqrt(r), and the scaling here is alpha: leave one of them out");
        }
        LoraScaling said = scaling == null ? PAPER.scaling : scaling;
        return new AdapterOptions(
                alpha,
                rooted ? LoraScaling.BY_ROOT : said,
                dropout,
                initLoraWeights == null ? PAPER.initLoraWeights : initLoraWeights,
                relative != null && relative);
    }

    /** The factor before {@code B A}, before what {@link #relative} adds. */
    public double scaling(int rank) {
        double usual = scaling == LoraScaling.CONSTANT ? USUAL_SCALE : USUAL_SCALE * rank;
        return scaling.of(alpha == 0 ? usual : alpha, rank);
    }

    /** The same with another alpha. */
    public AdapterOptions withAlpha(double other) {
        return new AdapterOptions(other, scaling, dropout, initLoraWeights, relative);
    }
}
