package io.meristem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.data.folder.ImageFiles;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.SplitOptions;
import io.meristem.testing.ChildJvm;
import io.meristem.testing.ColourPhotos;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names outside ASCII in processes that cannot say them. */
class FileNamesTest {

    @TempDir
    Path place;

    /** Looks at a folder. */
    static final class Look {
        private Look() {}

        @SuppressWarnings("SystemOut")
        public static void main(String[] args) throws IOException {
            System.setOut(new java.io.PrintStream(System.out, true, StandardCharsets.UTF_8));
            Path folder = Path.of(args[0]);
            try {
                ImageFolder scanned = ImageFolder.scan(folder, SplitOptions.defaults());
                System.out.println("classes " + scanned.classes());
                System.out.println("skipped " + scanned.skipped());
            } catch (InputException e) {
                System.out.println("refused " + e.getMessage());
            }
            try {
                System.out.println("photos " + ImageFiles.below(folder).size());
            } catch (InputException e) {
                System.out.println("refused " + e.getMessage());
            }
        }
    }

    private static String utf8(String... locales) throws Exception {
        for (String name : locales) {
            ProcessBuilder builder =
                    new ProcessBuilder("locale", "charmap").redirectError(ProcessBuilder.Redirect.DISCARD);
            builder.environment().put("LC_ALL", name);
            if (new String(builder.start().getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
                    .strip()
                    .equals("UTF-8")) {
                return name;
            }
        }
        return null;
    }

    private static void shell(String script, Path folder) throws Exception {
        Process process = new ProcessBuilder("sh", "-c", script)
                .directory(folder.toFile())
                .start();
        assertEquals(0, process.waitFor());
    }

    @Test
    void namesAreReadInUtf8OrRefused() throws Exception {
        Assumptions.assumeTrue(Path.of("/proc").toFile().isDirectory(), "names are bytes on Linux");
        String utf8 = utf8("C.UTF-8", "en_US.UTF-8");
        Assumptions.assumeTrue(utf8 != null, "this system has no locale with UTF-8");
        Path photos = ColourPhotos.write(place.resolve("photos"), 8, 0, 0).resolve("train");
        shell("mv \"$(ls -d */ | head -1)\" \"$(printf 'Gr\\303\\266\\303\\237e')\"", photos);
        ChildJvm right = ChildJvm.run(Map.of("LC_ALL", utf8), List.of(), Look.class, photos.toString());
        assertTrue(right.text().contains("Größe"), right.text());
        ChildJvm wrong = ChildJvm.run(Map.of("LC_ALL", "C"), List.of(), Look.class, photos.toString());
        assertEquals(0, wrong.code(), wrong.text());
        assertEquals(
                2, wrong.text().lines().filter(l -> l.startsWith("refused ")).count(), wrong.text());
        assertTrue(wrong.text().contains("LC_ALL=C.UTF-8"), wrong.text());

        // A photo with a name in Latin-1 from an old archive.
        shell(
                "cd \"$(printf 'Gr\\303\\266\\303\\237e')\"; mv \"$(ls | head -1)\" \"$(printf 'Bl\\344tt.png')\"",
                photos);
        ChildJvm mixed = ChildJvm.run(Map.of("LC_ALL", utf8), List.of(), Look.class, photos.toString());
        assertTrue(mixed.text().contains("its name is not UTF-8"), mixed.text());
    }
}
