package io.meristem.study;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Comparator;

/**
 * A run as a study asks for it.
 *
 * @param trial its settings; null for those that tuning chooses
 */
record RunRequest(StudyModel model, StudyData data, StudyMethod method, Trial trial, Role role, long seed) {

    /** What a run serves. */
    enum Role {
        /** To choose settings, on validation photos. */
        @JsonProperty("tuning")
        TUNING,
        /** To compare methods at their settings. */
        @JsonProperty("confirmation")
        CONFIRMATION;

        String label() {
            return this == TUNING ? "tuning" : "confirmation";
        }
    }

    static RunRequest of(StudyModel model, StudyData data, StudyMethod method, Role role, long seed) {
        return new RunRequest(
                model, data, method, method.isTuned() ? null : method.trials().get(0), role, seed);
    }

    boolean isOpen() {
        return trial == null;
    }

    /** With settings that are known. */
    StudyRun with(Trial known) {
        return new StudyRun(model, data, known.train(), method.sizeOf(), seed);
    }

    /** The run itself, or while its settings are open the one of its trials that takes longest. */
    StudyRun likely() {
        return with(
                trial != null
                        ? trial
                        : method.trials().stream()
                                .max(Comparator.comparingInt(t -> t.train().epochs()))
                                .orElseThrow());
    }
}
