package io.meristem.synth;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.stream.Stream;

/**
 * Draws the pre-training task: many classes of general patterns (gratings, tilings, dots, cells, strokes, solid bodies) in any colour, turn,
 * scale, light and state of disorder. No leaf and no leaf symptom is among them, so that what a network learns here is general.
 *
 * <p>The same class, seed, index and size give the same pixels on every machine and thread; the object has no state that drawing changes.
 */
public final class PatternPainter {
    private static final List<Motif> MOTIFS = Stream.of(
                    StripeMotifs.all(),
                    TilingMotifs.all(),
                    ScatterMotifs.all(),
                    NoiseMotifs.all(),
                    ShapeMotifs.all(),
                    StrokeMotifs.all())
            .flatMap(List::stream)
            .toList();

    /** How many classes there are. */
    public int classes() {
        return MOTIFS.size();
    }

    /** The class's name, fit for a folder. */
    public String name(int patternClass) {
        return motif(patternClass).name();
    }

    /** One picture, size x size pixels (16 to 2048), TYPE_INT_RGB. */
    public BufferedImage paint(int patternClass, long seed, int index, int size) {
        if (size < LeafPainter.SMALLEST || size > LeafPainter.LARGEST) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "a picture size of %s cannot be drawn; give %s to %s pixels.",
                    size,
                    LeafPainter.SMALLEST,
                    LeafPainter.LARGEST);
        }
        Motif motif = motif(patternClass);
        Rng rng = new Rng(Rng.key(seed, motif.name().hashCode(), index));
        int side = (size * 3 + 1) / 2;
        float[] figure = new float[side * side];
        motif.maker().fill(figure, side, rng.fork(1));
        Raster scene = new Raster(side, side);
        PatternScene.dress(scene, figure, motif.shaded(), rng.fork(2));
        return new Camera(rng.fork(3), 0.8f).develop(scene, size);
    }

    private static Motif motif(int patternClass) {
        if (patternClass < 0 || patternClass >= MOTIFS.size()) {
            throw new InputException(
                    ErrorCode.UNKNOWN_NAME,
                    "there is no pattern class %s; they are numbered 0 to %s.",
                    patternClass,
                    MOTIFS.size() - 1);
        }
        return MOTIFS.get(patternClass);
    }
}
