package io.meristem.synth;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import java.awt.image.BufferedImage;

/**
 * Draws pictures of a plant's leaves, healthy or with one of nine symptoms. Drawn, not photographed: use them to try the method, not to judge
 * plants.
 *
 * <p>The same options, class, seed, index and size give the same pixels on every machine and thread; the object has no state that drawing
 * changes.
 */
public final class LeafPainter {
    static final int SMALLEST = 16;
    static final int LARGEST = 2048;
    /** The share of the picture that a symptom must show on, or the pose is drawn again. */
    private static final float VISIBLE = 0.003f;

    private static final int ATTEMPTS = 10;

    private final LeafOptions options;

    public LeafPainter(LeafOptions options) {
        this.options = options;
    }

    /** One picture of the {@code index}-th leaf, size x size pixels, TYPE_INT_RGB. */
    public BufferedImage paint(LeafClass leafClass, long seed, int index, int size) {
        return paintWithMask(leafClass, seed, index, 0, size).image();
    }

    /** As {@link #paint}, with the mask of what is symptom. */
    public LeafPicture paintWithMask(LeafClass leafClass, long seed, int index, int size) {
        return paintWithMask(leafClass, seed, index, 0, size);
    }

    /**
     * One of several photos of one leaf: leaf and lesions stay, pose, background, light and camera change.
     *
     * @param leaf number of the leaf
     * @param photo number of the photo of that leaf
     * @param size side length in pixels, 16 to 2048
     */
    public LeafPicture paintWithMask(LeafClass leafClass, long seed, int leaf, int photo, int size) {
        if (size < SMALLEST || size > LARGEST) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "a picture size of %s cannot be drawn; give %s to %s pixels.",
                    size,
                    SMALLEST,
                    LARGEST);
        }
        // The name, not the position: a class added later leaves the pictures of the others as they were.
        Rng plant = new Rng(Rng.key(seed, leafClass.folder().hashCode(), leaf));
        float severity = plant.fork(1).range(options.minSeverity(), options.maxSeverity());
        for (int attempt = 0; ; attempt++) {
            // Later attempts move nearer and draw the symptom stronger, so that every label is true of its picture.
            float push = (float) attempt / ATTEMPTS;
            LeafScene scene = new LeafScene(
                    options, leafClass, plant, plant.fork(100L + photo).fork(attempt), size);
            scene.draw(Math.min(1f, severity + 0.5f * push * push), Math.max(0f, 1f - 1.3f * push));
            float[] mask = scene.mask(size);
            if (!leafClass.diseased() || attempt == ATTEMPTS || visible(mask) >= VISIBLE) {
                return new LeafPicture(scene.develop(size), maskImage(mask, size));
            }
        }
    }

    private static float visible(float[] mask) {
        int count = 0;
        for (float m : mask) {
            if (m > 0f) {
                count++;
            }
        }
        return (float) count / mask.length;
    }

    private static BufferedImage maskImage(float[] mask, int size) {
        BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_BYTE_GRAY);
        int[] levels = new int[mask.length];
        for (int i = 0; i < mask.length; i++) {
            levels[i] = mask[i] > 0f ? 255 : 0;
        }
        image.getRaster().setPixels(0, 0, size, size, levels);
        return image;
    }
}
