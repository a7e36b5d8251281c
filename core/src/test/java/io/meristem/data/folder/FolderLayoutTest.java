package io.meristem.data.folder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.meristem.InputException;
import io.meristem.artifact.RunFolder;
import io.meristem.testing.Pictures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.text.Normalizer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Photo folders as people have them: understood, refused in a sentence, or said aloud; never trained on as something else. */
class FolderLayoutTest {

    private static final SplitOptions DEFAULTS = SplitOptions.defaults();
    private static final SplitOptions WHOLE = DEFAULTS.withFractions(0, 0);

    @TempDir
    Path temp;

    private Path root;

    @BeforeEach
    void nameRoot() {
        root = temp.resolve("leaves");
    }

    private void fill(String folder, int count) throws IOException {
        Files.createDirectories(root.resolve(folder));
        for (int i = 0; i < count; i++) {
            Files.writeString(root.resolve(folder).resolve(i + ".jpg"), folder + i);
        }
    }

    private String refused() {
        String message = assertThrows(InputException.class, () -> ImageFolder.scan(root, WHOLE))
                .getMessage();
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    private static int count(ImageFolder data, Split split) {
        return data.photos(split).size();
    }

    private static void assertCaution(ImageFolder data, String... words) {
        for (String word : words) {
            assertTrue(data.cautions().stream().anyMatch(c -> c.contains(word)), word + " in " + data.cautions());
        }
        assertTrue(data.notes().containsAll(data.cautions()));
    }

    @ParameterizedTest
    @CsvSource({
        "Training,Validation,Testing",
        "TRAIN,VAL,TEST",
        "Train_set,val-set,test set",
        "training_data,dev,eval",
        "trainset,validset,testset",
        "train2017,val2017,test2017",
        "1_train,2_validation,3_holdout",
    })
    void sidesOfOtherNamesAreTakenAsSides(String train, String val, String test) throws IOException {
        for (String name : List.of("healthy", "rust")) {
            fill(train + "/" + name, 4);
            fill(val + "/" + name, 2);
            fill(test + "/" + name, 3);
        }
        ImageFolder data = ImageFolder.scan(root, DEFAULTS);
        assertEquals(List.of("healthy", "rust"), data.classes());
        assertEquals(8, count(data, Split.TRAIN));
        assertEquals(4, count(data, Split.VAL));
        assertEquals(6, count(data, Split.TEST));
        if (!SideNames.isPlain(train)) {
            assertCaution(data, train + " is taken as the training side");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "trainee",
                "latest",
                "valley",
                "tested",
                "values",
                "contest",
                "rust",
                "development",
                "1",
                "train-class"
            })
    void otherWordsAreClasses(String name) {
        assertEquals(Optional.empty(), SideNames.side(name));
    }

    @Test
    void sidesAmongOtherFoldersAreNotGuessed() throws IOException {
        fill("Training/a", 2);
        fill("Training/b", 2);
        fill("match/x", 2);
        assertTrue(refused().contains("rename"), refused());
    }

    @Test
    void classesThatAreCalledAsSidesAre() throws IOException {
        fill("bus", 3);
        fill("car", 3);
        fill("train", 3);
        String message = refused();
        assertTrue(message.contains(root.resolve("train") + " holds 3 photos") && message.contains("rename"), message);
        Files.move(root.resolve("train"), root.resolve("train-class"));
        assertEquals(
                List.of("bus", "car", "train-class"),
                ImageFolder.scan(root, WHOLE).classes());
        Files.move(root.resolve("car"), root.resolve("test"));
        assertTrue(refused().contains(root.resolve("test") + " holds 3 photos"), refused());
        Files.move(root.resolve("test"), root.resolve("eval"));
        assertCaution(ImageFolder.scan(root, WHOLE), "eval is taken as a class");
    }

    /** As competitions give them: names in a table, photos in two heaps. */
    @Test
    void flatSidesAreNoClasses() throws IOException {
        fill("train", 3);
        fill("test", 3);
        assertTrue(refused().contains("train, val and test are names of sides"), refused());
        fill("train/a", 3);
        fill("train/b", 3);
        ImageFolder data = ImageFolder.scan(root, WHOLE);
        assertCaution(data, "The folder test holds 3 photos and no class folders");
        assertEquals(6, data.photos().size());
        assertEquals(6, data.skipped().size());
    }

    @Test
    void foldersAroundTheDataSetAreNamed() throws IOException {
        fill("archive/dataset/a", 2);
        fill("archive/dataset/b", 2);
        String message = refused();
        assertTrue(message.contains("a, b lie in " + root.resolve("archive/dataset") + ": give that folder"), message);
    }

    @Test
    void classesOneLevelFurtherDownAreSaidAloud() throws IOException {
        for (String place : List.of("fold1", "fold2")) {
            fill(place + "/healthy", 2);
            fill(place + "/rust", 2);
        }
        assertCaution(ImageFolder.scan(root, WHOLE), "The classes are fold1, fold2", "healthy, rust");
        fill("fold1/mildew", 1);
        assertEquals(List.of(), ImageFolder.scan(root, WHOLE).cautions());
    }

    @Test
    void sidesWithinClassesAreSides() throws IOException {
        for (String name : List.of("healthy", "rust")) {
            fill(name + "/train", 4);
            fill(name + "/test", 2);
        }
        ImageFolder data = ImageFolder.scan(root, WHOLE);
        assertEquals(List.of("healthy", "rust"), data.classes());
        assertEquals(8, count(data, Split.TRAIN));
        assertEquals(4, count(data, Split.TEST));
        assertCaution(data, "within the class folders");
    }

    @Test
    void namesThatDifferLittleAreSaidOrRefused() throws IOException {
        fill("train/rust", 2);
        fill("train/healthy", 2);
        fill("val/Rust", 2);
        assertTrue(refused().contains("'rust' differs from it in case or blanks only"), refused());
        Files.move(root.resolve("val/Rust"), root.resolve("val/rust"));
        fill("train/Healthy ", 2);
        assertCaution(ImageFolder.scan(root, WHOLE), "'Healthy ' and 'healthy' differ in case or blanks only");
    }

    private static String nfd(String name) {
        return Normalizer.normalize(name, Normalizer.Form.NFD);
    }

    @Test
    void oneNameInTwoUnicodeFormsIsOneClass() throws IOException {
        fill("train/Grün", 2);
        fill("train/rost", 2);
        fill("val/" + nfd("Grün"), 2);
        fill("val/rost", 2);
        ImageFolder data = ImageFolder.scan(root, WHOLE);
        assertEquals(List.of("Grün", "rost"), data.classes());
        assertEquals(4, count(data, Split.VAL));
        assertTrue(data.photos().stream().allMatch(p -> Files.exists(p.file())));
        fill("train/" + nfd("Grün") + "/more", 1);
        data = ImageFolder.scan(root, WHOLE);
        assertEquals(List.of("Grün", "rost"), data.classes());
        assertCaution(data, "2 folders are called Grün");
    }

    /** A copy from macOS is the same data set: same labels, split and fingerprint. */
    @Test
    void aCopyInAnotherUnicodeFormIsTheSameDataSet() throws IOException {
        for (String form : List.of("nfc", "nfd")) {
            root = temp.resolve(form);
            for (String name : List.of("Größe", "Grün", "Gz")) {
                fill(form.equals("nfd") ? nfd(name) : name, 0);
                for (int i = 0; i < 10; i++) {
                    String photo = name + "/é" + i + ".jpg";
                    Files.writeString(root.resolve(form.equals("nfd") ? nfd(photo) : photo), name + i);
                }
            }
        }
        ImageFolder one = ImageFolder.scan(temp.resolve("nfc"), DEFAULTS);
        ImageFolder other = ImageFolder.scan(temp.resolve("nfd"), DEFAULTS);
        assertNotEquals(one.photos().get(0).relative(), other.photos().get(0).relative());
        assertEquals(one.classes(), other.classes());
        assertEquals(one.fingerprint(), other.fingerprint());
        assertEquals(
                one.photos().stream().map(p -> p.split() + p.relative()).toList(),
                other.photos().stream()
                        .map(p -> p.split() + Normalizer.normalize(p.relative(), Normalizer.Form.NFC))
                        .toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "bom", "semicolon", "utf16", "capitals"})
    void aManifestIsUsedHoweverItIsSaved(String how) throws IOException {
        fill("a", 12);
        fill(nfd("é"), 12);
        StringBuilder text = new StringBuilder(how.equals("capitals") ? " Group ;PATH \n" : "group,path\n");
        for (String name : List.of("a", "é")) {
            for (int i = 0; i < 12; i++) {
                text.append(name + i / 3)
                        .append(how.equals("capitals") ? ';' : ',')
                        .append(name + "/" + i + ".jpg\r\n");
            }
        }
        String table = how.equals("semicolon") ? text.toString().replace(',', ';') : text.toString();
        byte[] bytes =
                switch (how) {
                    case "bom" -> ("\ufeff" + table).getBytes(StandardCharsets.UTF_8);
                    case "utf16" -> ("\ufeff" + table).getBytes(StandardCharsets.UTF_16LE);
                    default -> table.getBytes(StandardCharsets.UTF_8);
                };
        Files.write(root.resolve("manifest.csv"), bytes);
        ImageFolder data = ImageFolder.scan(root, DEFAULTS.withGroupsFound(root));
        Map<String, Set<Split>> sides = new HashMap<>();
        data.photos().forEach(p -> sides.merge(p.group(), Set.of(p.split()), (x, y) -> x.equals(y) ? x : Set.of()));
        assertEquals(8, sides.size());
        assertTrue(sides.values().stream().allMatch(s -> s.size() == 1), sides.toString());
    }

    private String manifest(byte[] bytes) throws IOException {
        Files.write(root.resolve("manifest.csv"), bytes);
        return assertThrows(InputException.class, () -> DEFAULTS.withGroupsFound(root))
                .getMessage();
    }

    @Test
    void aManifestThatCannotBeUsedIsNotIgnored() throws IOException {
        fill("a", 4);
        fill("b", 4);
        assertTrue(manifest("path,group\nä.jpg,1\n".getBytes(StandardCharsets.ISO_8859_1))
                .contains("UTF-8"));
        String other = manifest("file_path,group_id\na/0.jpg,1\n".getBytes(StandardCharsets.UTF_8));
        assertTrue(other.contains("file_path, group_id") && other.contains("no groups"), other);
        assertTrue(manifest("path,group\nx/0.jpg,1\n".getBytes(StandardCharsets.UTF_8))
                .contains("None of the 1 rows"));
        assertTrue(manifest("path,group\na/0.jpg,1\na/0.jpg,2\n".getBytes(StandardCharsets.UTF_8))
                .contains("two groups"));
        assertCaution(ImageFolder.scan(root, DEFAULTS), "it is not used");
        Files.writeString(root.resolve("manifest.csv"), "path,group\na/0.jpg,1\n");
        assertCaution(ImageFolder.scan(root, DEFAULTS), "is not used: photos of one group may be on two sides");
        Files.writeString(root.resolve("manifest.csv"), "name,price\nx,1\n");
        assertEquals(DEFAULTS, DEFAULTS.withGroupsFound(root));
        assertCaution(ImageFolder.scan(root, DEFAULTS), "is no table of groups (its columns are name, price)");
    }

    @Test
    void aManifestThatEmptiesASideIsSaid() throws IOException {
        fill("a", 10);
        fill("b", 10);
        StringBuilder csv = new StringBuilder("path,group\n");
        for (int i = 0; i < 20; i++) {
            csv.append(i < 10 ? "a/" : "b/")
                    .append(i % 10)
                    .append(".jpg,plot")
                    .append(i % 2)
                    .append('\n');
        }
        Files.writeString(root.resolve("manifest.csv"), csv);
        assertCaution(ImageFolder.scan(root, DEFAULTS.withGroupsFound(root)), "side is empty: too few groups");
    }

    @Test
    void ourOwnOutputIsNoClass() throws IOException {
        fill("a", 3);
        fill("b", 3);
        for (String name : List.of(RunFolder.CONFIG, RunFolder.CLASSES, RunFolder.BEST)) {
            Files.createDirectories(root.resolve("runs/1"));
            Files.writeString(root.resolve("runs/1/" + name), "{}");
        }
        Files.createDirectories(root.resolve("cache/leaves-0-v5-short73"));
        Files.writeString(root.resolve("cache/leaves-0-v5-short73/index.json"), "[]");
        Files.writeString(root.resolve("cache/leaves-0-v5-short73/lock"), "");
        Files.createDirectories(root.resolve("heat/a"));
        Files.writeString(root.resolve("heat/a/0.heatmap.jpg"), "x");
        Files.writeString(root.resolve("b/0.heatmap.jpg"), "x");
        ImageFolder data = ImageFolder.scan(root, WHOLE);
        assertEquals(List.of("a", "b"), data.classes());
        assertEquals(6, data.photos().size());
        assertEquals(
                Set.of("runs", "cache", "heat", "b/0.heatmap.jpg"),
                data.skipped().stream().map(ImageFolder.Skipped::relative).collect(Collectors.toSet()));
        assertEquals(6, ImageFiles.below(root).size());
        assertTrue(ImageFiles.find(root).passedOver().get(0).contains("heatmap"));
        root = root.resolve("runs/1");
        assertTrue(refused().contains("is a run and no photo folder"), refused());
    }

    @Test
    void manyFilesThatAreNoPicturesAreOneSentence() throws IOException {
        fill("a", 3);
        fill("b", 3);
        for (int i = 0; i < 60; i++) {
            Files.writeString(root.resolve("a/" + i + ".xml"), "x");
        }
        Files.createFile(root.resolve("b/e.jpg"));
        ImageFolder data = ImageFolder.scan(root, WHOLE);
        assertEquals(61, data.skipped().size());
        assertEquals(
                List.of("Left out b/e.jpg: empty file.", "Left out 60 files that are no pictures, such as a/0.xml."),
                data.leftOut());
    }

    /** As cameras, downloads and phones name them. */
    @Test
    void photosAreToldByContentInEveryLayout() throws IOException {
        byte[] jpeg = Pictures.jpeg(Pictures.smooth(8, 8, 1));
        for (String place : List.of("archive/plants/a", "archive/plants/b")) {
            for (String name : List.of("IMG_1", "IMG_2.heic")) {
                Files.createDirectories(root.resolve(place));
                Files.write(root.resolve(place).resolve(name), jpeg);
            }
        }
        assertTrue(refused().contains("a, b lie in " + root.resolve("archive/plants")), refused());
        assertCaution(
                ImageFolder.look(root, WHOLE),
                "All photos lie in the folders of " + root.resolve("archive/plants"),
                "a, b");
        String asked = assertThrows(InputException.class, () -> ImageFolder.scan(root, WHOLE, List.of("plants", "x")))
                .getMessage();
        assertTrue(
                asked.endsWith(
                        "archive holds photos and is none of the classes that are known, plants, x: give that folder."),
                asked);
        root = root.resolve("archive/plants");
        assertEquals(4, ImageFolder.scan(root, WHOLE).photos().size());
        Files.createDirectories(root.resolve("train"));
        Files.write(root.resolve("train/IMG_1"), jpeg);
        assertTrue(refused().contains("train holds 1 photo and no class folders"), refused());
    }

    /** Nothing is said to be empty that is full of pictures of another format. */
    @Test
    void picturesThatCannotBeUsedAreNamedWhereNoneCan() throws IOException {
        for (String name : List.of("a/1.tif", "a/2.heic", "b/1.tif", "loose.heic")) {
            Files.createDirectories(root.resolve(name).getParent());
            Files.writeString(root.resolve(name), "x");
        }
        assertTrue(refused().contains("None of the 3 pictures in"), refused());
        assertTrue(refused().contains("a/1.tif (picture format tif is not supported: convert it"), refused());
        fill("c", 2);
        assertTrue(
                refused().contains("a has no image that can be used, the first of 2 pictures is a/1.tif"), refused());
        fill("a", 2);
        fill("b", 2);
        assertTrue(
                ImageFolder.scan(root, WHOLE).leftOut(true).stream().anyMatch(s -> s.contains("loose.heic")),
                "a picture beside the class folders");
    }

    @ParameterizedTest
    @CsvSource({"trainA,testA", "rust_train,rust_test", "val 1 rust,train 1 rust"})
    void classesWhoseNamesSpeakOfSidesAreSaidAloud(String one, String other) throws IOException {
        fill(one, 2);
        fill(other, 2);
        fill("more", 2);
        assertCaution(ImageFolder.scan(root, WHOLE), one, other, "look like sides of a data set");
    }

    @Test
    void aClassThatSpeaksOfOneSideIsAClass() throws IOException {
        fill("train station", 2);
        fill("bus", 2);
        assertEquals(List.of(), ImageFolder.scan(root, WHOLE).cautions());
    }

    @ParameterizedTest
    @ValueSource(strings = {"Manifest.CSV", "manifest.tsv"})
    void aManifestIsFoundHoweverItIsCalled(String name) throws IOException {
        fill("a", 4);
        fill("b", 4);
        Files.writeString(root.resolve(name), "path\tgroup\na/0.jpg\t1\nb/1.jpg\t1\nb/gone.jpg\t2\n");
        ImageFolder data = ImageFolder.scan(root, DEFAULTS.withGroupsFound(root));
        assertEquals(2, data.photos().stream().filter(p -> p.group() != null).count());
        assertTrue(
                data.notes().stream().anyMatch(n -> n.contains("1 path in the table names no photo")),
                data.notes().toString());
    }

    @Test
    void aManifestThatIsNoTableIsSaid() throws IOException {
        fill("a", 4);
        fill("b", 4);
        Files.writeString(root.resolve("manifest.xlsx"), "PK");
        assertEquals(DEFAULTS, DEFAULTS.withGroupsFound(root));
        assertCaution(ImageFolder.scan(root, DEFAULTS), "save it as manifest.csv");
        Files.delete(root.resolve("manifest.xlsx"));
        Files.createSymbolicLink(root.resolve("manifest.csv"), root.resolve("gone"));
        assertTrue(assertThrows(InputException.class, () -> DEFAULTS.withGroupsFound(root))
                .getMessage()
                .contains("no such file"));
    }

    /** Photos that a network is judged by need no validation side. */
    @Test
    void photosToJudgeByHaveNoSideThatLacks() throws IOException {
        fill("test/a", 2);
        ImageFolder data = ImageFolder.scan(root, DEFAULTS, List.of("a", "b"));
        assertEquals(List.of(), data.cautions());
    }

    /** The name of a folder that cannot be opened is said once, and what is wrong with it. */
    @Test
    void whyAFolderCannotBeListedIsSaid() throws IOException {
        fill("a", 1);
        Files.setPosixFilePermissions(root, Set.of());
        try {
            assumeFalse(Files.isReadable(root), "this user may read everything");
            assertTrue(refused().contains("(permission denied)"), refused());
        } finally {
            Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));
        }
    }
}
