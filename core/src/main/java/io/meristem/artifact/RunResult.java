package io.meristem.artifact;

import io.meristem.eval.Scores;
import io.meristem.rank.SizeHistory;
import java.util.List;

/**
 * What a finished training achieved.
 *
 * @param method the method's label
 * @param bestEpoch the epoch whose state was kept, chosen on the validation photos
 * @param val of that state
 * @param test of that state, looked at once, after training; null without test photos
 * @param modelMib of the whole network
 * @param sizes adapter sizes in MiB of float32 and the first epoch trained with each
 * @param averageMib mean over the epochs of the adapter size trained
 * @param headMib of a head that trained in full, beside the adapters
 * @param secondsPerEpoch median over the epochs, photos and validation included
 * @param ranks the best state cut to each of the ranks that DyLoRA was asked to be judged at; empty with other methods
 * @param peakMemoryMib greatest resident size of the process, or 0 where the system does not tell
 */
public record RunResult(
        String method,
        int epochs,
        int bestEpoch,
        Scores val,
        Scores test,
        double modelMib,
        List<SizeHistory.Span> sizes,
        double averageMib,
        double headMib,
        double secondsPerEpoch,
        List<AtRank> ranks,
        double peakMemoryMib) {

    public RunResult {
        ranks = ranks == null ? List.of() : List.copyOf(ranks); // absent in runs from before there was DyLoRA
    }

    /**
     * A state cut to a rank.
     *
     * @param mib of its adapters
     * @param val null without validation photos
     * @param test null without test photos
     */
    public record AtRank(int rank, double mib, Scores val, Scores test) {}
}
