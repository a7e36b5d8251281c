package io.meristem.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Java's vectors, in processes that are started with and without what they take. */
class VectorsTest {

    /** Says whether they are present, and whether a class that uses them can be loaded. */
    static final class Child {
        public static void main(String[] args) throws ReflectiveOperationException {
            boolean present = Vectors.present();
            if (present) {
                Class.forName("jdk.incubator.vector.FloatVector")
                        .getField("SPECIES_PREFERRED")
                        .get(null);
            }
            Engine.warnOnce().ifPresent(System.out::println);
            System.out.println("present: " + present);
        }
    }

    private static List<String> run(String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Arrays.asList(options));
        command.add(Child.class.getName());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        // With one of them Java says on standard error that it has picked it up.
        List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS").forEach(builder.environment()::remove);
        builder.environment().putAll(Engine.ENVIRONMENT);
        builder.environment()
                .put(
                        "CLASSPATH",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        Process process = builder.start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), text);
        return text.lines().toList();
    }

    @Test
    void theOptionGetsThemWithoutAWarning() throws Exception {
        Assumptions.assumeTrue(Vectors.shipped(), "this JDK has no jdk.incubator.vector");
        assertEquals(List.of("present: true"), run(Vectors.OPTION.split(" ")));
    }

    @Test
    void theModuleOnTheCommandLineIsTakenToo() throws Exception {
        Assumptions.assumeTrue(Vectors.shipped(), "this JDK has no jdk.incubator.vector");
        List<String> lines = run("--add-modules", "jdk.incubator.vector");
        assertEquals("present: true", lines.get(lines.size() - 1));
    }

    @Test
    void aProgramThatLacksThemIsToldHowToGetThem() throws Exception {
        Assumptions.assumeTrue(Vectors.shipped(), "this JDK has no jdk.incubator.vector");
        List<String> lines = run();
        assertEquals(2, lines.size(), lines.toString());
        assertTrue(lines.get(0).contains(Vectors.OPTION), lines.get(0));
        assertEquals("present: false", lines.get(1));
    }
}
