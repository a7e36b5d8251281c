package io.meristem;

import java.nio.file.Path;

/** Where things that can be made or fetched again are kept: {@code $MERISTEM_HOME}, or {@code ~/.cache/meristem}. */
public final class Home {

    /** Names the environment variable that moves the folder. */
    public static final String VARIABLE = "MERISTEM_HOME";

    private Home() {}

    public static Path folder() {
        String home = System.getenv(VARIABLE);
        return home == null || home.isBlank()
                ? Path.of(System.getProperty("user.home"), ".cache", "meristem")
                : Path.of(home);
    }

    /** Which ways to compute layers were the fastest. */
    public static Path plans() {
        return folder().resolve("plans");
    }

    /** Decoded photos. */
    public static Path photos() {
        return folder().resolve("photos");
    }
}
