package io.meristem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What Java asks of jars that are to be modules: a name each, and no package in two of them. */
class ModulesTest {

    private static final List<String> MODULES = List.of("core", "cli", "bench/step", "bench/kernels", "examples");

    @Test
    void eachModuleHasAName() throws IOException {
        TreeSet<String> names = new TreeSet<>();
        for (String module : MODULES) {
            String pom = Files.readString(Path.of("..", module, "pom.xml"));
            assertTrue(pom.contains("<module.name>"), module + " has no module.name");
            names.add(pom.replaceFirst("(?s).*<module.name>(.*?)</module.name>.*", "$1"));
        }
        assertEquals(MODULES.size(), names.size(), names.toString());
    }

    @Test
    void noPackageIsInTwoModules() throws IOException {
        Map<String, List<String>> modules = new TreeMap<>();
        for (String module : MODULES) {
            Path root = Path.of("..", module, "src", "main", "java");
            try (Stream<Path> files = Files.walk(root)) {
                files.filter(file -> file.toString().endsWith(".java"))
                        .map(file -> root.relativize(file.getParent()).toString())
                        .distinct()
                        .forEach(name -> modules.computeIfAbsent(name, none -> new ArrayList<>())
                                .add(module));
            }
        }
        assertTrue(modules.size() > 15, modules.toString());
        modules.values().removeIf(in -> in.size() == 1);
        assertEquals(Map.of(), modules);
    }
}
