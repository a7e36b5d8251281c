package io.meristem.data;

import com.drew.imaging.ImageProcessingException;
import com.drew.imaging.jpeg.JpegMetadataReader;
import com.drew.metadata.Metadata;
import com.drew.metadata.adobe.AdobeJpegDirectory;
import com.drew.metadata.adobe.AdobeJpegReader;
import com.drew.metadata.jpeg.JpegDirectory;
import com.drew.metadata.jpeg.JpegReader;
import io.meristem.Limit;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * Photos from files: JPEG (grey, YCbCr, RGB, CMYK, YCCK), PNG, BMP, GIF (first frame) and WebP, upright by their EXIF orientation.
 *
 * <p>No colour management: the stored values are taken as sRGB, as the pictures were that the pretrained networks saw. Grey is repeated into three
 * channels, 16 bits are scaled to 8, transparency is laid on white, CMYK becomes R = (255 - C)(255 - K) / 255. The format is told by the
 * content, not by the file's name. JPEG, PNG, BMP, GIF and lossless WebP give the very values Pillow gives; lossy WebP differs from it by one or two
 * levels on average.
 */
public final class ImageDecoder {

    /** A picture of one colour may have so many in next to no bytes. */
    private static final long FREE_PIXELS = 4_000_000;

    private ImageDecoder() {}

    /** Decodes one photo; throws {@link UnreadableImageException} when the file is missing, damaged, too large, or no picture. */
    public static RgbImage decode(Path file) throws UnreadableImageException {
        return decoded(read(file), file);
    }

    /**
     * As {@link #decode(Path)}, from the contents of a file.
     *
     * @param name what messages call it
     */
    public static RgbImage decode(byte[] bytes, Path name) throws UnreadableImageException {
        return decoded(bytes.clone(), name);
    }

    /** Bytes may be written to. */
    private static RgbImage decoded(byte[] bytes, Path name) throws UnreadableImageException {
        try {
            if (bytes.length == 0) {
                throw new UnreadableImageException(name, "empty file");
            }
            return decode(bytes);
        } catch (UnreadableImageException e) {
            throw new UnreadableImageException(name, e.reason(), e);
        } catch (IOException | RuntimeException | StackOverflowError e) {
            // Decoders of damaged data fail in many ways, array bounds among them; all of them say the same about the
            // file.
            throw new UnreadableImageException(name, "damaged (" + firstLine(e) + ")", e);
        } catch (OutOfMemoryError e) {
            throw new UnreadableImageException(name, "needs more memory than this process may use; raise -Xmx", e);
        }
    }

    /** The shorter side of a photo in pixels, from its header alone: whether the rest can be decoded is not looked at. */
    public static int shortSide(Path file) throws UnreadableImageException {
        try (ImageInputStream stream = ImageIO.createImageInputStream(file.toFile())) {
            PhotoBytes.Format format = null;
            if (stream != null) {
                byte[] start = new byte[PhotoBytes.START];
                stream.mark();
                int length = stream.read(start);
                stream.reset();
                format = PhotoBytes.format(Arrays.copyOf(start, Math.max(0, length)));
            }
            if (format == null) {
                throw new UnreadableImageException(file, "not a picture in a known format");
            }
            ImageReader reader = reader(format);
            try {
                reader.setInput(stream, true, true);
                return Math.min(reader.getWidth(0), reader.getHeight(0));
            } finally {
                reader.dispose();
            }
        } catch (UnreadableImageException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw new UnreadableImageException(file, "damaged (" + firstLine(e) + ")", e);
        }
    }

    private static ImageReader reader(PhotoBytes.Format format) {
        return ImageIO.getImageReadersByFormatName(format.name).next();
    }

    /** The contents of a photo file; throws {@link UnreadableImageException} when it is missing, empty, too large, or no ordinary file. */
    public static byte[] read(Path file) throws UnreadableImageException {
        try {
            long size = Files.size(file);
            if (!Files.isRegularFile(file)) {
                throw new UnreadableImageException(
                        file, Files.isDirectory(file) ? "a folder, not a photo" : "no ordinary file");
            }
            if (size == 0) {
                throw new UnreadableImageException(file, "empty file");
            }
            if (size > Limit.PHOTO_MEGABYTES.value() << 20) {
                throw new UnreadableImageException(file, "larger than " + Limit.PHOTO_MEGABYTES.words(" MiB"));
            }
            try (InputStream in = Files.newInputStream(file)) {
                byte[] bytes = in.readNBytes(Limit.PHOTO_MEGABYTES.intValue() << 20);
                if (in.read() >= 0) {
                    throw new UnreadableImageException(file, "larger than " + Limit.PHOTO_MEGABYTES.words(" MiB"));
                }
                return bytes;
            }
        } catch (UnreadableImageException e) {
            throw e;
        } catch (NoSuchFileException e) {
            throw new UnreadableImageException(file, "no such file", e);
        } catch (IOException e) {
            throw new UnreadableImageException(file, "cannot be read (" + firstLine(e) + ")", e);
        }
    }

    private static RgbImage decode(byte[] bytes) throws IOException {
        PhotoBytes photo = PhotoBytes.of(bytes);
        if (photo == null) {
            throw new UnreadableImageException(Path.of(""), "not a picture in a known format");
        }
        try (ImageInputStream stream = new PhotoInput(photo.pixels())) {
            ImageReader reader = reader(photo.format());
            try {
                reader.setInput(stream, false, false);
                reader.addIIOReadWarningListener((source, warning) -> refuseIfTruncated(warning));
                checkSize(reader.getWidth(0), reader.getHeight(0), bytes.length);
                RgbImage image;
                if (photo.format() == PhotoBytes.Format.JPEG && reader.canReadRaster()) {
                    // The raster holds the stored components, before any colour conversion.
                    Raster raster = reader.readRaster(0, null);
                    Metadata metadata = metadata(photo.pixels());
                    image = JpegColor.toRgb(
                            raster,
                            metadata.getFirstDirectoryOfType(JpegDirectory.class),
                            metadata.getFirstDirectoryOfType(AdobeJpegDirectory.class));
                } else {
                    image = PixelReader.toRgb(reader.read(0));
                }
                return Orientation.upright(image, Orientation.of(photo.exif()));
            } finally {
                reader.dispose();
            }
        }
    }

    /** Other warnings (stray bytes, odd profiles) leave a whole picture; an early end leaves grey rows. */
    private static void refuseIfTruncated(String warning) {
        String text = warning.toLowerCase(Locale.ROOT);
        if (text.contains("premature end") || text.contains("unexpected end") || text.contains("truncated")) {
            throw new PhotoInput.TruncatedException();
        }
    }

    /**
     * Refuses a picture of more pixels than are allowed, or than a file of its size holds.
     *
     * @param bytes of the file
     */
    static void checkSize(int width, int height, int bytes) throws UnreadableImageException {
        long pixels = (long) width * height;
        if (pixels > Limit.PHOTO_MEGAPIXELS.value() * 1_000_000) {
            throw new UnreadableImageException(
                    Path.of(""),
                    width + " x " + height + " pixels, the limit is " + Limit.PHOTO_MEGAPIXELS.words(" megapixels"));
        }
        if (pixels > FREE_PIXELS + Limit.PHOTO_PIXELS_PER_BYTE.value() * bytes) {
            throw new UnreadableImageException(
                    Path.of(""), "damaged (" + width + " x " + height + " pixels in " + bytes + " bytes)");
        }
    }

    /** How the components of a JPEG are to be understood. */
    private static Metadata metadata(byte[] jpeg) throws IOException {
        try {
            return JpegMetadataReader.readMetadata(
                    new ByteArrayInputStream(jpeg), List.of(new JpegReader(), new AdobeJpegReader()));
        } catch (ImageProcessingException e) {
            // Damaged metadata around a picture that decodes: taken as usual.
            return new Metadata();
        }
    }

    private static String firstLine(Throwable e) {
        String text = e.getMessage();
        return text == null || text.isBlank()
                ? e.getClass().getSimpleName()
                : text.lines().findFirst().orElse("").strip();
    }
}
