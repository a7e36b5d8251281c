package io.meristem.data.image;

import com.fasterxml.jackson.annotation.JsonValue;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.zip.CRC32;

/**
 * A random change to a photo that leaves what is on it as it is; what a classifier still gets right under it says how robust it is.
 *
 * <p>What happens to a photo follows from its decoded pixels, the kind and the seed, and from nothing else: not from its name, the other photos, threads
 * or batches. The levels of one kind share their random numbers, so that a higher level does the same to a photo, only more of it.
 *
 * @param level from 1, slight, to 5, severe; 0 leaves photos as they are
 */
public record Perturbation(Kind kind, int level) {

    public static final int MAX_LEVEL = 5;

    /** Where nothing else is asked for. */
    public static final int DEFAULT_LEVEL = 3;

    /**
     * What is done. To add another, add a constant: its name, its strength from level 0 to level 5, how a strength reads, and what it does.
     * docs/robustness.md says why the strengths are as they are.
     */
    @SuppressWarnings("ImmutableEnumChecker") // nobody writes to the arrays
    public enum Kind {
        /** Normal noise of standard deviation {@code strength} grey levels on each channel of each pixel that the network sees, on its own. */
        NOISE("noise", 0, 2.5, 5, 10, 20, 40) {
            @Override
            String setting(double strength) {
                return String.format(Locale.ROOT, "sigma %.1f/255", strength);
            }

            @Override
            RgbImage change(Original original, double strength, SplittableRandom random) {
                return SensorNoise.add(original.scaled(), strength, random);
            }
        },

        /** A box of the photo's own shape with the share {@code strength} of its area, at a random place, taken for the photo. */
        CROP("crop", 1, 0.9, 0.75, 0.6, 0.45, 0.3) {
            @Override
            String setting(double strength) {
                return String.format(Locale.ROOT, "%.0f %% of the area", 100 * strength);
            }

            @Override
            RgbImage change(Original original, double strength, SplittableRandom random) {
                RgbImage photo = original.photo();
                int w = side(photo.width(), strength);
                int h = side(photo.height(), strength);
                int x = (int) (random.nextDouble() * (photo.width() - w + 1));
                int y = (int) (random.nextDouble() * (photo.height() - h + 1));
                return original.preprocess().scaled(photo, x, y, w, h, 1);
            }

            private static int side(int length, double share) {
                return (int) Math.max(1, Math.rint(length * Math.sqrt(share)));
            }
        },

        /** Brightness, contrast and saturation by factors from 1 - {@code strength} to 1 + {@code strength}, hue by a tenth of it; see {@link ColorJitter}. */
        JITTER("jitter", 0, 0.1, 0.2, 0.4, 0.6, 0.8) {
            @Override
            String setting(double strength) {
                return String.format(Locale.ROOT, "%.1f, hue %.2f", strength, strength * HUE_SHARE);
            }

            @Override
            RgbImage change(Original original, double strength, SplittableRandom random) {
                ColorJitter.Strengths how =
                        new ColorJitter.Strengths(strength, strength, strength, strength * HUE_SHARE);
                return ColorJitter.apply(original.scaled(), how, random);
            }
        },

        /** Turned about its centre by an angle from -{@code strength} to {@code strength} degrees; see {@link Rotation}. */
        ROTATION("rotation", 0, 5, 15, 30, 45, 90) {
            @Override
            String setting(double strength) {
                return String.format(Locale.ROOT, "up to %.0f degrees", strength);
            }

            @Override
            RgbImage change(Original original, double strength, SplittableRandom random) {
                return Rotation.of(original, (2 * random.nextDouble() - 1) * strength);
            }
        };

        /** Of the strength of the other three; a larger turn makes another symptom of one. */
        private static final double HUE_SHARE = 0.1;

        private final String label;
        private final double[] strengths;

        Kind(String label, double... strengths) {
            this.label = label;
            this.strengths = strengths;
        }

        /** The name that users give. */
        @JsonValue
        public String label() {
            return label;
        }

        /** How a strength reads, with its unit. */
        abstract String setting(double strength);

        /** The photo at evaluation scale, changed. */
        abstract RgbImage change(Original original, double strength, SplittableRandom random);
    }

    /**
     * A photo that is about to be changed.
     *
     * @param photo as decoded, at its own resolution
     * @param scaled as evaluation sees it before it takes the centre: {@link Preprocess#scaled}
     * @param checksum of the decoded pixels
     */
    public record Original(RgbImage photo, RgbImage scaled, Preprocess preprocess, long checksum) {
        public static Original of(RgbImage photo, Preprocess preprocess) {
            CRC32 crc = new CRC32();
            crc.update(photo.rgb());
            return new Original(photo, preprocess.scaled(photo), preprocess, crc.getValue());
        }
    }

    public Perturbation {
        if (level < 0 || level > MAX_LEVEL) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "There is no level %s of the perturbation %s: levels go from 1 (slight) to %s (severe), and 0 leaves photos as they are.",
                    level,
                    kind.label(),
                    MAX_LEVEL);
        }
    }

    /** The number behind the level, in the kind's own unit. */
    public double strength() {
        return kind.strengths[level];
    }

    /** The same for people. */
    public String setting() {
        return kind.setting(strength());
    }

    /** The changed photo at evaluation scale, in place of what {@link Preprocess#scaled} makes of it. */
    public RgbImage apply(RgbImage photo, Preprocess preprocess, long seed) {
        return apply(Original.of(photo, preprocess), seed);
    }

    public RgbImage apply(Original original, long seed) {
        long stream = PhotoSeeds.combine(PhotoSeeds.of(seed, kind.label()), original.checksum());
        return kind.change(original, strength(), new SplittableRandom(stream));
    }

    @Override
    public String toString() {
        return kind.label() + ":" + level;
    }
}
