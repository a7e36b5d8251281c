package io.meristem.data.folder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.data.image.ImageDecoder;
import io.meristem.data.image.UnreadableImageException;
import io.meristem.testing.Pictures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every file that looks like a picture, by its name or by its content, is answered or named. */
class ImageFilesTest {

    @TempDir
    Path folder;

    /** As people have them: endings that few programs know, formats that are not read here, names that are wrong. */
    @BeforeEach
    void fill() throws IOException {
        byte[] jpeg = Pictures.jpeg(Pictures.smooth(20, 16, 1));
        for (String name :
                List.of("a.jpg", "b.JPEG", "c.jfif", "d.jpe", "e.png", "f.HEIC", "g.tif", "h", "i.jpg~", "j.bak")) {
            Files.write(folder.resolve(name), jpeg);
        }
        Files.createFile(folder.resolve("k.jpg"));
        Files.createSymbolicLink(folder.resolve("l.jpg"), Path.of("gone.jpg"));
        Files.createSymbolicLink(folder.resolve("m.heic"), Path.of("gone.heic"));
        write("n.heic", "\0\0\0\u0018ftypheic\0\0\0\0mif1heic");
        write("o.jpg", "\0\0\0\u0018ftypheic\0\0\0\0mif1heic");
        write("p.avif", "\0\0\0\u001cftypavif\0\0\0\0");
        write("q.tiff", "II*\0\u0008\0\0\0");
        write("r.dng", "II*\0\u0008\0\0\0");
        write("s.jp2", "\0\0\0\fjP  \r\n\u0087\n");
        write("t.cr3", "?");
        write("u", "MM\0*\0\0\0\u0008");
        write("v.txt", "a text");
        write("w.xml", "<a/>");
        write("x", "a text without ending");
        write(".hidden.jpg", "a text");
    }

    private void write(String name, String text) throws IOException {
        Files.write(folder.resolve(name), text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void predictSeesThemAll() {
        Map<String, String> answers = new TreeMap<>();
        for (Path file : ImageFiles.below(folder)) {
            String answer;
            try {
                answer = ImageDecoder.decode(file).width() == 20 ? "read" : "?";
            } catch (UnreadableImageException e) {
                answer = e.reason();
            }
            answers.put(file.getFileName().toString(), answer);
        }
        String convert = " is not supported: convert it to JPEG or PNG";
        Map<String, String> expected = new TreeMap<>();
        for (String read :
                List.of("a.jpg", "b.JPEG", "c.jfif", "d.jpe", "e.png", "f.HEIC", "g.tif", "h", "i.jpg~", "j.bak")) {
            expected.put(read, "read");
        }
        expected.put("k.jpg", "empty file");
        expected.put("l.jpg", "a link that leads nowhere");
        expected.put("m.heic", "a link that leads nowhere");
        expected.put("n.heic", "picture format HEIC" + convert);
        expected.put("o.jpg", "picture format HEIC" + convert);
        expected.put("p.avif", "picture format AVIF" + convert);
        expected.put("q.tiff", "picture format TIFF or camera raw" + convert);
        expected.put("r.dng", "picture format TIFF or camera raw" + convert);
        expected.put("s.jp2", "picture format JPEG 2000" + convert);
        expected.put("t.cr3", "not a picture in a known format");
        expected.put("u", "picture format TIFF or camera raw" + convert);
        assertEquals(expected, answers);
        assertEquals(ImageFiles.below(folder), ImageFiles.matching(folder + "/*"));
    }

    @Test
    void trainingUsesOrNamesThemAll() throws IOException {
        Path root = folder.resolve("photos");
        Pictures.classes(root, 3, "b");
        Files.createDirectories(root.resolve("a"));
        for (Path file : Files.list(folder).filter(f -> !Files.isDirectory(f)).toList()) {
            Files.move(file, root.resolve("a").resolve(file.getFileName()));
        }
        ImageFolder scanned = ImageFolder.scan(root, SplitOptions.defaults().withFractions(0, 0));
        List<String> used = scanned.photos().stream()
                .map(Photo::relative)
                .filter(r -> r.startsWith("a/"))
                .map(r -> r.substring(2))
                .toList();
        assertEquals(List.of("a.jpg", "b.JPEG", "c.jfif", "d.jpe", "e.png", "f.HEIC", "g.tif", "h", "o.jpg"), used);
        Map<String, ImageFolder.Skipped> skipped = new TreeMap<>();
        scanned.skipped().forEach(s -> skipped.put(s.relative().substring(2), s));
        for (String name : List.of(
                "i.jpg~", "j.bak", "k.jpg", "l.jpg", "m.heic", "n.heic", "p.avif", "q.tiff", "r.dng", "s.jp2", "t.cr3",
                "u")) {
            assertTrue(skipped.get(name).image(), name);
        }
        for (String name : List.of("v.txt", "w.xml", "x")) {
            assertFalse(skipped.get(name).image(), name);
        }
        assertTrue(skipped.get("i.jpg~").reason().contains("let it end in .jpeg"));
        assertTrue(skipped.get("t.cr3").reason().contains("format cr3 is not supported"));
    }
}
