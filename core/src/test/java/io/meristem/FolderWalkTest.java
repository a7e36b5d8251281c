package io.meristem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.FolderWalk.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Folders with links, as strangers may have made them. */
@Timeout(60)
class FolderWalkTest {

    @TempDir
    Path temp;

    private Path file(String name) throws IOException {
        Path file = temp.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, "x");
    }

    private void link(String name, String target) throws IOException {
        Path link = temp.resolve(name);
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, Path.of(target));
    }

    private FolderWalk walk() throws IOException {
        return FolderWalk.of(temp.resolve("root"), name -> name.startsWith("."));
    }

    private List<String> files(FolderWalk walk) {
        List<String> files = new ArrayList<>();
        collect(walk.root(), files);
        return files;
    }

    private void collect(FolderWalk.Folder folder, List<String> files) {
        folder.files()
                .forEach(
                        f -> files.add(temp.resolve("root").relativize(f.path()).toString()));
        folder.folders().forEach(f -> collect(f, files));
    }

    private Map<String, Reason> passedOver(FolderWalk walk) {
        return walk.passedOver().stream()
                .collect(Collectors.toMap(
                        p -> temp.resolve("root").relativize(p.path()).toString(), FolderWalk.PassedOver::reason));
    }

    /** Thirty levels of two links are 2^30 paths to one file. */
    @Test
    void aBombOfLinksIsOneFile() throws IOException {
        for (int i = 0; i < 30; i++) {
            link("root/.h/d" + i + "/x", "../d" + (i + 1));
            link("root/.h/d" + i + "/y", "../d" + (i + 1));
        }
        file("root/.h/d30/p.jpg");
        link("root/a/more", "../.h/d0");
        FolderWalk walk = walk();
        assertEquals(List.of("a/more" + "/x".repeat(30) + "/p.jpg"), files(walk));
        assertEquals(30, walk.passedOver().size());
        assertTrue(walk.passedOver().stream().allMatch(p -> p.reason() == Reason.READ_ALREADY));
    }

    @Test
    void whatIsReadAtItsOwnPlaceIsNotReadThroughALink() throws IOException {
        file("root/b/1.jpg");
        file("root/b/deep/2.jpg");
        file("elsewhere/c/3.jpg");
        file("beside.jpg");
        link("root/a/up", "..");
        link("root/a/above", "../..");
        link("root/a/b", "../b");
        link("root/a/deep", "../b/deep");
        link("root/a/self", ".");
        link("root/a/file.jpg", "../b/1.jpg");
        link("root/a/dead", "nowhere");
        link("root/c", "../elsewhere/c");
        link("root/d", "../elsewhere/c");
        FolderWalk walk = walk();
        assertEquals(List.of("a/file.jpg", "b/1.jpg", "b/deep/2.jpg", "c/3.jpg"), files(walk));
        assertEquals(
                Map.of(
                        "a/up", Reason.LEADS_BACK,
                        "a/above", Reason.LEADS_BACK,
                        "a/b", Reason.READ_ALREADY,
                        "a/deep", Reason.READ_ALREADY,
                        "a/self", Reason.LEADS_BACK,
                        "a/dead", Reason.DEAD_LINK,
                        "d", Reason.READ_ALREADY),
                passedOver(walk));
    }

    /** The folder above linked classes holds more than the data set. */
    @Test
    void aLinkedClassDoesNotLeadAboveItself() throws IOException {
        file("disk/a/1.jpg");
        file("disk/other/2.jpg");
        Files.createSymbolicLink(temp.resolve("disk/a/up"), Path.of(".."));
        link("root/a", "../disk/a");
        assertEquals(List.of("a/1.jpg"), files(walk()));
        assertEquals(Map.of("a/up", Reason.LEADS_BACK), passedOver(walk()));
    }

    @Test
    void pipesAndDevicesAreNamed() throws Exception {
        Assumptions.assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/mkfifo")) && Files.exists(Path.of("/dev/zero")), "no mkfifo");
        file("root/1.jpg");
        new ProcessBuilder("/usr/bin/mkfifo", temp.resolve("root/2.jpg").toString())
                .start()
                .waitFor();
        link("root/3.jpg", "/dev/zero");
        assertEquals(List.of("1.jpg"), files(walk()));
        assertEquals(Map.of("2.jpg", Reason.SPECIAL, "3.jpg", Reason.SPECIAL), passedOver(walk()));
    }

    @Test
    void depthAndEntriesAreBounded() throws IOException {
        file("root/" + "d/".repeat(65) + "1.jpg");
        String deep = assertThrows(InputException.class, this::walk).getMessage();
        assertTrue(deep.contains("-D" + Limit.FOLDER_DEPTH.property()), deep);
        System.setProperty(Limit.FOLDER_ENTRIES.property(), "10");
        try {
            String many = assertThrows(InputException.class, this::walk).getMessage();
            assertTrue(many.contains("-D" + Limit.FOLDER_ENTRIES.property()), many);
        } finally {
            System.clearProperty(Limit.FOLDER_ENTRIES.property());
        }
    }
}
