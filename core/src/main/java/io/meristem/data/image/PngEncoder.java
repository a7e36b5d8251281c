package io.meristem.data.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.ImageIO;

/** Pictures as PNG. */
public final class PngEncoder {

    private PngEncoder() {}

    /** The bytes of a file. */
    public static byte[] encode(RgbImage image) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        if (!ImageIO.write(image.buffered(), "png", bytes)) {
            throw new IOException("this Java has no encoder for PNG");
        }
        return bytes.toByteArray();
    }
}
