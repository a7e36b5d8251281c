package io.meristem.data.feed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.Photo;
import io.meristem.data.folder.Split;
import io.meristem.data.folder.SplitOptions;
import io.meristem.data.image.Perturbations;
import io.meristem.data.image.Preprocess;
import io.meristem.testing.Pictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PerturbedPhotosTest {

    private static final Preprocess PREPROCESS = Preprocess.imageNet(16);
    private static final Perturbations ALL = Perturbations.parse("all:0,all:2-3", 4);

    @TempDir
    Path folder;

    private List<Photo> photos;

    @BeforeEach
    void write() {
        Pictures.classes(folder.resolve("photos"), 5, "blight", "rust");
        photos = ImageFolder.scan(
                        folder.resolve("photos"), SplitOptions.defaults().withFractions(0, 0))
                .photos();
    }

    /** What each photo looks like under each perturbation. */
    private static Map<String, float[]> views(PerturbedPhotos perturbed) {
        Map<String, float[]> views = new HashMap<>();
        int[] batches = {0};
        perturbed.forEach((p, batch) -> {
            batches[0]++;
            for (int i = 0; i < batch.size(); i++) {
                Photo photo = perturbed.photos().get(batch.photoIndices()[i]);
                assertEquals(photo.label(), batch.labels()[i]);
                float[] pixels = new float[PREPROCESS.length()];
                batch.nhwc().get(i * pixels.length, pixels);
                String key = perturbed.perturbations().list().get(p) + " " + photo.relative();
                assertEquals(null, views.put(key, pixels), key + " came twice");
            }
        });
        assertEquals(perturbed.batches(), batches[0]);
        assertEquals(
                perturbed.photos().size() * perturbed.perturbations().list().size(), views.size());
        return views;
    }

    private static void assertSame(Map<String, float[]> expected, Map<String, float[]> actual) {
        actual.forEach((key, pixels) -> assertArrayEquals(expected.get(key), pixels, key));
    }

    @Test
    void neitherBatchesNorThreadsNorMemoryMatter() {
        Map<String, float[]> views = views(new PerturbedPhotos(photos, PREPROCESS, ALL, 4, 1));
        assertSame(views, views(new PerturbedPhotos(photos, PREPROCESS, ALL, 4, 3)));
        assertSame(views, views(new PerturbedPhotos(photos, PREPROCESS, ALL, 100, 2)));
        assertSame(views, views(new PerturbedPhotos(photos, PREPROCESS, ALL, 1, 2)));
        // Room for no photo, and for those of five perturbations.
        assertSame(views, views(new PerturbedPhotos(photos, PREPROCESS, ALL, 4, 2, 0)));
        assertSame(views, views(new PerturbedPhotos(photos, PREPROCESS, ALL, 4, 2, 20L * PREPROCESS.length())));
    }

    @Test
    void neitherOtherPhotosNorOtherPerturbationsMatter() {
        Map<String, float[]> views = views(new PerturbedPhotos(photos, PREPROCESS, ALL, 4, 1));
        Perturbations one = Perturbations.parse("crop:2", 4);
        assertSame(views, views(new PerturbedPhotos(photos.subList(3, 8), PREPROCESS, one, 2, 1)));
    }

    @Test
    void aPhotoOfAnotherNameIsChangedTheSame() throws IOException {
        Path other = Files.copy(photos.get(7).file(), folder.resolve("other name.png"));
        Photo renamed = new Photo(other, "other name.png", 0, Split.TEST, null);
        Map<String, float[]> views = views(new PerturbedPhotos(photos, PREPROCESS, ALL, 4, 1));
        views(new PerturbedPhotos(List.of(renamed), PREPROCESS, ALL, 4, 1)).forEach((key, pixels) -> {
            String before = key.replace("other name.png", photos.get(7).relative());
            assertArrayEquals(views.get(before), pixels, key);
        });
    }

    @Test
    void levelZeroGivesTheBatchesOfEvaluation() {
        PixelCache cache = PixelCache.open(
                folder.resolve("cache"),
                ImageFolder.scan(
                        folder.resolve("photos"), SplitOptions.defaults().withFractions(0, 0)),
                PREPROCESS,
                1,
                ProgressListener.NONE);
        List<float[]> expected = new ArrayList<>();
        try (Epoch epoch =
                Loader.evaluation(cache, cache.photos(), PREPROCESS, 4, 1).epoch(0)) {
            while (epoch.hasNext()) {
                try (Batch batch = epoch.next()) {
                    float[] pixels = new float[batch.nhwc().remaining()];
                    batch.nhwc().get(0, pixels);
                    expected.add(pixels);
                }
            }
        }
        Perturbations zero = Perturbations.parse("all:0", 4);
        int[] batches = new int[4];
        new PerturbedPhotos(photos, PREPROCESS, zero, 4, 2).forEach((p, batch) -> {
            float[] pixels = new float[batch.nhwc().remaining()];
            batch.nhwc().get(0, pixels);
            assertArrayEquals(expected.get(batches[p]++), pixels);
        });
        assertArrayEquals(new int[] {3, 3, 3, 3}, batches);
    }

    @Test
    void aPhotoThatHasGoneIsNamed() throws IOException {
        Files.delete(photos.get(6).file());
        InputException e = assertThrows(InputException.class, () -> new PerturbedPhotos(photos, PREPROCESS, ALL, 4, 2)
                .forEach((p, batch) -> {}));
        assertTrue(e.getMessage().contains(photos.get(6).file().toString()), e.getMessage());
    }
}
