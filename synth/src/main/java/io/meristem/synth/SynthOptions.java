package io.meristem.synth;

import io.meristem.ErrorCode;
import io.meristem.InputException;

/**
 * What {@link SyntheticFolder} draws.
 *
 * @param kind leaves or patterns
 * @param perClassTrain training pictures per class, at least 1
 * @param perClassVal validation pictures per class, 0 for no such folder
 * @param perClassTest test pictures per class, 0 for no such folder
 * @param size side length in pixels, 16 to 2048
 * @param seed the same seed draws the same pictures
 * @param jpegQuality of the files, above 0 to 1
 * @param photosPerLeaf pictures that share one leaf individual (leaves only); they form one group and stay in one split
 * @param leaf how hard the leaf pictures are; patterns take no notice of it
 */
public record SynthOptions(
        Kind kind,
        int perClassTrain,
        int perClassVal,
        int perClassTest,
        int size,
        long seed,
        float jpegQuality,
        int photosPerLeaf,
        LeafOptions leaf) {

    /** What is drawn. */
    public enum Kind {
        LEAVES,
        PATTERNS
    }

    private static final int MOST_PER_CLASS = 1_000_000;

    public SynthOptions {
        count("training pictures per class", perClassTrain, 1, MOST_PER_CLASS);
        count("validation pictures per class", perClassVal, 0, MOST_PER_CLASS);
        count("test pictures per class", perClassTest, 0, MOST_PER_CLASS);
        count("picture size", size, LeafPainter.SMALLEST, LeafPainter.LARGEST);
        count("photos per leaf", photosPerLeaf, 1, MOST_PER_CLASS);
        if (!(jpegQuality > 0f && jpegQuality <= 1f)) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE, "the JPEG quality is %s; give a number above 0, at most 1.", jpegQuality);
        }
        if (kind == Kind.PATTERNS && photosPerLeaf != 1) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "photos per leaf is %s, but patterns have no leaf to share; leave it at 1 or draw leaves.",
                    photosPerLeaf);
        }
    }

    /** Leaves of standard difficulty, one photo per leaf, JPEG quality 0.9. */
    public static SynthOptions leaves(int train, int val, int test, int size, long seed) {
        return of(Kind.LEAVES, train, val, test, size, seed);
    }

    /** Patterns for pre-training, JPEG quality 0.9. */
    public static SynthOptions patterns(int train, int val, int test, int size, long seed) {
        return of(Kind.PATTERNS, train, val, test, size, seed);
    }

    /** Either of them. */
    public static SynthOptions of(Kind kind, int train, int val, int test, int size, long seed) {
        return new SynthOptions(kind, train, val, test, size, seed, 0.9f, 1, LeafOptions.standard());
    }

    /** The same in files of another quality, above 0 to 1. */
    public SynthOptions withJpegQuality(float quality) {
        return new SynthOptions(
                kind, perClassTrain, perClassVal, perClassTest, size, seed, quality, photosPerLeaf, leaf);
    }

    /** The same with so many pictures of each leaf. */
    public SynthOptions withPhotosPerLeaf(int photos) {
        return new SynthOptions(kind, perClassTrain, perClassVal, perClassTest, size, seed, jpegQuality, photos, leaf);
    }

    /** The same with leaves of another difficulty. */
    public SynthOptions withLeaf(LeafOptions other) {
        return new SynthOptions(
                kind, perClassTrain, perClassVal, perClassTest, size, seed, jpegQuality, photosPerLeaf, other);
    }

    private static void count(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "the number for %s is %s; give a whole number from %s to %s.",
                    name,
                    value,
                    least,
                    most);
        }
    }
}
