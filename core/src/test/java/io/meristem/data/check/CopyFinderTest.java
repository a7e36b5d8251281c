package io.meristem.data.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.data.folder.Photo;
import io.meristem.data.folder.Split;
import io.meristem.data.image.RgbImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CopyFinderTest {

    private static RgbImage picture(long seed) {
        byte[] rgb = new byte[3 * 64 * 64];
        new Random(seed).nextBytes(rgb);
        return new RgbImage(64, 64, rgb);
    }

    private static CheckedPhoto seen(int number, PhotoDescriptor look) {
        String name = "a/" + number + ".png";
        return new CheckedPhoto(new Photo(Path.of(name), name, 0, Split.TRAIN, null), 64, 64, 64, "sum" + number, look);
    }

    /** They are one cluster, and pairs are kept for some of them only. */
    @Test
    void theFramesOfAFilmTakeNoMemoryInTheSquareOfTheirNumber() {
        int frames = 3 * CopyFinder.MOST_OF_ONE;
        PhotoDescriptor film = PhotoDescriptor.of(picture(1));
        PhotoDescriptor other = PhotoDescriptor.of(picture(2));
        List<CheckedPhoto> photos = new ArrayList<>();
        for (int i = 0; i < frames; i++) {
            photos.add(seen(i, film));
        }
        photos.add(seen(frames, other));
        CopyFinder copies = CopyFinder.among(photos, true, 1);
        assertEquals(1, copies.near().several().size());
        assertEquals(frames, copies.near().several().get(0).size());
        assertTrue(
                copies.pairs().size() <= frames * CopyFinder.MOST_OF_ONE,
                copies.pairs().size() + " pairs");
    }
}
