package io.meristem.data.image;

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

    /** The whole photo, upright, its longer side {@code side} pixels or less; smaller photos keep their size. */
    public static Thumbnail of(Path photo, int side) throws IOException {
        return of(ImageDecoder.decode(photo, image -> scaled(image, side)));
    }

    /** A picture that has its size already. */
    public static Thumbnail of(RgbImage image) throws IOException {
        return new Thumbnail(image.width(), image.height(), JpegEncoder.encode(image));
    }

    /** The photo with a longer side of {@code side} pixels or less; smaller ones keep their size. */
    public static RgbImage scaled(RgbImage image, int side) {
        double scale = Math.min(1, (double) side / Math.max(image.width(), image.height()));
        int width = Math.max(1, (int) Math.round(scale * image.width()));
        int height = Math.max(1, (int) Math.round(scale * image.height()));
        return Resampler.resize(image, width, height);
    }
}
