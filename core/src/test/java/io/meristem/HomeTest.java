package io.meristem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.testing.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Users with a home folder, and without. */
class HomeTest {

    @TempDir
    Path place;

    /** Asks as a process with other surroundings. */
    static final class Ask {
        private Ask() {}

        @SuppressWarnings("SystemOut")
        public static void main(String[] args) throws IOException {
            Home.listen(note -> System.out.println("note " + note));
            System.out.println("folder " + Home.folder());
            Path photos = Home.photos();
            System.out.println("photos " + photos);
            System.out.println("same " + Home.photos().equals(photos));
            Files.createDirectories(photos);
            if (Files.getFileStore(photos).supportsFileAttributeView("posix")) {
                System.out.println(
                        "mode " + PosixFilePermissions.toString(Files.getPosixFilePermissions(photos.getParent())));
            }
        }
    }

    private Map<String, String> ask(String userHome, String home, String meristem)
            throws IOException, InterruptedException {
        Map<String, String> environment = new HashMap<>();
        environment.put("HOME", home);
        environment.put(Home.VARIABLE, meristem);
        ChildJvm child =
                ChildJvm.run(environment, List.of("-Duser.home=" + userHome, "-Djava.io.tmpdir=" + place), Ask.class);
        assertEquals(0, child.code(), child.text());
        Map<String, String> said = new HashMap<>();
        child.text().lines().forEach(line -> said.put(line.split(" ", 2)[0], line.split(" ", 2)[1]));
        return said;
    }

    @Test
    void whatTheUserSaysGoesFirst() throws Exception {
        Path mine = place.resolve("mine");
        Path home = Files.createDirectory(place.resolve("home"));
        assertEquals(
                mine.toString(), ask(home.toString(), null, mine.toString()).get("folder"));
        Map<String, String> usual = ask(home.toString(), null, null);
        assertEquals(home.resolve(".cache/meristem").toString(), usual.get("folder"));
        assertFalse(usual.containsKey("note"));
        // A container that knows the number of the user only: Java says "?".
        assertEquals(
                home.resolve(".cache/meristem").toString(),
                ask("?", home.toString(), null).get("folder"));
    }

    @Test
    void withoutAHomeAPrivateFolderServesUntilTheEnd() throws Exception {
        Map<String, String> said = ask("?", null, null);
        Path folder = Path.of(said.get("folder"));
        assertEquals(place, folder.getParent());
        assertEquals(folder.resolve("photos").toString(), said.get("photos"));
        assertEquals("true", said.get("same"));
        assertEquals("rwx------", said.getOrDefault("mode", "rwx------"));
        assertTrue(said.get("note").contains("MERISTEM_HOME"), said.toString());
        assertFalse(Files.exists(folder), "it is left");
        assertFalse(ask("/nonexistent", "/nonexistent", null).get("folder").startsWith("/nonexistent"));
    }

    @Test
    void aHomeThatIsNoFolderIsPassedOver() throws Exception {
        Path file = Files.writeString(place.resolve("file"), "");
        Path home = Files.createDirectory(place.resolve("home"));
        assertEquals(
                home.resolve(".cache/meristem").toString(),
                ask(home.toString(), null, file.resolve("home").toString()).get("folder"));
    }

    @Test
    void whatAKilledProcessLeftIsRemoved() throws Exception {
        Path left = Files.createDirectory(place.resolve("meristem-home-left"));
        Files.writeString(left.resolve("alive"), "");
        Files.write(left.resolve("library"), new byte[100]);
        Path strange = Files.createDirectory(place.resolve("meristem-home-strange"));
        ask("?", null, null);
        assertFalse(Files.exists(left));
        assertTrue(Files.exists(strange));
    }
}
