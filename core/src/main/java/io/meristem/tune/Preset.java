package io.meristem.tune;

import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.RankLimit;
import io.meristem.rank.CkaScorer;
import io.meristem.rank.GradientScorer;
import io.meristem.rank.RankOptions;
import io.meristem.rank.Scorer;

/** Settings that belong together. */
public enum Preset {
    /**
     * A new head that trains in full, and a length that a laptop can afford. Where a budget is to be shared out, ranks follow the gradient, which did best
     * (docs/performance.md). It says where rank should go and not how much is needed, so without a budget they follow the similarity.
     */
    DEFAULT(20, 16, 5, HeadPolicy.TRAINED, RankLimit.LAYER, NormTraining.NONE, 1, 0, Updates.NONE) {
        @Override
        public Method method() {
            return Dra.DEFAULT;
        }

        @Override
        public AdapterOptions adapter(AdapterOptions ofMethod) {
            return ofMethod;
        }

        @Override
        public RankOptions ranks() {
            return Dra.DEFAULT.ranks();
        }

        @Override
        public Scorer scorer(RankOptions ranks) {
            return ranks.bounded() ? new GradientScorer() : CkaScorer.DEFAULT;
        }
    },
    /** As the published study has it, as far as its tables tell: docs/method.md. */
    PAPER(40, 32, 5, HeadPolicy.ADAPTED, RankLimit.NONE, NormTraining.NONE, 1, 0, Updates.MERGING) {
        @Override
        public Method method() {
            return Dra.PAPER;
        }

        @Override
        public AdapterOptions adapter(AdapterOptions ofMethod) {
            return AdapterOptions.PAPER;
        }

        @Override
        public RankOptions ranks() {
            return Dra.PAPER.ranks();
        }

        @Override
        public Scorer scorer(RankOptions ranks) {
            return CkaScorer.DEFAULT;
        }
    };

    public final int epochs;

    /** Photos per step. */
    public final int batchSize;

    public final int calibrationEpochs;
    public final HeadPolicy head;

    /** Of LoRA's rank; the sizes of the study's table 3 count ranks that some layers cannot use. */
    public final RankLimit rankLimit;

    /** What of the normalisation trains beside low-rank methods. */
    public final NormTraining trainNorm;

    /** Learning rate of B over that of A, where the method has them. */
    public final double lrRatio;

    /** Of averaged weights; 0 for none. */
    public final double ema;

    /** What DRA does with its ranks during training. */
    public final Updates updates;

    Preset(
            int epochs,
            int batchSize,
            int calibrationEpochs,
            HeadPolicy head,
            RankLimit rankLimit,
            NormTraining trainNorm,
            double lrRatio,
            double ema,
            Updates updates) {
        this.epochs = epochs;
        this.batchSize = batchSize;
        this.calibrationEpochs = calibrationEpochs;
        this.head = head;
        this.rankLimit = rankLimit;
        this.trainNorm = trainNorm;
        this.lrRatio = lrRatio;
        this.ema = ema;
        this.updates = updates;
    }

    /** What is trained when nobody names a method. */
    public abstract Method method();

    /**
     * How adapters are scaled and start.
     *
     * @param ofMethod what the method has by itself
     */
    public abstract AdapterOptions adapter(AdapterOptions ofMethod);

    /** Bounds and budget of DRA's ranks. */
    public abstract RankOptions ranks();

    /** What DRA's ranks follow, under these bounds. */
    public abstract Scorer scorer(RankOptions ranks);
}
