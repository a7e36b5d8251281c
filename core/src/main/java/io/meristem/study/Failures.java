package io.meristem.study;

import io.meristem.DivergedException;
import io.meristem.InputException;
import io.meristem.Message;
import io.meristem.engine.MemoryFailure;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What is kept of an error that ended a run. */
final class Failures {

    private Failures() {}

    static StudyFolder.Failure of(Throwable e) {
        if (e instanceof InputException || e instanceof DivergedException) {
            return new StudyFolder.Failure(e.getMessage(), List.of());
        }
        List<String> trace = Arrays.stream(e.getStackTrace())
                .map(StackTraceElement::toString)
                .toList();
        return new StudyFolder.Failure(sentence(e), trace);
    }

    private static String sentence(Throwable e) {
        String text = e.getMessage() == null ? "" : e.getMessage();
        String first = text.lines().findFirst().orElse("").strip();
        Optional<Message> memory = MemoryFailure.sentence(e);
        if (memory.isPresent()) {
            return memory.get().text();
        }
        if (e.getClass() == RuntimeException.class) {
            // What the engine throws: a native stack trace follows in its message.
            return "The engine failed: " + first;
        }
        return e.getClass().getSimpleName() + ": " + first;
    }
}
