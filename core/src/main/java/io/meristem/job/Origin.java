package io.meristem.job;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.artifact.Provenance;
import io.meristem.artifact.RunConfig;
import io.meristem.engine.Engine;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/** Whether a run that is resumed has what it had when it began. */
final class Origin {

    private Origin() {}

    /**
     * @return a sentence for the user where the numbers will not be those of a run that was never stopped
     * @throws InputException when photos or weights are others now
     */
    static Optional<String> requireSame(Path run, RunConfig config, Provenance then, Provenance now) {
        if (!then.dataFingerprint().equals(now.dataFingerprint())) {
            throw new InputException(
                    ErrorCode.CHANGED,
                    "The photos in %s have changed since the run in %s began: put them back as they were, or train again into another folder.",
                    config.data().folder(),
                    run);
        }
        if (!Objects.equals(then.weightsSha256(), now.weightsSha256())) {
            throw new InputException(
                    ErrorCode.CHANGED,
                    "The weights in %s have changed since the run in %s began: put the file back as it was, or train again into another folder.",
                    config.model().weights(),
                    run);
        }
        String before = words(then.engine());
        String after = words(now.engine());
        return before.equals(after) && then.meristem().equals(now.meristem())
                ? Optional.empty()
                : Optional.of("The run began with meristem " + then.meristem() + " on " + before
                        + " and is resumed with meristem " + now.meristem() + " on " + after
                        + ": its numbers will differ a little from those of a run that was never stopped.");
    }

    /** What rounding depends on. */
    private static String words(Engine.Info engine) {
        return "libtorch " + engine.libtorch() + ", " + engine.blas() + ", " + engine.cpu() + ", " + engine.threads()
                + (engine.threads() == 1 ? " thread" : " threads");
    }
}
