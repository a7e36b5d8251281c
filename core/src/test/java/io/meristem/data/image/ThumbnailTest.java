package io.meristem.data.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThumbnailTest {

    @TempDir
    Path folder;

    /** Left half red, right half blue. */
    private Path photo(int width, int height) throws IOException {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < width * height; i++) {
            image.setRGB(i % width, i / width, i % width < width / 2 ? 0xc02020 : 0x2020c0);
        }
        Path file = folder.resolve("photo.png");
        ImageIO.write(image, "png", file.toFile());
        return file;
    }

    @ParameterizedTest
    @CsvSource({"600, 300, 200, 100", "300, 600, 100, 200", "90, 40, 90, 40", "1000, 2, 200, 1"})
    void keepsProportionsAndEnlargesNothing(int width, int height, int toWidth, int toHeight) throws IOException {
        Thumbnail thumbnail = Thumbnail.of(photo(width, height), 200);
        assertEquals(toWidth, thumbnail.width());
        assertEquals(toHeight, thumbnail.height());
        BufferedImage seen = ImageIO.read(new ByteArrayInputStream(thumbnail.jpeg()));
        assertEquals(toWidth, seen.getWidth());
        assertEquals(toHeight, seen.getHeight());
        int left = seen.getRGB(toWidth / 8, toHeight / 2);
        int right = seen.getRGB(toWidth - 1 - toWidth / 8, toHeight / 2);
        assertTrue((left >> 16 & 0xff) > 150 && (left & 0xff) < 80, Integer.toHexString(left));
        assertTrue((right >> 16 & 0xff) < 80 && (right & 0xff) > 150, Integer.toHexString(right));
        assertTrue(thumbnail.jpeg().length < 20_000);
    }

    @Test
    void whatIsNoPhotoHasNone() throws IOException {
        Path text = folder.resolve("photo.jpg");
        Files.writeString(text, "Dear Sir");
        assertThrows(UnreadableImageException.class, () -> Thumbnail.of(text, 200));
        assertThrows(UnreadableImageException.class, () -> Thumbnail.of(folder.resolve("none.jpg"), 200));
    }
}
