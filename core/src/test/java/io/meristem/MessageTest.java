package io.meristem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.artifact.Json;
import io.meristem.rank.RankOptions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class MessageTest {

    private static final Wording LOUD = new Wording() {
        @Override
        public String say(Setting.Mention setting) {
            return "[" + setting.setting().key() + (setting.value() == null ? "" : "=" + setting.value()) + "]";
        }

        @Override
        public String say(Action.Mention action) {
            return "<" + action.action() + " " + action.with().size() + ">";
        }
    };

    @Test
    void settingsAndActionsAreNamedByWhoShowsIt() {
        Message mend =
                Message.of("use %s or less, or %s", Setting.BATCH_SIZE.as(16), Action.RESUME.with(Path.of("run")));
        Message whole = Message.of("It takes %.1f GiB: %s, or leave %s out.", 2.25, mend, Setting.RATE.the());
        assertEquals(
                "It takes 2.3 GiB: use batch size 16 or less, or resume it, or leave the learning rate out.",
                whole.text());
        assertEquals(whole.text(), whole.toString());
        assertEquals(
                "It takes 2.3 GiB: use [batchSize=16] or less, or <RESUME 1>, or leave [rate] out.", whole.text(LOUD));
        assertEquals(Set.of(Setting.BATCH_SIZE, Setting.RATE), whole.settings());
    }

    @Test
    void actionsSayWhatTheyAreDoneToAndWith() {
        assertEquals(
                "an export with format merged and predictions file a.csv",
                Message.of("%s", Action.EXPORT.with(Setting.FORMAT.as("merged"), Setting.PREDICTIONS.as("a.csv")))
                        .text());
        assertEquals(
                "fetch the weights of alexnet anew with tag late",
                Message.of("%s", Action.RENEW_WEIGHTS.with("alexnet", Setting.TAG.as("late")))
                        .text());
        assertEquals("a study", Message.of("%s", Action.STUDY).text());
    }

    /** They go into logs, over the wire and into other processes: no paths, sets or the like of this one. */
    @Test
    void argumentsArePlainData() throws IOException, ClassNotFoundException {
        InputException refusal = new InputException(
                ErrorCode.NOT_FOUND,
                new IOException("gone"),
                "There is no %s in %s, one of %d: give %s.",
                List.of("x"),
                Path.of("a/b"),
                3,
                Setting.DATA.the());
        assertEquals(
                List.of("[x]", Path.of("a/b").toString(), 3, Setting.DATA.the()),
                refusal.sentence().arguments());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(refusal);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            InputException back = assertInstanceOf(InputException.class, in.readObject());
            assertEquals(refusal.sentence(), back.sentence());
            assertEquals(refusal.getMessage(), back.getMessage());
            assertSame(ErrorCode.NOT_FOUND, back.code());
        }
        assertEquals("\"" + refusal.getMessage() + "\"", Json.line(refusal.sentence()));
    }

    @Test
    void perCentSignsOfArgumentsAreNoPlaces() {
        assertEquals("50 % of 100%s", Message.of("50 %% of %s", "100%s").text());
        assertEquals("90 %d", Message.plain("90 %d").text());
    }

    /** What is refused has a whole sentence, and the part that others put into theirs. */
    @Test
    void settingsAreRefusedAsInput() {
        InputException refusal = Assertions.assertThrows(InputException.class, () -> new RankOptions(0, 4, -1, false));
        assertEquals(
                "These settings cannot be used: the budget must be a size in MiB, or 0 for none, not -1.0.",
                refusal.getMessage());
        assertEquals(
                "the budget must be a size in MiB, or 0 for none, not -1.0",
                refusal.reason().text());
        assertSame(ErrorCode.OUT_OF_RANGE, refusal.code());
        InputException other = new InputException(ErrorCode.IN_USE, Message.plain("It is taken."));
        assertSame(other.sentence(), other.reason());
        assertTrue(other.sentence().settings().isEmpty());
    }
}
