package io.meristem.artifact;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Somebody looked at how a run does on its test photos.
 *
 * @param at time in UTC, as in ISO 8601
 * @param by user name on the machine
 * @param command that showed it
 * @param photos how many were judged
 */
public record TestLook(String at, String by, String command, int photos) {

    /** By this process's user, now. */
    public static TestLook now(String command, int photos) {
        return new TestLook(
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                System.getProperty("user.name", "unknown"),
                command,
                photos);
    }
}
