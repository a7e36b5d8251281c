package io.meristem.cli;

import io.meristem.InputException;
import java.util.function.Supplier;

/** Settings from options: where a record refuses them, that is the user's to mend, and the record's sentence says how. */
final class CheckedSettings {

    private CheckedSettings() {}

    static <T> T of(Supplier<T> settings) {
        try {
            return settings.get();
        } catch (IllegalArgumentException e) {
            throw new InputException("These settings cannot be used: " + e.getMessage() + ".", e);
        }
    }
}
