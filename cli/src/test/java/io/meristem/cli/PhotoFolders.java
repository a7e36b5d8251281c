package io.meristem.cli;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;

/** Small noisy pictures, each class with a colour of its own. */
final class PhotoFolders {

    private static final int SIDE = 40;

    private PhotoFolders() {}

    /** Below {@code root}, {@code count} pictures named 0.png, 1.png, ... in each class folder; returns the root. */
    static Path write(Path root, int count, String... classes) {
        for (int c = 0; c < classes.length; c++) {
            for (int i = 0; i < count; i++) {
                picture(root.resolve(classes[c]).resolve(i + ".png"), 0x80 << (8 * c % 24), 31L * c + i);
            }
        }
        return root;
    }

    private static void picture(Path file, int colour, long seed) {
        Random random = new Random(seed);
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < SIDE * SIDE; i++) {
            image.setRGB(i % SIDE, i / SIDE, (random.nextInt() & 0x3f3f3f) | colour);
        }
        try {
            Files.createDirectories(file.getParent());
            ImageIO.write(image, "png", file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
