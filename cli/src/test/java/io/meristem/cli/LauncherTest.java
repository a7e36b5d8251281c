package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher, in a house of its own where Maven and Java are scripts that say what they were asked. */
class LauncherTest {

    private static final Path LAUNCHER = Path.of("..", "meristem");

    @TempDir
    Path house;

    private Path target;
    private Path log;

    @BeforeEach
    void build() throws IOException {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "this system has no /bin/bash");
        target = house.resolve("cli").resolve("target");
        log = house.resolve("log");
        Files.copy(LAUNCHER, house.resolve("meristem"), StandardCopyOption.COPY_ATTRIBUTES);
        for (String folder : List.of("core/src/main", "cli/src/main", "cli/target/lib", "bin")) {
            Files.createDirectories(house.resolve(folder));
        }
        Files.writeString(house.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");
        script(
                "bin/mvn",
                "echo mvn >>\"$HOUSE/log\"; sleep \"${BUILD_SECONDS:-0}\"; : >\"$HOUSE/cli/target/meristem-cli-1.jar\"");
        script(
                "bin/java",
                """
                for argument in "$@"; do
                    case "$argument" in
                        -XX:ArchiveClassesAtExit=*) echo archive >>"$HOUSE/log"; printf classes >"${argument#*=}"; exit ;;
                        -XX:SharedArchiveFile=*) echo shared >>"$HOUSE/log" ;;
                    esac
                done
                echo "LC_ALL=${LC_ALL:-} LC_CTYPE=${LC_CTYPE:-} charmap=$(locale charmap) $*"
                """);
    }

    private void script(String name, String body) throws IOException {
        Path file = Files.writeString(house.resolve(name), "#!/usr/bin/env bash\n" + body);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Process start(Map<String, String> environment) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(house.resolve("meristem").toString(), "models").redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("LC_") || name.equals("LANG"));
        builder.environment().put("HOUSE", house.toString());
        builder.environment().put("JAVA_HOME", house.toString());
        builder.environment().merge("PATH", "", (path, none) -> house.resolve("bin") + ":" + path);
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static String text(Process process) throws IOException, InterruptedException {
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), text);
        return text;
    }

    private long logged(String what) throws IOException {
        return Files.readAllLines(log).stream().filter(what::equals).count();
    }

    @Test
    void twoFirstStartsBuildOnce() throws Exception {
        List<Process> starts = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            starts.add(start(Map.of("BUILD_SECONDS", "0.5")));
        }
        for (Process one : starts) {
            text(one);
        }
        assertEquals(1, logged("mvn"));
        text(start(Map.of()));
        assertEquals(1, logged("mvn"));
    }

    /** Folders of the modules that the command line is built from, by the build files. */
    private static Set<String> modules() throws IOException {
        Path root = LAUNCHER.toAbsolutePath().normalize().getParent();
        Map<String, String> folders = new HashMap<>();
        Map<String, List<String>> artifacts = new HashMap<>();
        for (String folder : named("module", root.resolve("pom.xml"))) {
            List<String> names = named("artifactId", root.resolve(folder).resolve("pom.xml")).stream()
                    .filter(name -> name.startsWith("meristem-"))
                    .toList();
            folders.put(names.get(0), folder);
            artifacts.put(names.get(0), names);
        }
        Set<String> needed = new TreeSet<>();
        Deque<String> open = new ArrayDeque<>(List.of("meristem-cli"));
        while (!open.isEmpty()) {
            String artifact = open.pop();
            if (needed.add(folders.get(artifact))) {
                open.addAll(artifacts.get(artifact));
            }
        }
        return needed;
    }

    private static List<String> named(String element, Path pom) throws IOException {
        return Pattern.compile("<" + element + ">([^<]+)</" + element + ">")
                .matcher(Files.readString(pom))
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    @Test
    void buildsAgainWhenAModuleHasChanged() throws Exception {
        text(start(Map.of()));
        int builds = 1;
        assertTrue(
                modules().containsAll(Set.of("cli", "core", "synth")), modules().toString());
        for (String module : modules()) {
            Path sources = Files.createDirectories(house.resolve(module).resolve("src/main"));
            for (Path changed :
                    List.of(sources.resolve("New.java"), house.resolve(module).resolve("pom.xml"))) {
                Files.writeString(changed, "");
                text(start(Map.of()));
                assertEquals(++builds, logged("mvn"), changed.toString());
            }
        }
        text(start(Map.of()));
        assertEquals(builds, logged("mvn"));
    }

    @Test
    void anArchiveThatIsNotWholeIsMadeAgain() throws Exception {
        text(start(Map.of()));
        text(start(Map.of()));
        assertEquals(1, logged("archive"));
        assertEquals(2, logged("shared"));
        Path archive = target.resolve("classes-17.0.1.jsa");
        Files.writeString(archive, "cla");
        text(start(Map.of()));
        assertEquals(2, logged("archive"));
        assertEquals("classes", Files.readString(archive));
        Files.delete(target.resolve("classes-17.0.1.jsa.size"));
        text(start(Map.of()));
        assertEquals(3, logged("archive"));
        assertEquals(4, logged("shared"));
        try (var files = Files.list(target)) {
            assertFalse(
                    files.anyMatch(f -> f.getFileName().toString().matches(".*jsa\\.\\d.*")),
                    "a temporary file is left");
        }
    }

    @Test
    void startsTheJarOfThisVersion() throws Exception {
        text(start(Map.of()));
        Files.writeString(target.resolve("meristem-cli-1-javadoc.jar"), "");
        Files.writeString(target.resolve("meristem-cli-1-sources.jar"), "");
        String started = text(start(Map.of()));
        assertTrue(started.contains("-jar " + target.resolve("meristem-cli-1.jar") + " models"), started);
        assertFalse(started.contains("--add-modules"), "Java warns of incubator modules: " + started);
        Files.move(target.resolve("meristem-cli-1.jar"), target.resolve("meristem-cli-0.jar"));
        Files.delete(target.resolve("launcher-stamp"));
        started = text(start(Map.of()));
        assertTrue(started.contains("-jar " + target.resolve("meristem-cli-1.jar") + " models"), started);
    }

    @Test
    void namesAreUtf8WhereTheLocaleIsNot() throws Exception {
        Process ask = new ProcessBuilder("bash", "-c", "LC_ALL=C.UTF-8 locale charmap 2>/dev/null").start();
        Assumptions.assumeTrue(text(ask).strip().equals("UTF-8"), "this system has no C.UTF-8");
        text(start(Map.of()));
        assertTrue(text(start(Map.of("LC_ALL", "C"))).contains("LC_ALL=C.UTF-8 LC_CTYPE= charmap=UTF-8"));
        assertTrue(text(start(Map.of())).contains("LC_ALL= LC_CTYPE=C.UTF-8 charmap=UTF-8"));
        assertTrue(text(start(Map.of("LANG", "C.UTF-8"))).contains("LC_ALL= LC_CTYPE= charmap=UTF-8"));
        assertTrue(text(start(Map.of("LANG", "C"))).contains("-Dfile.encoding=UTF-8"));
    }
}
