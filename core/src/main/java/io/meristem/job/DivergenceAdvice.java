package io.meristem.job;

import io.meristem.DivergedException;
import io.meristem.Message;
import io.meristem.Setting;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunWriter;
import io.meristem.tune.OnDivergence;

/** What is left of a run whose numbers went wrong, and what to do. */
final class DivergenceAdvice {

    private DivergenceAdvice() {}

    /** The same, with the last good state and the mend in its sentence. */
    static DivergedException of(DivergedException e, RunWriter writer, OnDivergence done) {
        String left = writer.bestEpoch() == 0
                ? "no epoch had ended well before, so nothing is kept"
                : "the last good state, of epoch " + writer.bestEpoch() + ", is in "
                        + writer.folder().file(RunFolder.BEST);
        Message mend = done == OnDivergence.STOP
                ? Message.of(
                        "a lower %s, more %s, or %s",
                        Setting.RATE, Setting.WARMUP_EPOCHS, Setting.ON_DIVERGENCE.the("lower-lr"))
                : Message.of("a lower %s or more %s", Setting.RATE, Setting.WARMUP_EPOCHS);
        return new DivergedException(Message.of("%s; %s: train again with %s.", e.sentence(), left, mend), e);
    }
}
