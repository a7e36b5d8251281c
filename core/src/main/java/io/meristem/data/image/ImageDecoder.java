package io.meristem.data.image;

import io.meristem.CancelledException;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.Limit;
import java.awt.image.WritableRaster;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * Photos from files: JPEG (grey, YCbCr, RGB, CMYK, YCCK), PNG, BMP, GIF (first frame) and WebP, upright by their EXIF orientation.
 *
 * <p>No colour management: the stored values are taken as sRGB, as the pictures were that the pretrained networks saw. Grey is repeated into three
 * channels, 16 bits are scaled to 8, transparency is laid on white, CMYK becomes R = (255 - C)(255 - K) / 255. The format is told by the
 * content, not by the file's name. Pillow gives the same values, up to one level where a JPEG is rounded.
 */
public final class ImageDecoder {

    /** A picture of one colour may have so many in next to no bytes. */
    private static final long FREE_PIXELS = 4_000_000;

    private ImageDecoder() {}

    /**
     * What is made of a photo while room in memory is kept for it: as a rule something much smaller.
     *
     * @param <T> what is made
     */
    @FunctionalInterface
    public interface Use<T> {
        /** The whole file, before it is decoded; must neither be changed nor kept. */
        default void contents(byte[] file) {}

        /** May be called twice for one photo, and must not decode another. */
        T of(RgbImage photo);
    }

    /**
     * Decodes one photo, when there is memory for it, and makes something of it; of many that are decoded at once the others wait.
     *
     * @throws UnreadableImageException when the file is missing, damaged, too large, or no picture
     * @throws InputException when it needs more memory than this process may use, even with no other decoded at the same time
     */
    public static <T> T decode(Path file, Use<T> use) throws UnreadableImageException {
        return DecodeMemory.HEAP.decode(file, memory -> {
            byte[] bytes = read(file);
            use.contents(bytes);
            return use.of(decoded(bytes, file, memory));
        });
    }

    /** As {@link #decode(Path, Use)}, the photo itself. For one photo at a time: it is not counted once it is handed out. */
    public static RgbImage decode(Path file) throws UnreadableImageException {
        return decode(file, photo -> photo);
    }

    /**
     * As {@link #decode(Path)}, from the contents of a file.
     *
     * @param name what messages call it
     */
    public static RgbImage decode(byte[] bytes, Path name) throws UnreadableImageException {
        return DecodeMemory.HEAP.decode(name, memory -> decoded(bytes.clone(), name, memory));
    }

    /** Bytes may be written to. */
    private static RgbImage decoded(byte[] bytes, Path name, DecodeMemory.Lease memory)
            throws UnreadableImageException {
        try {
            if (bytes.length == 0) {
                throw new UnreadableImageException(name, "empty file");
            }
            return decode(bytes, memory);
        } catch (UnreadableImageException e) {
            throw new UnreadableImageException(name, e.reason(), e);
        } catch (InputException | CancelledException e) {
            throw e; // of this process, not of the photo
        } catch (IOException | RuntimeException | StackOverflowError e) {
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                if (cause instanceof OutOfMemoryError memoryIsShort) {
                    throw memoryIsShort;
                }
            }
            // Decoders of damaged data fail in many ways, array bounds among them; all of them say the same about the
            // file.
            throw new UnreadableImageException(name, "damaged (" + firstLine(e) + ")", e);
        }
    }

    /** The shorter side of a photo in pixels, from its header alone: whether the rest can be decoded is not looked at. */
    public static int shortSide(Path file) throws UnreadableImageException {
        try (ImageInputStream stream = ImageIO.createImageInputStream(file.toFile())) {
            PhotoFormat format = null;
            if (stream != null) {
                byte[] start = new byte[PhotoFormat.START];
                stream.mark();
                int length = stream.read(start);
                stream.reset();
                format = PhotoFormat.of(Arrays.copyOf(start, Math.max(0, length)));
            }
            if (format == null) {
                throw new UnreadableImageException(file, "not a picture in a known format");
            }
            if (format == PhotoFormat.WEBP) {
                WebpStill still = WebpStill.of(read(file));
                return Math.min(still.width(), still.height());
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

    private static ImageReader reader(PhotoFormat format) {
        if (format == PhotoFormat.WEBP) {
            WebpLibrary.load();
        }
        return ImageIO.getImageReadersByFormatName(format.label()).next();
    }

    /** The contents of a photo file; throws {@link UnreadableImageException} when it is missing, empty, too large, or no ordinary file. */
    public static byte[] read(Path file) throws UnreadableImageException {
        try {
            long size = Files.size(file);
            if (!Files.isRegularFile(file)) {
                throw new UnreadableImageException(
                        file,
                        !Files.isDirectory(file)
                                ? "no ordinary file"
                                : Files.isReadable(file) ? "a folder, not a photo" : "a folder, permission denied");
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
            throw new UnreadableImageException(
                    file, Files.isSymbolicLink(file) ? "a link that leads nowhere" : "no such file", e);
        } catch (AccessDeniedException e) {
            throw new UnreadableImageException(file, "permission denied", e);
        } catch (IOException e) {
            throw new UnreadableImageException(file, "cannot be read (" + InputFiles.reason(e) + ")", e);
        }
    }

    private static RgbImage decode(byte[] bytes, DecodeMemory.Lease memory) throws IOException {
        PhotoBytes photo = PhotoBytes.of(bytes);
        if (photo == null) {
            String other = PhotoFormat.other(bytes);
            throw new UnreadableImageException(
                    Path.of(""), other == null ? "not a picture in a known format" : PhotoFormat.unsupported(other));
        }
        try (ImageInputStream stream = new PhotoInput(photo.pixels())) {
            ImageReader reader = reader(photo.format());
            try {
                reader.setInput(stream, false, false);
                reader.addIIOReadWarningListener((source, warning) -> refuseIfTruncated(warning));
                int width = reader.getWidth(0);
                int height = reader.getHeight(0);
                checkSize(width, height, bytes.length);
                int orientation = Orientation.of(photo.exif());
                memory.reserve(photo.memory((long) width * height, orientation));
                RgbImage image;
                if (photo.format() == PhotoFormat.JPEG && reader.canReadRaster()) {
                    // The raster holds the stored components, before any colour conversion.
                    image = JpegColor.toRgb((WritableRaster) reader.readRaster(0, null), photo.jpeg());
                } else {
                    image = PixelReader.toRgb(reader.read(0));
                }
                if (photo.webp() != null) {
                    image = photo.webp().onCanvas(image);
                }
                return Orientation.upright(image, orientation);
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
        if (width < 1 || height < 1) {
            throw new UnreadableImageException(Path.of(""), "damaged, its size is given as " + width + " x " + height);
        }
        long pixels = (long) width * height;
        if (pixels > Limit.PHOTO_MEGAPIXELS.value() * 1_000_000) {
            throw new UnreadableImageException(
                    Path.of(""),
                    width + " x " + height + " pixels, the limit is " + Limit.PHOTO_MEGAPIXELS.words(" megapixels"));
        }
        if (pixels > FREE_PIXELS + Limit.PHOTO_PIXELS_PER_BYTE.value() * bytes) {
            throw new UnreadableImageException(
                    Path.of(""),
                    "damaged or empty, " + width + " x " + height + " pixels in " + bytes
                            + " bytes; the limit of pixels for each byte is " + Limit.PHOTO_PIXELS_PER_BYTE.words());
        }
    }

    private static String firstLine(Throwable e) {
        String text = e.getMessage();
        return text == null || text.isBlank()
                ? e.getClass().getSimpleName()
                : text.lines().findFirst().orElse("").strip();
    }
}
