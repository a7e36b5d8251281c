package io.meristem.cli;

import io.meristem.job.Abstention;
import picocli.CommandLine.Option;

/** Which answers are too unsure to count. */
final class AbstainOptions {

    @Option(
            names = "--abstain",
            paramLabel = "P",
            description = "Answer 'unsure' where the best class is less probable than this, such as 0.8.")
    Double below;

    @Option(
            names = "--abstain-at-accuracy",
            paramLabel = "A",
            description =
                    "The same with the least P that makes so large a share of the other answers right on the run's validation photos, such as 0.95.")
    Double accuracy;

    Abstention resolve() {
        return below == null && accuracy == null ? Abstention.NONE : new Abstention(below, accuracy);
    }
}
