package io.meristem.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

/** JavaCPP's limit on the process's memory, which costs a question to the system for each object, in processes of their own: it is read once. */
class PointerLimitTest {

    /** Prints the limit in bytes. */
    static final class Child {
        public static void main(String[] args) {
            Engine.load();
            System.out.println("limit: " + Pointer.maxPhysicalBytes());
        }
    }

    private static String run(String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Arrays.asList(options));
        command.add(Child.class.getName());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(Engine.ENVIRONMENT);
        builder.environment()
                .put(
                        "CLASSPATH",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        Process process = builder.start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), text);
        return text.lines()
                .filter(line -> line.startsWith("limit: "))
                .findFirst()
                .orElse(text);
    }

    @Test
    void theEngineSetsNone() throws Exception {
        assertEquals("limit: 0", run());
    }

    @Test
    void oneThatTheUserSetsStays() throws Exception {
        assertEquals("limit: " + (7L << 30), run("-D" + Natives.LIMIT + "=7g"));
    }
}
