package io.meristem.tune;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import java.util.Locale;

/**
 * What DRA does with its ranks during training, and when (docs/method.md, section 5).
 *
 * @param at share of the epochs after which the one update comes; null unless {@code when} is {@link When#ONCE}, which makes 0.4 of it
 * @param startSize of the first allocation, over the budget, or over the size that the scorer answers with; 1 unless {@code when} is {@link When#ONCE}
 */
public record Updates(Kind way, When when, @JsonInclude(JsonInclude.Include.NON_NULL) Double at, double startSize) {

    /** What an update does. */
    public enum Kind {
        /** Ranks stay as they are allocated first. */
        NONE,
        /** Adapters are merged, and new ones start with new ranks and an optimiser that remembers nothing: the source's. */
        MERGE,
        /** The same with the ranks that were: a control, for what starting anew costs by itself. */
        RESTART,
        /** Merged too, and then all learning rates grow from zero again. */
        WARM,
        /** The adapters are kept, rotated where they shrink so that what matters least is dropped, with what the optimiser remembers of them. */
        CARRY,
        /** The same without the rotation. */
        CARRY_PLAIN;

        /** As on the command line. */
        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** Whether adapters end in the network's weights. */
        boolean merges() {
            return this == MERGE || this == RESTART || this == WARM;
        }

        /** Whether adapters stay and change their ranks. */
        boolean carries() {
            return this == CARRY || this == CARRY_PLAIN;
        }
    }

    /** When updates come. */
    public enum When {
        /** After each epoch in which the adapters changed less than the threshold, which the calibration epoch sets and each update lowers: the source's. */
        FALLING,
        /** Once the change, smoothed and taken per learning rate, stays well below the threshold; not after {@link #SETTLED_SHARE} of training. */
        SETTLED,
        /** One update, after a share of training. */
        ONCE;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Of training, after which no update comes that waits for the adapters to settle. */
    public static final double SETTLED_SHARE = 0.6;

    /** As the source has it. */
    public static final Updates MERGING = new Updates(Kind.MERGE, When.FALLING);

    public static final Updates NONE = new Updates(Kind.NONE, When.FALLING);

    private static final double USUAL_SHARE = 0.4;

    /** Steps that learning rates take to grow again at least, those that must be left for that, and how often there is room for it. */
    private static final int WARM_STEPS = 50;

    private static final int WARM_LEFT = 100;
    private static final int WARM_MOST = 2;

    private static final double ROUNDING = 1e-9;

    public Updates {
        if (way == null || when == null) {
            throw InputException.ofSettings(
                    ErrorCode.MISSING_SETTING, "updates need to say what they do ('way') and when ('when')");
        }
        if (when == When.ONCE && at == null) {
            at = USUAL_SHARE;
        }
        if (way == Kind.NONE && (when != When.FALLING || at != null || startSize != 1)) {
            throw InputException.ofSettings(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "ranks that are never updated have no time of updates and one size from beginning to end: leave out %s, %s and %s, or say what an update does",
                    Setting.UPDATE_WHEN.the(),
                    Setting.UPDATE_AT.the(),
                    Setting.START_SIZE.the());
        }
        if (at != null && when != When.ONCE) {
            throw InputException.ofSettings(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "the share of training after which ranks are updated (%s) is that of one update: give %s with it",
                    Setting.UPDATE_AT,
                    Setting.UPDATE_WHEN.the("once"));
        }
        if (at != null && !(at > 0 && at < 1)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE, "%s must lie between 0 and 1, not %s", Setting.UPDATE_AT.the(), at);
        }
        if (!(startSize > 0) || Double.isInfinite(startSize)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "%s, over the size that is wanted, must be positive, not %s",
                    Setting.START_SIZE.the(),
                    startSize);
        }
        if (startSize != 1 && when != When.ONCE) {
            throw InputException.ofSettings(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "a start at another size (%s) needs an update that is sure to end it: give %s with it",
                    Setting.START_SIZE,
                    Setting.UPDATE_WHEN.the("once"));
        }
        if (startSize != 1 && way == Kind.RESTART) {
            throw InputException.ofSettings(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "a start at another size (%s) needs new ranks later, and the update restart keeps them: leave one of the two out",
                    Setting.START_SIZE);
        }
    }

    /** At the usual share where once, from the usual size on. */
    public Updates(Kind way, When when) {
        this(way, when, null, 1);
    }

    /** From a file; what is left out is as in the source. */
    @JsonCreator(mode = JsonCreator.Mode.PROPERTIES)
    static Updates read(
            @JsonProperty("way") Kind way,
            @JsonProperty("when") When when,
            @JsonProperty("at") Double at,
            @JsonProperty("start_size") Double startSize) {
        return new Updates(
                way == null ? Kind.MERGE : way,
                when == null ? When.FALLING : when,
                at,
                startSize == null ? 1 : startSize);
    }

    /** As files from before there was a choice say it: whether there are any. */
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    static Updates read(boolean any) {
        return any ? MERGING : NONE;
    }

    /** Whether there may be any. */
    boolean any() {
        return way != Kind.NONE;
    }

    /** Whether ranks are allocated anew. */
    public boolean givesRanks() {
        return any() && way != Kind.RESTART;
    }

    /** Of training, in which the learning rates do not follow their schedule downwards yet: an update could still come. */
    double heldShare() {
        return any() && when == When.SETTLED ? SETTLED_SHARE : 0;
    }

    /** The first epoch that an update can follow. */
    int first(int calibrationEpochs, int epochs) {
        return switch (when) {
            case FALLING -> calibrationEpochs + 1;
            case SETTLED -> calibrationEpochs + 2;
            case ONCE -> (int) Math.max(1, Math.min(epochs - 1, Math.round(at * epochs)));
        };
    }

    /** The last one. What an update starts has to be trained. */
    int last(int epochs, int stepsPerEpoch) {
        int last = epochs - 1;
        if (when == When.SETTLED) {
            last = Math.min(last, (int) Math.floor(SETTLED_SHARE * epochs + ROUNDING));
        }
        if (way == Kind.WARM) {
            last = Math.min(last, epochs - (WARM_LEFT + stepsPerEpoch - 1) / stepsPerEpoch);
        }
        return last;
    }

    /** How many there are at the most. */
    int most() {
        return when == When.ONCE ? 1 : way == Kind.WARM ? WARM_MOST : Integer.MAX_VALUE;
    }

    /** Steps in which learning rates grow again after an update. */
    int warmSteps(int stepsPerEpoch) {
        return way == Kind.WARM ? Math.max(WARM_STEPS, stepsPerEpoch) : 0;
    }

    /** Why there can be none in a training, in the second half of a sentence. */
    String whyNone(int calibrationEpochs, int epochs, int stepsPerEpoch) {
        String after = when == When.ONCE
                ? ""
                : "calibration ends with epoch " + calibrationEpochs + " of " + epochs + ", and ";
        if (epochs == 1) {
            return "there is one epoch only";
        }
        if (way == Kind.WARM && last(epochs, stepsPerEpoch) < epochs - 1) {
            int first = first(calibrationEpochs, epochs);
            long left = Math.max(0, (long) (epochs - first) * stepsPerEpoch);
            return String.format(
                    Locale.ROOT,
                    "%san update that warms up again needs %d steps after it, of which there are %d after epoch %d",
                    when == When.SETTLED ? after : "",
                    WARM_LEFT,
                    left,
                    Math.min(first, epochs));
        }
        if (when == When.SETTLED) {
            return after + "an update needs two epochs after that to settle, and follows none after epoch "
                    + last(epochs, stepsPerEpoch);
        }
        return after + "an update needs an epoch after that to follow and one more to train";
    }

    /** For labels; empty for the source's. */
    String suffix() {
        if (way == Kind.NONE) {
            return " fixed";
        }
        if (equals(MERGING)) {
            return "";
        }
        StringBuilder words = new StringBuilder(" ").append(way.word());
        if (when != When.FALLING) {
            words.append(' ').append(when.word());
        }
        if (when == When.ONCE && at != USUAL_SHARE) {
            words.append(" at ").append(at);
        }
        if (startSize != 1) {
            words.append(" from ").append(startSize).append('x');
        }
        return words.toString();
    }
}
