package io.meristem.data.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.CancelledException;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.data.folder.ImageFiles;
import io.meristem.data.image.Preprocess;
import io.meristem.testing.ColourPhotos;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class PhotoStreamTest {

    private static final Preprocess PREPROCESS = Preprocess.imageNet(16);

    @TempDir
    static Path folder;

    private static List<Path> photos;

    @BeforeAll
    static void write() throws IOException {
        photos = ImageFiles.below(ColourPhotos.write(folder, 3, 2, 1));
        Files.writeString(folder.resolve("note.jpg"), "no photo");
    }

    @Test
    void photosComeInOrderAndThoseThatCannotBeReadSaySo() {
        List<Path> files = new ArrayList<>(photos);
        files.add(2, folder.resolve("note.jpg"));
        files.add(folder.resolve("gone.png"));
        List<PhotoStream.Decoded> all = new ArrayList<>();
        try (PhotoStream stream = new PhotoStream(files.iterator(), PREPROCESS, 3, 4)) {
            for (List<PhotoStream.Decoded> some = stream.next(5, true); !some.isEmpty(); some = stream.next(5, true)) {
                assertTrue(some.size() == 5 || all.size() + some.size() == files.size());
                all.addAll(some);
            }
            assertEquals(List.of(), stream.next(5, true));
        }
        assertEquals(files, all.stream().map(PhotoStream.Decoded::file).toList());
        assertTrue(all.get(2).problem().contains("note.jpg"));
        assertNull(all.get(2).scaled());
        assertTrue(all.get(all.size() - 1).problem().contains("no such file"));
        assertEquals(18, all.get(0).scaled().height());
    }

    @Test
    void anImpatientConsumerGetsWhatIsThere() throws InterruptedException {
        BlockingQueue<Path> names = new LinkedBlockingQueue<>();
        Iterator<Path> iterator = new Iterator<>() {
            private int given;

            @Override
            public boolean hasNext() {
                return given < 2;
            }

            @Override
            public Path next() {
                try {
                    given++;
                    return names.take();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        };
        try (PhotoStream stream = new PhotoStream(iterator, PREPROCESS, 1, 4)) {
            names.put(photos.get(0));
            assertEquals(1, stream.next(5, false).size());
            names.put(photos.get(1));
            assertEquals(photos.get(1), stream.next(5, false).get(0).file());
            assertEquals(0, stream.next(5, false).size());
        }
    }

    @Test
    void aFailingListOfNamesFailsHere() {
        Iterator<Path> failing = Collections.<Path>emptyList().listIterator(0);
        Iterator<Path> names = new Iterator<>() {
            @Override
            public boolean hasNext() {
                throw new InputException(ErrorCode.NOT_READABLE, "no names");
            }

            @Override
            public Path next() {
                return failing.next();
            }
        };
        try (PhotoStream stream = new PhotoStream(names, PREPROCESS, 1, 4)) {
            assertThrows(InputException.class, () -> stream.next(1, true));
        }
    }

    @Test
    void anInterruptedConsumerStops() {
        try (PhotoStream stream = new PhotoStream(photos.iterator(), PREPROCESS, 1, 4)) {
            Thread.currentThread().interrupt();
            assertNotNull(assertThrows(CancelledException.class, () -> stream.next(1, true)));
            assertTrue(Thread.interrupted());
        }
    }

    @Test
    void patternsDescribePhotos() throws IOException {
        String root = folder.toString();
        Files.writeString(folder.resolve("train/.hidden.png"), "x");
        assertEquals(9, ImageFiles.matching(root + "/train/*/*.png").size());
        assertEquals(3, ImageFiles.matching(root + "/train/red/?.png").size());
        assertEquals(18, ImageFiles.matching(root + "/**/*.png").size());
        assertEquals(6, ImageFiles.matching(root + "/{train/red,train/blue}/*").size());
        assertEquals(3, ImageFiles.matching(root + "/*/red/[0]*").size());
        assertEquals(0, ImageFiles.matching(root + "/train/*.png").size());
        assertEquals(0, ImageFiles.matching(root + "/nowhere/*.png").size());
        InputException e = assertThrows(InputException.class, () -> ImageFiles.matching(root + "/[a"));
        assertTrue(e.getMessage().contains("cannot be understood"), e.getMessage());
        assertEquals(
                photos.stream().filter(p -> p.toString().contains("/val/")).toList(),
                ImageFiles.matching(root + "/val/**"));
    }
}
