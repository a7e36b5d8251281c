package io.meristem.testing;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/** A photo folder that is learnt in seconds: noisy pictures, each class with a colour of its own. */
public final class ColourPhotos {

    /** In label order. */
    public static final List<String> CLASSES = List.of("blue", "green", "red");

    private static final int SIDE = 40;
    private static final int NOISE = 120;

    private ColourPhotos() {}

    /** Writes {@code train}, {@code val} and {@code test} pictures of each class into sides below {@code root}, and returns it. */
    public static Path write(Path root, int train, int val, int test) {
        Random random = new Random(7);
        for (int c = 0; c < CLASSES.size(); c++) {
            side(root.resolve("train"), c, train, random);
            side(root.resolve("val"), c, val, random);
            side(root.resolve("test"), c, test, random);
        }
        return root;
    }

    private static void side(Path side, int label, int count, Random random) {
        for (int i = 0; i < count; i++) {
            picture(side.resolve(CLASSES.get(label)).resolve(i + ".png"), label, random);
        }
    }

    private static void picture(Path file, int label, Random random) {
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        int shift = 8 * label;
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                int noise = random.nextInt(NOISE) << 16 | random.nextInt(NOISE) << 8 | random.nextInt(NOISE);
                image.setRGB(x, y, noise | (0x80 << shift));
            }
        }
        try {
            Files.createDirectories(file.getParent());
            ImageIO.write(image, "png", file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
