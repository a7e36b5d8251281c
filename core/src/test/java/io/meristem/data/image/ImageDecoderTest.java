package io.meristem.data.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.testing.Pictures;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageDecoderTest {

    @TempDir
    Path folder;

    /** Corner colours of the upright picture, from top left clockwise, where the stored one has red, green, blue, white. */
    @ParameterizedTest
    @CsvSource({"1,RGBW", "2,GRWB", "3,BWRG", "4,WBGR", "5,RWBG", "6,WRGB", "7,BGRW", "8,GBWR", "0,RGBW", "9,RGBW"})
    void turnsUprightByExifOrientation(int orientation, String corners) throws IOException {
        BufferedImage stored = new BufferedImage(48, 32, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = stored.createGraphics();
        Color[] colors = {Color.RED, Color.GREEN, Color.BLUE, Color.WHITE};
        int[][] places = {{0, 0}, {24, 0}, {24, 16}, {0, 16}};
        for (int i = 0; i < 4; i++) {
            g.setColor(colors[i]);
            g.fillRect(places[i][0], places[i][1], 24, 16);
        }
        g.dispose();
        Path file = folder.resolve("turned.jpg");
        Files.write(file, withOrientation(Pictures.jpeg(stored), orientation));
        RgbImage image = ImageDecoder.decode(file);
        boolean turned = orientation >= 5 && orientation <= 8;
        assertEquals(turned ? 32 : 48, image.width());
        assertEquals(turned ? 48 : 32, image.height());
        int right = image.width() - 4;
        int bottom = image.height() - 4;
        String seen =
                letter(image, 3, 3) + letter(image, right, 3) + letter(image, right, bottom) + letter(image, 3, bottom);
        assertEquals(corners, seen);
    }

    private static String letter(RgbImage image, int x, int y) {
        int r = image.get(x, y, 0);
        int g = image.get(x, y, 1);
        int b = image.get(x, y, 2);
        return r > 200 && g > 200 && b > 200 ? "W" : r > 128 ? "R" : g > 128 ? "G" : b > 128 ? "B" : "?";
    }

    /** An APP1 segment with a big-endian TIFF of one tag, right after the start of the JPEG. */
    private static byte[] withOrientation(byte[] jpeg, int orientation) {
        byte[] tiff = {
            'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte) orientation, 0, 0, 0, 0, 0, 0
        };
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(jpeg, 0, 2);
        int length = 2 + 6 + tiff.length;
        out.writeBytes(new byte[] {(byte) 0xff, (byte) 0xe1, (byte) (length >> 8), (byte) length});
        out.writeBytes("Exif\0\0".getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(tiff);
        out.write(jpeg, 2, jpeg.length - 2);
        return out.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "jpg"})
    void greyKeepsItsStoredValues(String format) throws IOException {
        BufferedImage grey = new BufferedImage(256, 8, BufferedImage.TYPE_BYTE_GRAY);
        for (int x = 0; x < 256; x++) {
            for (int y = 0; y < 8; y++) {
                grey.getRaster().setSample(x, y, 0, x);
            }
        }
        RgbImage image = ImageDecoder.decode(Pictures.write(grey, folder.resolve("grey." + format)));
        int slack = format.equals("png") ? 0 : 4;
        for (int x = 0; x < 256; x++) {
            for (int c = 0; c < 3; c++) {
                assertEquals(x, image.get(x, 4, c), slack);
            }
        }
    }

    @Test
    void sixteenBitsAreScaledNotClipped() throws IOException {
        BufferedImage grey = new BufferedImage(256, 2, BufferedImage.TYPE_USHORT_GRAY);
        ComponentColorModel model = new ComponentColorModel(
                ColorSpace.getInstance(ColorSpace.CS_sRGB), false, false, Transparency.OPAQUE, DataBuffer.TYPE_USHORT);
        WritableRaster raster =
                Raster.createInterleavedRaster(DataBuffer.TYPE_USHORT, 256, 2, 3 * 256, 3, new int[] {0, 1, 2}, null);
        for (int x = 0; x < 256; x++) {
            for (int y = 0; y < 2; y++) {
                grey.getRaster().setSample(x, y, 0, x * 257);
                raster.setPixel(x, y, new int[] {x * 257, 65535 - x * 257, 257 * 7});
            }
        }
        RgbImage one = ImageDecoder.decode(Pictures.write(grey, folder.resolve("grey16.png")));
        RgbImage three = ImageDecoder.decode(
                Pictures.write(new BufferedImage(model, raster, false, null), folder.resolve("rgb16.png")));
        for (int x = 0; x < 256; x++) {
            assertEquals(x, one.get(x, 1, 2));
            assertEquals(x, three.get(x, 1, 0));
            assertEquals(255 - x, three.get(x, 1, 1));
            assertEquals(7, three.get(x, 1, 2));
        }
    }

    @Test
    void transparencyLiesOnWhite() throws IOException {
        BufferedImage image = new BufferedImage(3, 1, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(0, 0, 0x00ff0000);
        image.setRGB(1, 0, 0x80000000);
        image.setRGB(2, 0, 0xff102030);
        RgbImage rgb = ImageDecoder.decode(Pictures.write(image, folder.resolve("alpha.png")));
        assertEquals(255, rgb.get(0, 0, 1));
        assertEquals(127, rgb.get(1, 0, 0));
        assertEquals(0x30, rgb.get(2, 0, 2));
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "gif"})
    void palettesAreLookedUp(String format) throws IOException {
        byte[] r = {0, (byte) 200, 10, 90};
        byte[] g = {0, 20, (byte) 180, 91};
        byte[] b = {0, 30, 40, (byte) 250};
        BufferedImage image =
                new BufferedImage(32, 24, BufferedImage.TYPE_BYTE_BINARY, new IndexColorModel(2, 4, r, g, b));
        for (int x = 0; x < 32; x++) {
            image.getRaster().setSample(x, 1, 0, x % 4);
        }
        RgbImage rgb = ImageDecoder.decode(Pictures.write(image, folder.resolve("palette." + format)));
        for (int x = 0; x < 32; x++) {
            assertEquals(r[x % 4] & 0xff, rgb.get(x, 1, 0));
            assertEquals(g[x % 4] & 0xff, rgb.get(x, 1, 1));
            assertEquals(b[x % 4] & 0xff, rgb.get(x, 1, 2));
        }
    }

    /** Files and pixels made by Pillow 13 with bench/peers/decode_fixture.py: 24 x 16 pixels, raw RGB beside each. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "cmyk.jpg",
                "ycck_inverted.jpg",
                "prog.jpg",
                "keep_rgb.jpg",
                "icc.jpg",
                "icc.webp",
                "lossless.webp",
                "rgb.bmp",
                "rgb.gif",
                "grey16.png",
                "rgba.webp",
                "lossy.webp",
                "lossy_odd.webp",
                "lossy_alpha.webp",
                "animated.webp",
                "marker_none.jpg",
                "marker_none_names_rgb.jpg",
                "marker_none_names_012.jpg",
                "marker_jfif_names_rgb.jpg",
                "marker_jfif_adobe0.jpg",
                "marker_adobe1_names_rgb.jpg",
                "marker_adobe2.jpg",
                "marker_none_cmyk.jpg",
                "marker_none_ycck.jpg",
                "marker_adobe1_ycck.jpg",
                "marker_jfif_cmyk.jpg"
            })
    void agreesWithPillow(String name) throws Exception {
        Path file = resource(name);
        RgbImage image = ImageDecoder.decode(file);
        byte[] reference = Files.readAllBytes(resource(name + ".rgb"));
        assertEquals(reference.length, image.rgb().length);
        for (int i = 0; i < reference.length; i++) {
            assertEquals(reference[i] & 0xff, image.rgb()[i] & 0xff, 1, "byte " + i);
        }
    }

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(ImageDecoderTest.class.getResource("decode/" + name).toURI());
    }

    @ParameterizedTest
    @ValueSource(strings = {"jpg", "png", "gif", "bmp"})
    void truncatedFilesAreUnreadable(String format) throws IOException {
        Path file = Pictures.write(Pictures.smooth(90, 70, 1), folder.resolve("whole." + format));
        byte[] bytes = Files.readAllBytes(file);
        for (double share : new double[] {0.001, 0.02, 0.3, 0.6, 0.9}) {
            Path cut = folder.resolve("cut." + format);
            Files.write(cut, Arrays.copyOf(bytes, Math.max(1, (int) (bytes.length * share))));
            UnreadableImageException e = assertThrows(
                    UnreadableImageException.class, () -> ImageDecoder.decode(cut), format + " at " + share);
            assertTrue(e.getMessage().startsWith(cut + ": "), e.getMessage());
        }
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        Path text = folder.resolve("text.jpg");
        Files.writeString(text, "This is no picture, whatever its name says.");
        assertEquals("not a picture in a known format", failure(text));
        Path empty = folder.resolve("empty.png");
        Files.createFile(empty);
        assertEquals("empty file", failure(empty));
        assertEquals("no such file", failure(folder.resolve("absent.png")));
    }

    private static String failure(Path file) {
        return assertThrows(UnreadableImageException.class, () -> ImageDecoder.decode(file))
                .reason();
    }

    @Test
    void hugePicturesAreRefusedByTheirHeader() throws IOException {
        // A PNG header of 20000 x 20000 pixels without any pixel data.
        byte[] bytes = Files.readAllBytes(Pictures.write(Pictures.smooth(4, 4, 0), folder.resolve("small.png")));
        for (int at : new int[] {16, 20}) {
            bytes[at + 2] = (byte) (20000 >> 8);
            bytes[at + 3] = (byte) 20000;
        }
        CRC32 crc = new CRC32();
        crc.update(bytes, 12, 17);
        for (int i = 0; i < 4; i++) {
            bytes[29 + i] = (byte) (crc.getValue() >> (24 - 8 * i));
        }
        Path file = folder.resolve("huge.png");
        Files.write(file, bytes);
        assertEquals(
                "20000 x 20000 pixels, the limit is 250 megapixels"
                        + " (JAVA_TOOL_OPTIONS=-Dmeristem.image.maxMegapixels=500 allows more)",
                failure(file));
    }

    @Test
    void theFormatIsToldByTheContent() throws IOException {
        Path png = Pictures.write(Pictures.smooth(9, 7, 2), folder.resolve("photo.png"));
        Path misnamed = folder.resolve("photo.jpg");
        Files.copy(png, misnamed);
        assertEquals(9, ImageDecoder.decode(misnamed).width());
    }
}
