package io.meristem.data.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.data.check.Finding.Kind;
import io.meristem.data.feed.PixelCache;
import io.meristem.data.feed.ProgressListener;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.Photo;
import io.meristem.data.folder.SplitOptions;
import io.meristem.data.image.Preprocess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each defect is planted into a folder without any, and found; and nothing else is. */
class DataCheckTest {

    @TempDir
    Path temporary;

    private Path undivided(int count) {
        return Specimens.clean(temporary.resolve("photos"), count, 1);
    }

    private Path divided() {
        Path root = temporary.resolve("sides");
        Specimens.clean(root.resolve("train"), 24, 1);
        Specimens.clean(root.resolve("val"), 10, 5);
        Specimens.clean(root.resolve("test"), 10, 9);
        return root;
    }

    private static CheckResult check(Path root) {
        return check(root, null, null, null);
    }

    private static CheckResult check(Path root, Path csv, String group, String path) {
        return DataCheck.run(root, csv, group, path, Limits.DEFAULT, true, 2, ProgressListener.NONE);
    }

    private static Set<Kind> kinds(CheckResult result) {
        return result.findings().stream().map(Finding::kind).collect(Collectors.toSet());
    }

    private static Finding only(CheckResult result, Kind kind, Severity severity, String... words) {
        assertEquals(1, result.findings().size(), () -> result.findings().toString());
        return among(result, kind, severity, words);
    }

    private static Finding among(CheckResult result, Kind kind, Severity severity, String... words) {
        Finding found = result.findings().stream()
                .filter(f -> f.kind() == kind && f.severity() == severity)
                .findFirst()
                .orElseThrow(() -> new AssertionError(kind + " is not in " + result.findings()));
        for (String word : words) {
            assertTrue(found.sentence().contains(word), "'" + word + "' is not in: " + found.sentence());
        }
        return found;
    }

    @Test
    void nothingIsFoundWhereNothingIsWrong() {
        CheckResult whole = check(undivided(60));
        assertEquals(List.of(), whole.findings());
        assertFalse(whole.warns());
        assertFalse(whole.divided());
        assertEquals(4, whole.probes().size());
        assertEquals(180, whole.photos());
        assertEquals(new ClassCount("disc", 60, 0, 0, 48, 48), whole.classes().get(1));
        CheckResult sides = check(divided());
        assertEquals(List.of(), sides.findings());
        assertEquals(new ClassCount("disc", 24, 10, 10, 48, 48), sides.classes().get(1));
    }

    @Test
    void filesThatCannotBeUsedAreNamed() throws IOException {
        Path root = undivided(24);
        Files.writeString(root.resolve("disc/broken.jpg"), "no picture");
        Files.createFile(root.resolve("disc/empty.png"));
        Files.writeString(root.resolve("ring/scan.tif"), "II*");
        Files.writeString(root.resolve("ring/notes.txt"), "no picture, and none expected");
        CheckResult result = check(root);
        assertEquals(2, result.findings().size());
        Finding found = result.findings().get(0);
        assertEquals(Kind.UNREADABLE, found.kind());
        assertEquals(Severity.WARNING, found.severity());
        assertTrue(found.sentence().startsWith("3 files"), found.sentence());
        assertTrue(found.sentence().contains("scan.tif"), found.sentence());
        assertEquals(3, found.examples().size());
        assertEquals(Kind.LAYOUT, result.findings().get(1).kind());
        assertEquals(
                "Left out ring/notes.txt: not a picture.",
                result.findings().get(1).sentence());
    }

    @Test
    void onePhotoInTwoClassesIsSevere() throws IOException {
        Path root = undivided(24);
        Files.copy(root.resolve("disc/003.png"), root.resolve("ring/copy.png"));
        only(check(root), Kind.CONFLICTING_LABELS, Severity.SEVERE, "byte for byte", "disc/003.png and ring/copy.png");
    }

    @Test
    void aPhotoSavedAgainInAnotherClassIsToBeLookedAt() {
        Path root = undivided(24);
        Specimens.save(
                Specimens.scaled(Specimens.read(root.resolve("disc/003.png")), 64, 60), root.resolve("ring/again.jpg"));
        only(check(root), Kind.CONFLICTING_LABELS, Severity.WARNING, "disc/003.png and ring/again.jpg");
    }

    @Test
    void copiesAcrossSidesAreCounted() throws IOException {
        Path root = divided();
        Files.copy(root.resolve("train/disc/003.png"), root.resolve("test/disc/copy.png"));
        Specimens.save(Specimens.read(root.resolve("train/disc/004.png")), root.resolve("test/disc/again.jpg"));
        only(check(root), Kind.COPIES_ACROSS_SIDES, Severity.SEVERE, "2 of 32 test photos (1 byte for byte)");
    }

    @Test
    void mirroredAndTurnedCopiesAreFoundAndKeptTogether() throws IOException {
        Path root = undivided(40);
        Specimens.save(
                Specimens.mirrored(Specimens.read(root.resolve("disc/003.png"))), root.resolve("disc/mirrored.png"));
        Specimens.save(Specimens.turned(Specimens.read(root.resolve("ring/007.png"))), root.resolve("ring/turned.png"));
        CheckResult result = check(root);
        only(result, Kind.COPIES_WITHIN_SIDE, Severity.WARNING, "2 photos of 122", "2 of the pairs mirrored or turned");
        Path csv = temporary.resolve("groups.csv");
        Files.writeString(csv, GroupsFile.text(result));
        for (long seed = 0; seed < 5; seed++) {
            SplitOptions options = SplitOptions.defaults().withSeed(seed).withGroups(csv, null, null);
            List<Photo> photos = ImageFolder.scan(root, options).photos();
            assertEquals(split(photos, "disc/003.png"), split(photos, "disc/mirrored.png"));
            assertEquals(split(photos, "ring/007.png"), split(photos, "ring/turned.png"));
        }
    }

    private static Object split(List<Photo> photos, String path) {
        return photos.stream()
                .filter(p -> p.relative().equals(path))
                .findFirst()
                .orElseThrow()
                .split();
    }

    @Test
    void flatLeavesAreNotAllTheSame() {
        Path root = temporary.resolve("flat");
        for (int i = 0; i < 60; i++) {
            Specimens.save(
                    Specimens.flat(i), root.resolve(i % 2 == 0 ? "a" : "b").resolve(i + ".png"));
        }
        assertEquals(List.of(), check(root).findings());
    }

    @Test
    void aGroupOnTwoSidesIsFoundByTheTableInTheFolder() throws IOException {
        Path root = divided();
        List<String> rows = new ArrayList<>(List.of("path,class,group"));
        for (int i = 0; i < 6; i++) {
            rows.add("train/disc/00" + i + ".png,disc,leaf" + i);
            rows.add((i < 4 ? "val" : "test") + "/disc/00" + i + ".png,disc,leaf" + i);
        }
        Files.write(root.resolve("manifest.csv"), rows);
        CheckResult result = check(root);
        only(result, Kind.GROUP_LEAKAGE, Severity.SEVERE, "4 of 30 validation photos", "2 of 30 test photos");
        assertEquals(root.toAbsolutePath().resolve("manifest.csv"), result.groups());
        assertEquals(12, result.grouped());
        Files.move(root.resolve("manifest.csv"), temporary.resolve("manifest.csv"));
        rows.replaceAll(row -> "sides/" + row);
        rows.set(0, "path,class,group");
        Files.write(temporary.resolve("manifest.csv"), rows);
        assertEquals(Set.of(Kind.GROUP_LEAKAGE), kinds(check(root)));
    }

    @Test
    void aTableThatDoesNotFitIsLeftAloneUnlessItIsNamed() throws IOException {
        Path root = divided();
        Path csv = root.resolve("manifest.csv");
        Files.writeString(csv, "file,leaf\ntrain/disc/001.png,7\nval/disc/001.png,7\n");
        only(check(root), Kind.LAYOUT, Severity.WARNING, "is no table of groups (its columns are file, leaf)");
        assertEquals(Set.of(Kind.GROUP_LEAKAGE), kinds(check(root, csv, "leaf", "file")));
        assertThrows(InputException.class, () -> check(root, csv, "plant", "file"));
    }

    /** Sides by other names, a link back, and a table that training would refuse. */
    @Test
    void whatTheFolderIsTakenForIsSaid() throws IOException {
        Path root = divided();
        Files.move(root.resolve("train"), root.resolve("Training"));
        Files.createSymbolicLink(root.resolve("Training/disc/up"), root);
        Files.writeString(root.resolve("manifest.csv"), "photo_path,group_id\nTraining/disc/001.png,7\n");
        List<Finding> found = check(root).findings();
        assertEquals(
                List.of(Severity.WARNING, Severity.WARNING, Severity.NOTE),
                found.stream().map(Finding::severity).toList());
        String all = found.toString();
        assertTrue(all.contains("Training is taken as the training side"), all);
        assertTrue(all.contains("Training/disc/up: a link to a folder around it"), all);
        assertTrue(all.contains("no columns path and group"), all);
    }

    @Test
    void groupsOfAFolderThatIsNotDividedAreToBeKept() throws IOException {
        Path root = undivided(24);
        Files.writeString(root.resolve("manifest.csv"), "path,group\ndisc/001.png,7\ndisc/002.png,7\n");
        only(check(root), Kind.GROUP_LEAKAGE, Severity.NOTE, "1 group of two photos and more");
    }

    @Test
    void smallUnequalAndAbsentClassesAreFound() throws IOException {
        Path root = divided();
        Specimens.write(root.resolve("train/ring"), 2, 80, 50);
        for (int i = 0; i < 19; i++) {
            Files.delete(root.resolve(String.format(Locale.ROOT, "train/disc/%03d.png", i)));
        }
        for (int i = 0; i < 10; i++) {
            Files.delete(root.resolve(String.format(Locale.ROOT, "val/disc/%03d.png", i)));
            if (i > 0) {
                Files.delete(root.resolve(String.format(Locale.ROOT, "test/disc/%03d.png", i)));
            }
        }
        CheckResult result = check(root);
        assertEquals(Set.of(Kind.SMALL_CLASS, Kind.ABSENT_CLASS, Kind.IMBALANCE), kinds(result));
        among(result, Kind.SMALL_CLASS, Severity.WARNING, "disc (5)");
        among(result, Kind.SMALL_CLASS, Severity.NOTE, "test side", "disc (1)");
        among(result, Kind.ABSENT_CLASS, Severity.WARNING, "validation side has no photo of disc");
        among(result, Kind.IMBALANCE, Severity.WARNING, "ring has 100 photos, disc 6");
        assertEquals(
                result.findings().stream().map(Finding::severity).toList(),
                result.findings().stream()
                        .map(Finding::severity)
                        .sorted(Comparator.reverseOrder())
                        .toList());
    }

    @Test
    void tinyPhotosAreCounted() {
        Path root = undivided(40);
        Specimens.save(Specimens.scaled(Specimens.draw(1, 77), 48, 20), root.resolve("disc/tiny.png"));
        only(check(root), Kind.TINY, Severity.NOTE, "1 of 121 photos", "below 32 pixels", "has 20");
    }

    @Test
    void aMaskedGroundIsFoundTwice() {
        Path root = undivided(60);
        for (int i = 0; i < 58; i++) {
            Path file = root.resolve(String.format(Locale.ROOT, "ring/%03d.png", i));
            Specimens.save(Specimens.blackCorners(Specimens.read(file)), file);
        }
        CheckResult result = check(root);
        assertEquals(Set.of(Kind.SAME_BACKGROUND, Kind.SHORTCUT_BORDER), kinds(result));
        assertEquals(2, result.findings().size(), () -> result.findings().toString());
        among(result, Kind.SAME_BACKGROUND, Severity.SEVERE, "ring", "58 of 60", "#000000", "0 of the other 120");
        among(result, Kind.SHORTCUT_BORDER, Severity.SEVERE, "ring is told from border pixels alone");
    }

    @Test
    void aCastOfColourIsFound() {
        Path root = undivided(60);
        for (int i = 0; i < 60; i++) {
            Path file = root.resolve(String.format(Locale.ROOT, "disc/%03d.png", i));
            Specimens.save(Specimens.tinted(Specimens.read(file), 0xff2000), file);
        }
        among(check(root), Kind.SHORTCUT_COLOUR, Severity.WARNING, "disc is told from the mean colour");
    }

    @Test
    void aClassOfAnotherSizeIsFound() {
        Path root = undivided(60);
        for (int i = 0; i < 60; i++) {
            Path file = root.resolve(String.format(Locale.ROOT, "cross/%03d.png", i));
            Specimens.save(Specimens.scaled(Specimens.read(file), 60 + i % 7, 48), file);
        }
        only(check(root), Kind.SHORTCUT_SIZE, Severity.SEVERE, "cross is told from the size and shape");
    }

    @Test
    void trainingHearsOfTheSameFromDecodedPhotos() throws IOException {
        Path root = divided();
        Files.copy(root.resolve("train/disc/003.png"), root.resolve("test/ring/copy.png"));
        Specimens.save(Specimens.scaled(Specimens.draw(1, 77), 48, 20), root.resolve("train/disc/tiny.png"));
        ImageFolder folder = ImageFolder.scan(root, SplitOptions.defaults());
        PixelCache cache =
                PixelCache.open(temporary.resolve("cache"), folder, Preprocess.imageNet(64), 2, ProgressListener.NONE);
        CheckResult quick = DataCheck.quick(folder, cache, 2);
        assertEquals(Set.of(Kind.CONFLICTING_LABELS, Kind.COPIES_ACROSS_SIDES, Kind.TINY), kinds(quick));
        CheckResult whole = check(root);
        assertEquals(
                whole.findings().stream().map(Finding::sentence).toList(),
                quick.findings().stream().map(Finding::sentence).toList());
        assertEquals(List.of(), quick.probes());
    }

    @Test
    void whatIsNoDataSetIsRefused() throws IOException {
        assertThrows(InputException.class, () -> check(temporary.resolve("nowhere")));
        for (String name : List.of("a", "b")) {
            Files.createDirectories(temporary.resolve("broken").resolve(name));
            Files.writeString(temporary.resolve("broken").resolve(name).resolve("1.jpg"), "no picture");
        }
        InputException refused = assertThrows(InputException.class, () -> check(temporary.resolve("broken")));
        assertTrue(refused.getMessage().contains("None of the 2 photos"), refused.getMessage());
        assertThrows(InputException.class, () -> new Limits(-1, 0));
    }
}
