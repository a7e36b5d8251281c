package io.meristem.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A small picture of a photo, to be looked at.
 *
 * @param width in pixels
 * @param height in pixels
 * @param jpeg the file's bytes; not copied
 */
@SuppressWarnings("ArrayRecordComponent")
public record Thumbnail(int width, int height, byte[] jpeg) {

    private static final float QUALITY = 0.85f;

    /** The whole photo, upright, its longer side {@code side} pixels or less; smaller photos keep their size. */
    public static Thumbnail of(Path photo, int side) throws IOException {
        RgbImage image = ImageDecoder.decode(photo);
        double scale = Math.min(1, (double) side / Math.max(image.width(), image.height()));
        int width = Math.max(1, (int) Math.round(scale * image.width()));
        int height = Math.max(1, (int) Math.round(scale * image.height()));
        return new Thumbnail(width, height, jpeg(Resampler.resize(image, width, height)));
    }

    private static byte[] jpeg(RgbImage image) throws IOException {
        BufferedImage picture = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
        byte[] rgb = image.rgb();
        for (int i = 0, p = 0; i < rgb.length; i += 3, p++) {
            int pixel = (rgb[i] & 0xff) << 16 | (rgb[i + 1] & 0xff) << 8 | rgb[i + 2] & 0xff;
            picture.setRGB(p % image.width(), p / image.width(), pixel);
        }
        return JpegEncoder.encode(picture, QUALITY);
    }
}
