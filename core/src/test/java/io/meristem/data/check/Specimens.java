package io.meristem.data.check;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Image;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;

/**
 * Pictures of shapes in random colours on random grounds, so that the shape alone tells the class; each test spoils them in its own way.
 *
 * <p>java.util.Random would not do: its first numbers follow the seed, so that grounds of one class are alike, which the probe finds.
 */
final class Specimens {

    static final int SIDE = 48;

    private Specimens() {}

    /** So many pictures of one class, named 000.png, 001.png, ... */
    static void write(Path folder, int shape, int count, long seed) {
        for (int i = 0; i < count; i++) {
            save(draw(shape, seed * 1000 + i), folder.resolve(String.format(Locale.ROOT, "%03d.png", i)));
        }
    }

    /** Three classes without a flaw. */
    static Path clean(Path root, int count, long seed) {
        write(root.resolve("cross"), 0, count, seed);
        write(root.resolve("disc"), 1, count, seed + 1);
        write(root.resolve("ring"), 2, count, seed + 2);
        return root;
    }

    static BufferedImage draw(int shape, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setColor(colour(random));
        g.fillRect(0, 0, SIDE, SIDE);
        for (int i = 0; i < 25; i++) {
            g.setColor(colour(random));
            int size = 4 + random.nextInt(12);
            g.fillOval(random.nextInt(SIDE) - size / 2, random.nextInt(SIDE) - size / 2, size, size);
        }
        g.setColor(colour(random));
        switch (shape) {
            case 0 -> {
                g.fillRect(22, 14, 4, 20);
                g.fillRect(14, 22, 20, 4);
            }
            case 1 -> g.fillOval(17, 17, 14, 14);
            default -> g.drawOval(14, 14, 20, 20);
        }
        g.dispose();
        return image;
    }

    private static Color colour(SplittableRandom random) {
        return new Color(random.nextInt(256), random.nextInt(256), random.nextInt(256));
    }

    static BufferedImage read(Path file) {
        try {
            return ImageIO.read(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** In the format of the file's ending. */
    static void save(BufferedImage image, Path file) {
        try {
            Files.createDirectories(file.getParent());
            String name = file.getFileName().toString();
            ImageIO.write(image, name.substring(name.lastIndexOf('.') + 1), file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Four black triangles over the corners. */
    static BufferedImage blackCorners(BufferedImage image) {
        Graphics2D g = image.createGraphics();
        g.setColor(Color.BLACK);
        int e = SIDE;
        int w = SIDE / 3;
        for (int[][] corner : new int[][][] {
            {{0, w, 0}, {0, 0, w}},
            {{e, e - w, e}, {0, 0, w}},
            {{0, w, 0}, {e, e, e - w}},
            {{e, e - w, e}, {e, e, e - w}}
        }) {
            g.fillPolygon(corner[0], corner[1], 3);
        }
        g.dispose();
        return image;
    }

    /** A quarter of the picture, three quarters of a colour. */
    static BufferedImage tinted(BufferedImage image, int rgb) {
        BufferedImage out = new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < image.getWidth() * image.getHeight(); i++) {
            int x = i % image.getWidth();
            int y = i / image.getWidth();
            out.setRGB(x, y, (image.getRGB(x, y) >> 2 & 0x3f3f3f) + 3 * (rgb >> 2 & 0x3f3f3f));
        }
        return out;
    }

    static BufferedImage scaled(BufferedImage image, int width, int height) {
        BufferedImage out = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = out.createGraphics();
        g.drawImage(image.getScaledInstance(width, height, Image.SCALE_AREA_AVERAGING), 0, 0, null);
        g.dispose();
        return out;
    }

    static BufferedImage mirrored(BufferedImage image) {
        BufferedImage out = new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                out.setRGB(image.getWidth() - 1 - x, y, image.getRGB(x, y));
            }
        }
        return out;
    }

    /** By 90 degrees. */
    static BufferedImage turned(BufferedImage image) {
        BufferedImage out = new BufferedImage(image.getHeight(), image.getWidth(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                out.setRGB(image.getHeight() - 1 - y, x, image.getRGB(x, y));
            }
        }
        return out;
    }

    /** A flat leaf: one green, a little shading, a little noise, no two the same. */
    static BufferedImage flat(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < SIDE * SIDE; i++) {
            int green = 120 + (i % SIDE) / 2 + random.nextInt(13);
            image.setRGB(i % SIDE, i / SIDE, 60 << 16 | green << 8 | 40);
        }
        return image;
    }
}
