package io.meristem.cli;

import io.meristem.engine.Engine;
import java.io.PrintWriter;

/** Says once when the process was started without the settings that make the engine fast. */
final class Environment {

    private Environment() {}

    static void warn(PrintWriter err) {
        Engine.warnOnce().ifPresent(sentence -> {
            err.println("meristem: " + sentence);
            err.flush();
        });
    }
}
