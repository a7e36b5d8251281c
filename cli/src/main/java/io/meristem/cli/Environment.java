package io.meristem.cli;

import io.meristem.engine.Engine;
import java.io.PrintWriter;
import java.util.List;

/** Says once when the process was started without the settings that make the engine fast. */
final class Environment {

    private Environment() {}

    static void warn(PrintWriter err) {
        List<String> missing = Engine.missingEnvironment();
        if (!missing.isEmpty()) {
            err.println("meristem: training is slower without " + String.join(" ", missing)
                    + " in the environment; the launcher sets them.");
            err.flush();
        }
    }
}
