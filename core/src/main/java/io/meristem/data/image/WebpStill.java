package io.meristem.data.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The first picture of a WebP file as a file of its own: without colour profile, which is not to be applied, and without further frames.
 *
 * @param file what is to be decoded
 * @param x column of the canvas where the picture begins
 * @param y row of the canvas
 * @param width of the canvas, which the picture fills unless it is a frame of an animation
 * @param height of the canvas
 * @param exif the TIFF structure of the first Exif block, or null
 */
@SuppressWarnings("ArrayRecordComponent")
record WebpStill(byte[] file, int x, int y, int width, int height, byte[] exif) {

    private static final int HEADER = 12; // RIFF, size, WEBP
    private static final int FRAME_HEADER = 16;
    private static final int ALPHA = 0x10; // in the first byte of VP8X
    private static final String JPEG_PREAMBLE = "Exif\0\0"; // which some writers put before it

    private record Chunk(String name, int from, int end, int size) {}

    /** Walks the chunks; sizes are looked at before anything of them is believed. */
    static WebpStill of(byte[] bytes) throws IOException {
        ByteBuffer riff = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int end = bytes.length;
        int at = HEADER;
        int[] canvas = null;
        int[] frame = {0, 0};
        int frameEnd = 0;
        Chunk alpha = null;
        Chunk picture = null;
        byte[] exif = null;
        while (at + 8 <= end) {
            Chunk chunk = chunk(bytes, riff, at, end);
            boolean inside = at < frameEnd;
            at = (int) Math.min(end, (long) chunk.from() + chunk.size() + (chunk.size() & 1));
            int length = chunk.end() - chunk.from();
            switch (chunk.name()) {
                case "VP8X" -> {
                    if (canvas == null && length >= 10) {
                        canvas = new int[] {1 + int24(riff, chunk.from() + 4), 1 + int24(riff, chunk.from() + 7)};
                    }
                }
                case "ANMF" -> {
                    if (picture == null && length >= FRAME_HEADER) {
                        frame = new int[] {2 * int24(riff, chunk.from()), 2 * int24(riff, chunk.from() + 3)};
                        frameEnd = chunk.end();
                        at = chunk.from() + FRAME_HEADER;
                    }
                }
                case "ALPH" -> alpha = picture == null ? chunk : alpha;
                case "VP8 ", "VP8L" -> {
                    if (picture == null) {
                        picture = chunk;
                        at = inside ? Math.max(at, frameEnd) : at;
                    }
                }
                case "EXIF" -> {
                    if (exif == null) {
                        boolean preamble = new String(
                                        bytes, chunk.from(), Math.min(6, length), StandardCharsets.ISO_8859_1)
                                .equals(JPEG_PREAMBLE);
                        exif = Arrays.copyOfRange(bytes, chunk.from() + (preamble ? 6 : 0), chunk.end());
                    }
                }
                default -> {}
            }
        }
        if (picture == null) {
            throw new PhotoInput.TruncatedException();
        }
        int[] size = size(riff, picture, bytes.length);
        if (canvas == null) {
            canvas = size;
        }
        ImageDecoder.checkSize(canvas[0], canvas[1], bytes.length);
        if (size[0] + frame[0] > canvas[0] || size[1] + frame[1] > canvas[1]) {
            throw new IOException("a picture of " + size[0] + " x " + size[1] + " pixels on a canvas of " + canvas[0]
                    + " x " + canvas[1]);
        }
        boolean opaque = alpha == null || picture.name().equals("VP8L");
        return new WebpStill(
                file(bytes, opaque ? null : alpha, picture, size), frame[0], frame[1], canvas[0], canvas[1], exif);
    }

    private static Chunk chunk(byte[] bytes, ByteBuffer riff, int at, int end) {
        String name = new String(bytes, at, 4, StandardCharsets.ISO_8859_1);
        long size = Integer.toUnsignedLong(riff.getInt(at + 4));
        return new Chunk(name, at + 8, (int) Math.min(end, at + 8 + size), (int) Math.min(size, Integer.MAX_VALUE - 1));
    }

    /** Width and height of a picture, by its own header. */
    private static int[] size(ByteBuffer riff, Chunk picture, int bytes) throws IOException {
        int from = picture.from();
        boolean lossless = picture.name().equals("VP8L");
        if (picture.end() - from < (lossless ? 5 : 10)) {
            throw new PhotoInput.TruncatedException();
        }
        int[] size;
        if (lossless) {
            int sides = riff.getInt(from + 1);
            size = new int[] {(sides & 0x3fff) + 1, (sides >> 14 & 0x3fff) + 1};
        } else {
            size = new int[] {riff.getShort(from + 6) & 0x3fff, riff.getShort(from + 8) & 0x3fff};
        }
        ImageDecoder.checkSize(size[0], size[1], bytes);
        if (picture.end() - from < picture.size()) {
            throw new PhotoInput.TruncatedException();
        }
        return size;
    }

    private static byte[] file(byte[] bytes, Chunk alpha, Chunk picture, int[] size) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(picture.size() + 64);
        out.writeBytes("RIFF\0\0\0\0WEBP".getBytes(StandardCharsets.ISO_8859_1));
        if (alpha != null) {
            ByteBuffer header = ByteBuffer.allocate(18).order(ByteOrder.LITTLE_ENDIAN);
            header.put("VP8X".getBytes(StandardCharsets.ISO_8859_1)).putInt(10).putInt(ALPHA);
            header.putShort((short) (size[0] - 1)).put((byte) 0).putShort((short) (size[1] - 1));
            out.writeBytes(header.array());
            put(out, bytes, alpha);
        }
        put(out, bytes, picture);
        byte[] file = out.toByteArray();
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(4, file.length - 8);
        return file;
    }

    private static void put(ByteArrayOutputStream out, byte[] bytes, Chunk chunk) {
        int length = chunk.end() - chunk.from();
        out.writeBytes(chunk.name().getBytes(StandardCharsets.ISO_8859_1));
        out.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(length)
                .array());
        out.write(bytes, chunk.from(), length);
        if ((length & 1) == 1) {
            out.write(0);
        }
    }

    private static int int24(ByteBuffer riff, int at) {
        return riff.getShort(at) & 0xffff | (riff.get(at + 2) & 0xff) << 16;
    }

    /** The picture on its canvas, which is white where the picture is not. */
    RgbImage onCanvas(RgbImage image) {
        if (image.width() == width && image.height() == height) {
            return image;
        }
        byte[] rgb = new byte[3 * width * height];
        Arrays.fill(rgb, (byte) 255);
        for (int row = 0; row < image.height(); row++) {
            System.arraycopy(image.rgb(), 3 * image.width() * row, rgb, 3 * (width * (y + row) + x), 3 * image.width());
        }
        return new RgbImage(width, height, rgb);
    }
}
