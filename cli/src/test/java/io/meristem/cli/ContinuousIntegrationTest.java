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
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script .ci/run, on machines whose Maven and apt-get are scripts that write down what they were asked. */
class ContinuousIntegrationTest {

    @TempDir
    Path house;

    private Path bin;

    @BeforeEach
    void build() throws IOException {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "this system has no /bin/bash");
        bin = Files.createDirectories(house.resolve("bin"));
        Files.createDirectories(house.resolve(".ci"));
        Files.copy(Path.of("..", ".ci", "run"), house.resolve(".ci/run"), StandardCopyOption.COPY_ATTRIBUTES);
        for (String tool : List.of("bash", "dirname", "timeout", "chmod", "rm")) {
            Path found = List.of("/usr/bin", "/bin").stream()
                    .map(place -> Path.of(place, tool))
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElse(null);
            Assumptions.assumeTrue(found != null, "this system has no " + tool + " in /usr/bin");
            script(tool, "exec " + found + " \"$@\"");
        }
        script("mvn", "echo \"mvn $*\"");
        script("id", "echo 0");
    }

    private void script(String name, String body) throws IOException {
        Path file = Files.writeString(bin.resolve(name), "#!/bin/bash\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private List<String> run(String... arguments) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(house.resolve(".ci/run").toString()).redirectErrorStream(true);
        builder.command().addAll(List.of(arguments));
        builder.environment().put("PATH", bin.toString());
        builder.environment().put("HOUSE", house.toString());
        Process process = builder.start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), text);
        return text.lines().toList();
    }

    private List<String> asked() throws IOException {
        Path log = house.resolve("log");
        return Files.exists(log) ? Files.readAllLines(log) : List.of();
    }

    @Test
    void aBrowserThatIsThereIsUsed() throws Exception {
        script("chromium", "");
        script("chromedriver", "");
        script("apt-get", "echo \"$*\" >>\"$HOUSE/log\"");
        assertEquals(List.of("mvn -B -ntp verify -Dtest=One"), run("-Dtest=One"));
        assertEquals(List.of(), asked());
    }

    @Test
    void rootInstallsTheBrowserAndRefreshesTheListsWhereTheyAreOld() throws Exception {
        script(
                "apt-get",
                """
                echo "$*" >>"$HOUSE/log"
                case "$*" in
                    *update) : >"$HOUSE/lists" ;;
                    *)
                        [ -e "$HOUSE/lists" ] || exit 100
                        for name in chromium chromedriver; do echo >"$HOUSE/bin/$name"; chmod +x "$HOUSE/bin/$name"; done
                        ;;
                esac""");
        List<String> lines = run();
        assertEquals(2, lines.size(), lines.toString());
        assertTrue(lines.get(0).contains("installing a browser"), lines.toString());
        assertEquals("mvn -B -ntp verify", lines.get(1));
        assertEquals(3, asked().size(), asked().toString());
        assertTrue(asked().get(0).endsWith("install --no-install-recommends chromium chromium-driver"));
        assertTrue(asked().get(1).endsWith("update"));
        assertEquals(asked().get(0), asked().get(2));
    }

    @Test
    void withoutANetworkItSaysSoAndGoesOn() throws Exception {
        script("apt-get", "echo \"E: Failed to fetch https://somewhere.example/\"; exit 100");
        List<String> lines = run();
        assertEquals(3, lines.size(), lines.toString());
        assertTrue(lines.get(1).contains("skipped"), lines.toString());
        assertEquals("mvn -B -ntp verify", lines.get(2));
        assertFalse(lines.toString().contains("somewhere.example"), lines.toString());
    }

    @Test
    void whoIsNotRootIsToldInOneLine() throws Exception {
        script("id", "echo 1000");
        script("apt-get", "echo \"$*\" >>\"$HOUSE/log\"");
        List<String> lines = run();
        assertEquals(2, lines.size(), lines.toString());
        assertTrue(lines.get(0).contains("skipped; install chromium"), lines.toString());
        assertEquals(List.of(), asked());
    }
}
