package io.meristem.data.feed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.Photo;
import io.meristem.data.folder.Split;
import io.meristem.data.folder.SplitOptions;
import io.meristem.data.image.ImageDecoder;
import io.meristem.data.image.Preprocess;
import io.meristem.testing.Pictures;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LoaderTest {

    private static final Preprocess PREPROCESS = Preprocess.imageNet(14);

    @TempDir
    static Path temp;

    private static PixelCache cache;

    @BeforeAll
    static void draw() {
        Path root = temp.resolve("photos");
        Pictures.classes(root, 15, "a", "b", "c");
        ImageFolder data = ImageFolder.scan(root, SplitOptions.defaults());
        cache = PixelCache.open(temp.resolve("cache"), data, PREPROCESS, 2, ProgressListener.NONE);
    }

    private static Loader training(int threads, long seed) {
        return Loader.training(cache, cache.photos(), PREPROCESS, Augmentation.standard(), 8, threads, seed);
    }

    /** Pixels, labels and indices of all batches in order. */
    private static List<String> digest(Loader loader, int epoch) {
        List<String> all = new ArrayList<>();
        try (Epoch batches = loader.epoch(epoch)) {
            while (batches.hasNext()) {
                try (Batch batch = batches.next()) {
                    float[] pixels = new float[batch.nhwc().remaining()];
                    batch.nhwc().get(0, pixels);
                    all.add(Arrays.hashCode(pixels)
                            + Arrays.toString(batch.labels())
                            + Arrays.toString(batch.photoIndices()));
                }
            }
        }
        return all;
    }

    @Test
    void batchesDoNotDependOnThreads() {
        Loader one = training(1, 5);
        Loader four = training(4, 5);
        for (int epoch = 0; epoch < 3; epoch++) {
            assertEquals(digest(one, epoch), digest(four, epoch));
        }
        assertEquals(digest(one, 1), digest(four, 1), "an epoch can be repeated");
        assertNotEquals(digest(one, 0), digest(one, 1));
        assertNotEquals(digest(one, 0), digest(training(1, 6), 0));
    }

    @Test
    void evaluationIsInOrderAndAsPredictionSeesIt() throws IOException {
        Loader loader = Loader.evaluation(cache, cache.photos(), PREPROCESS, 8, 3);
        assertEquals(6, loader.batches());
        int next = 0;
        Epoch epoch = loader.epoch(0);
        while (epoch.hasNext()) {
            try (Batch batch = epoch.next()) {
                assertEquals(next == 40 ? 5 : 8, batch.size());
                assertEquals(batch.size() * PREPROCESS.length(), batch.nhwc().remaining());
                for (int i = 0; i < batch.size(); i++, next++) {
                    Photo photo = loader.photos().get(next);
                    assertEquals(next, batch.photoIndices()[i]);
                    assertEquals(photo.label(), batch.labels()[i]);
                    float[] pixels = new float[PREPROCESS.length()];
                    batch.nhwc().get(i * pixels.length, pixels);
                    assertArrayEquals(PREPROCESS.apply(ImageDecoder.decode(photo.file())), pixels);
                }
            }
        }
        assertEquals(45, next);
        assertTrue(epoch.waitNanos() >= 0);
    }

    @Test
    void trainingSeesEachPhotoOnceInANewOrder() {
        Loader loader = training(2, 1);
        Set<Integer> seen = new TreeSet<>();
        List<Integer> order = new ArrayList<>();
        try (Epoch epoch = loader.epoch(0)) {
            while (epoch.hasNext()) {
                try (Batch batch = epoch.next()) {
                    for (int i : batch.photoIndices()) {
                        seen.add(i);
                        order.add(i);
                    }
                }
            }
        }
        assertEquals(45, order.size());
        assertEquals(45, seen.size());
        assertNotEquals(new ArrayList<>(seen), order);
    }

    @Test
    void theLastSmallBatchCanBeDropped() {
        Loader loader = new Loader(cache, cache.photos(), PREPROCESS, null, new Loader.Options(8, 2, 0, true, true));
        assertEquals(5, loader.batches());
        assertEquals(5, digest(loader, 0).size());
    }

    @Test
    void buffersAreTheEnginesChannelsLast() {
        Loader loader = Loader.evaluation(cache, cache.photos(), PREPROCESS, 4, 1);
        try (Epoch epoch = loader.epoch(0);
                Batch batch = epoch.next();
                PointerScope scope = new PointerScope()) {
            assertTrue(batch.nhwc().isDirect());
            assertEquals(ByteOrder.nativeOrder(), batch.nhwc().order());
            FloatPointer address = new FloatPointer(batch.nhwc());
            assertEquals(0, address.address() % 64);
            Tensor image = torch.from_blob(address, new long[] {4, 14, 14, 3}).permute(0, 3, 1, 2);
            assertTrue(image.is_contiguous(torch.MemoryFormat.ChannelsLast));
            assertEquals(
                    batch.nhwc().get(((2 * 14 + 5) * 14 + 7) * 3 + 1),
                    image.get(2).get(1).get(5).get(7).item_float());
        }
    }

    @Test
    void closingEarlyStopsTheWorkers() {
        Loader loader = training(4, 1);
        for (int round = 0; round < 5; round++) {
            Epoch epoch = loader.epoch(round);
            epoch.next().close();
            epoch.close();
            epoch.close();
            assertFalse(epoch.hasNext());
        }
        assertEquals(6, digest(loader, 9).size(), "all buffers are back");
        Set<String> alive = Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(n -> n.startsWith("photo-loader"))
                .collect(Collectors.toSet());
        assertEquals(Set.of(), alive);
    }

    @Test
    void holdingAllBatchesIsAnErrorNotADeadlock() {
        Loader loader = training(1, 1);
        try (Epoch epoch = loader.epoch(0)) {
            List<Batch> held = new ArrayList<>();
            IllegalStateException e = assertThrows(IllegalStateException.class, () -> {
                while (epoch.hasNext()) {
                    held.add(epoch.next());
                }
            });
            assertTrue(e.getMessage().contains("close batches"), e.getMessage());
            assertEquals(loader.buffers(), held.size());
            held.forEach(Batch::close);
            assertThrows(IllegalStateException.class, () -> held.get(0).nhwc());
            epoch.next().close();
        }
    }

    @Test
    void oneEpochAtATime() {
        Loader loader = training(1, 1);
        try (Epoch first = loader.epoch(0)) {
            assertTrue(first.hasNext());
            assertThrows(IllegalStateException.class, () -> loader.epoch(1));
        }
        loader.epoch(1).close();
    }

    @Test
    void photosOutsideTheCacheAreRefused() {
        Photo stranger = new Photo(temp.resolve("x.png"), "x.png", 0, Split.TRAIN, null);
        assertThrows(
                IllegalArgumentException.class, () -> Loader.evaluation(cache, List.of(stranger), PREPROCESS, 4, 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> Loader.evaluation(cache, cache.photos(), Preprocess.imageNet(20), 4, 1));
    }

    @Test
    void failuresOfWorkersReachTheConsumer() {
        // An order that names a photo there is not.
        // much.
        Loader loader = training(2, 1);
        try (Epoch epoch = new Epoch(loader, new int[] {0, 1, 2, 3, 4, 5, 6, 7, 999}, 0, 0)) {
            IndexOutOfBoundsException e = assertThrows(IndexOutOfBoundsException.class, () -> {
                while (epoch.hasNext()) {
                    epoch.next().close();
                }
            });
            assertTrue(e.getMessage().contains("999"), e.getMessage());
        }
        assertEquals(6, digest(loader, 1).size(), "the loader goes on");
    }
}
