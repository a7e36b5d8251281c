package io.meristem.data.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.meristem.Limit;
import io.meristem.testing.Hostile;
import io.meristem.testing.Pictures;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Photos, photo folders and tables of photos made to harm, by hand; {@link PhotoFuzzTest} makes others. */
@Timeout(60)
class HostilePhotosTest {

    @TempDir
    Path dir;

    @Test
    void refusesHugePicturesByTheirHeaders() throws IOException {
        byte[] jpeg = Pictures.jpeg(Pictures.smooth(16, 16, 1));
        for (int i = 2; i + 9 < jpeg.length; i++) {
            if ((jpeg[i] & 0xff) == 0xff && (jpeg[i + 1] & 0xff) == 0xc0) {
                ByteBuffer.wrap(jpeg).putShort(i + 5, (short) 60_000).putShort(i + 7, (short) 60_000);
            }
        }
        assertTrue(refused(jpeg).contains("60000 x 60000"));
        byte[] webp = new byte[30];
        ByteBuffer riff = ByteBuffer.wrap(webp).order(ByteOrder.LITTLE_ENDIAN);
        riff.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(22);
        riff.put("WEBPVP8L".getBytes(StandardCharsets.US_ASCII))
                .putInt(10)
                .put((byte) 0x2f)
                .putInt(0x0fff_ffff);
        assertTrue(refused(webp).contains("16384 x 16384"));
    }

    /** A canvas of one pixel around a frame of 268 million. */
    @Test
    void refusesAWebpWhoseFrameIsLargerThanItSays() throws IOException {
        ByteBuffer riff = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        riff.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(56);
        riff.put("WEBPVP8X".getBytes(StandardCharsets.US_ASCII)).putInt(10).put(new byte[10]);
        riff.put("VP8L".getBytes(StandardCharsets.US_ASCII))
                .putInt(20)
                .put((byte) 0x2f)
                .putInt(0x0fff_ffff);
        assertTrue(refused(riff.array()).contains("16384 x 16384"));
    }

    /** Inputs that fuzzing found: 23 million pixels in 327 bytes, which took 45 s, and 79 million in 66, which took 1.6 GiB. */
    @Test
    void refusesMorePixelsThanTheFileCanHold() throws Exception {
        for (String name : List.of("endless.webp", "vast.webp")) {
            Path file = Path.of(HostilePhotosTest.class
                    .getResource("PhotoFuzzTestInputs/photo/" + name)
                    .toURI());
            assertTrue(refused(Files.readAllBytes(file)).contains(" pixels in "), name);
        }
    }

    /** Which a decoder would do for each of them, with a swallowed exception each. */
    @Test
    void doesNotReadOnBeyondTheEnd() throws IOException {
        try (PhotoInput input = new PhotoInput(new byte[1])) {
            assertEquals(0, input.read());
            for (int i = 0; i < Limit.PHOTO_READS_AT_END.usual(); i++) {
                assertEquals(-1, input.read());
            }
            assertThrows(PhotoInput.TruncatedException.class, input::read);
        }
    }

    /** The most that a PNG of bytes holds: one colour. A bit a pixel holds eight times as much, of which no photo makes use. */
    @Test
    void readsALargeEmptyPicture() throws Exception {
        byte[] grey = empty(5000, BufferedImage.TYPE_BYTE_GRAY);
        assertTrue(grey.length < 30_000, "a small file");
        assertEquals(5000, ImageDecoder.decode(grey, Path.of("empty.png")).width());
        assertTrue(refused(empty(5000, BufferedImage.TYPE_BYTE_BINARY)).contains("5000 x 5000 pixels in"));
    }

    private static byte[] empty(int side, int type) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(side, side, type), "png", out);
        return out.toByteArray();
    }

    /** A text and a colour profile that inflate to 300 MB each are not inflated. */
    @Test
    void leavesTextsOfAPngAlone() throws IOException {
        byte[] png = Files.readAllBytes(Pictures.write(Pictures.smooth(9, 7, 1), dir.resolve("a.png")));
        ByteArrayOutputStream zeros = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(zeros)) {
            for (int i = 0; i < 300; i++) {
                deflater.write(new byte[1 << 20]);
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(png, 0, 33);
        for (String kind : List.of("zTXt", "iCCP")) {
            out.writeBytes(ByteBuffer.allocate(4).putInt(3 + zeros.size()).array());
            out.writeBytes(kind.getBytes(StandardCharsets.US_ASCII));
            out.writeBytes(new byte[] {'k', 0, 0});
            out.writeBytes(zeros.toByteArray());
            out.writeBytes(new byte[4]);
        }
        out.write(png, 33, png.length - 33);
        RgbImage plain = ImageDecoder.decode(png, Path.of("a.png"));
        assertTrue(Hostile.read(
                "photos by hand",
                () -> assertTrue(Arrays.equals(
                        plain.rgb(),
                        ImageDecoder.decode(out.toByteArray(), Path.of("b.png")).rgb()))));
    }

    /** Comments of 20 MB, which the decoder would put together 255 bytes at a time, and a thousand frames. */
    @Test
    void readsTheFirstFrameOfAGifOnly() throws IOException {
        byte[] gif = Files.readAllBytes(Pictures.write(Pictures.smooth(9, 7, 1), dir.resolve("a.gif")));
        int start = 13 + ((gif[10] & 0x80) == 0 ? 0 : 3 << ((gif[10] & 7) + 1));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(gif, 0, start);
        out.writeBytes(new byte[] {0x21, (byte) 0xfe});
        byte[] block = new byte[256];
        block[0] = (byte) 255;
        for (int i = 0; i < 80_000; i++) {
            out.writeBytes(block);
        }
        out.write(0);
        for (int i = 0; i < 1000; i++) {
            out.write(gif, start, gif.length - start - 1);
        }
        RgbImage plain = ImageDecoder.decode(gif, Path.of("a.gif"));
        assertTrue(Hostile.read(
                "photos by hand",
                () -> assertTrue(Arrays.equals(
                        plain.rgb(),
                        ImageDecoder.decode(out.toByteArray(), Path.of("b.gif")).rgb()))));
    }

    /** Found by the fuzzer: what such a photo seemed to need was waited for without an end. */
    @Test
    void refusesAPictureOfNegativeSize() throws IOException {
        byte[] bmp = HostilePhotosTest.class
                .getResourceAsStream("PhotoFuzzTestInputs/photo/negative_width.bmp")
                .readAllBytes();
        assertTrue(refused(bmp).contains("its size is given as -"));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(Pictures.smooth(8, 8, 1), "png", out);
        byte[] png = out.toByteArray();
        ByteBuffer.wrap(png).putInt(16, 0x80000008); // the width
        refused(png);
    }

    @Test
    void refusesManyScans() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(Pictures.jpeg(Pictures.smooth(16, 16, 1)));
        for (int i = 0; i < Limit.PHOTO_SCANS.usual(); i++) {
            out.writeBytes(new byte[] {(byte) 0xff, (byte) 0xda, 0, 8, 1, 1, 0, 0, 63, 0});
        }
        assertTrue(refused(out.toByteArray()).contains("scans"));
    }

    /** 26 scans of 100 megapixels: within each of the two limits, but hours of work in a few kilobytes. */
    @Test
    void refusesManyScansOfALargePicture() throws IOException {
        byte[] jpeg = Pictures.jpeg(Pictures.smooth(16, 16, 1));
        for (int i = 2; i + 9 < jpeg.length; i++) {
            if ((jpeg[i] & 0xff) == 0xff && (jpeg[i + 1] & 0xff) == 0xc0) {
                ByteBuffer.wrap(jpeg).putShort(i + 5, (short) 10_000).putShort(i + 7, (short) 10_000);
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(jpeg);
        for (int i = 0; i < 25; i++) {
            out.writeBytes(new byte[] {(byte) 0xff, (byte) 0xda, 0, 8, 1, 1, 0, 0, 63, 0});
        }
        assertTrue(refused(out.toByteArray()).contains("more scans times megapixels than 2500 (JAVA_TOOL_OPTIONS="));
    }

    /** Phones have had 108 megapixels since 2020, and 200 since 2022; a plain one of one colour has a kilobyte for each megapixel. */
    @Test
    void readsWhatPhonesTake() throws UnreadableImageException {
        ImageDecoder.checkSize(12_000, 9_000, 105_000);
        ImageDecoder.checkSize(16_320, 12_240, 40_000_000);
        ImageDecoder.checkSize(16_384, 12_288, 40_000_000);
        assertThrows(UnreadableImageException.class, () -> ImageDecoder.checkSize(20_000, 15_000, 40_000_000));
    }

    /** What is reserved before a photo is decoded is what decoding then takes; a JPEG is held once. */
    @Test
    void takesAsMuchMemoryAsWasReserved() throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        BufferedImage rgb = Pictures.smooth(1500, 1000, 3);
        BufferedImage grey = new BufferedImage(1500, 1000, BufferedImage.TYPE_BYTE_GRAY);
        BufferedImage wide = new BufferedImage(1500, 1000, BufferedImage.TYPE_USHORT_GRAY);
        BufferedImage clear = new BufferedImage(1500, 1000, BufferedImage.TYPE_INT_ARGB);
        Map<String, BufferedImage> pictures = new TreeMap<>(Map.of(
                "rgb.jpg",
                rgb,
                "grey.jpg",
                grey,
                "rgb.png",
                rgb,
                "grey.png",
                grey,
                "wide.png",
                wide,
                "clear.png",
                clear,
                "rgb.bmp",
                rgb,
                "rgb.gif",
                rgb));
        for (Map.Entry<String, BufferedImage> picture : pictures.entrySet()) {
            byte[] bytes = Files.readAllBytes(Pictures.write(picture.getValue(), dir.resolve(picture.getKey())));
            ImageDecoder.decode(bytes, Path.of("classes are loaded.jpg"));
            long before = threads.getCurrentThreadAllocatedBytes();
            ImageDecoder.decode(bytes, Path.of(picture.getKey()));
            long taken = threads.getCurrentThreadAllocatedBytes() - before;
            long reserved = PhotoBytes.of(bytes.clone()).memory(1_500_000, 1);
            assertTrue(taken < 1.1 * reserved + (1 << 20), picture.getKey() + " takes " + taken + " of " + reserved);
        }
    }

    @Test
    void refusesAPictureWithinABitmap() throws IOException {
        byte[] bmp = Files.readAllBytes(Pictures.write(Pictures.smooth(9, 7, 1), dir.resolve("a.bmp")));
        bmp[30] = 5;
        assertTrue(refused(bmp).contains("another picture"));
    }

    @Test
    void refusesFormatsThatAreNoPhotos() throws IOException {
        Path tiff = dir.resolve("a.tiff");
        Pictures.write(Pictures.smooth(9, 7, 1), tiff);
        assertTrue(refused(Files.readAllBytes(tiff)).contains("TIFF or camera raw is not supported"));
        assertTrue(refused(new byte[] {0, 0, (byte) 0x84, 0, 8, 0}).contains("known format"));
    }

    @Test
    void refusesWhatIsNoFile() throws Exception {
        Path folder = Files.createDirectory(dir.resolve("x.jpg"));
        assertTrue(assertThrows(UnreadableImageException.class, () -> ImageDecoder.decode(folder))
                .getMessage()
                .contains("a folder"));
        Path loop = dir.resolve("loop.jpg");
        Files.createSymbolicLink(loop, loop);
        assertThrows(UnreadableImageException.class, () -> ImageDecoder.decode(loop));
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/mkfifo")), "this system has no mkfifo");
        Path pipe = dir.resolve("pipe.jpg");
        new ProcessBuilder("/usr/bin/mkfifo", pipe.toString()).start().waitFor();
        assertTrue(assertThrows(UnreadableImageException.class, () -> ImageDecoder.decode(pipe))
                .getMessage()
                .contains("no ordinary file"));
    }

    private static String refused(byte[] bytes) {
        String[] sentence = new String[1];
        Hostile.read("photos by hand", () -> {
            UnreadableImageException e =
                    assertThrows(UnreadableImageException.class, () -> ImageDecoder.decode(bytes, Path.of("x.jpg")));
            sentence[0] = e.getMessage();
            throw e;
        });
        return sentence[0];
    }
}
