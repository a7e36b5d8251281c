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
        double peakMemoryMib) {}
