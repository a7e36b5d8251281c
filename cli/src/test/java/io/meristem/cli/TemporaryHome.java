package io.meristem.cli;

import io.meristem.engine.Engine;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Lets a test class run with a home folder without weights and decoded photos. */
final class TemporaryHome implements BeforeAllCallback, AfterAllCallback {

    private static final String HOME = "user.home";

    private String before;

    @Override
    public void beforeAll(ExtensionContext context) {
        // The engine's libraries are unpacked below the home folder, once: that is to be the real one.
        Engine.ensureStarted();
        before = System.getProperty(HOME);
        System.setProperty(HOME, Path.of("target", "home").toAbsolutePath().toString());
    }

    @Override
    public void afterAll(ExtensionContext context) {
        System.setProperty(HOME, before);
    }
}
