package io.meristem.job;

import io.meristem.Message;
import io.meristem.Setting;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.TestLook;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** Counts evaluations on the test set: a figure that has led to a choice is no test of what was chosen. */
final class TestUse {

    /** Evaluations after the training's own that need no word: one to see it again. */
    private static final int FREE = 1;

    private TestUse() {}

    /** Notes an evaluation, and says how many there have been where that is too many. */
    static Optional<Message> note(RunFolder run, String command, int photos) {
        run.note(TestLook.now(command, photos));
        List<TestLook> looks = run.looks();
        if (looks.size() <= FREE) {
            return Optional.empty();
        }
        TreeSet<String> people = new TreeSet<>();
        looks.forEach(look -> people.add(look.by()));
        return Optional.of(Message.of(
                "The test photos of %s have been evaluated %d times since the training, by %s: if these figures have led to a choice, they flatter what was chosen. Choose with %s.",
                run.path(), looks.size(), String.join(", ", people), Setting.SPLIT.the("val")));
    }
}
