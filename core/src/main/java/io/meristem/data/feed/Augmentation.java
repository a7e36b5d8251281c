package io.meristem.data.feed;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.data.image.ColorJitter;
import io.meristem.data.image.Normalizer;
import io.meristem.data.image.Planes;
import io.meristem.data.image.Preprocess;
import io.meristem.data.image.Resampler;
import io.meristem.data.image.RgbImage;
import java.nio.FloatBuffer;
import java.util.SplittableRandom;

/**
 * Random changes to training photos, with torchvision's definitions (RandomResizedCrop, flips, ColorJitter). What happens to a photo depends on
 * seed, epoch and the photo's index only. A zero (or a scale of 1 to 1) leaves a step out.
 *
 * @param flip probability of a left-right mirror image
 * @param verticalFlip probability of a top-bottom mirror image
 * @param minScale smallest share of the scaled photo's area that a crop takes
 * @param maxScale largest share; with both at 1 there is no random crop but evaluation's centre crop
 * @param minRatio smallest width / height of a crop before it is made square
 * @param maxRatio largest
 * @param brightness factor from [max(0, 1 - b), 1 + b]
 * @param contrast likewise, blending with the mean grey
 * @param saturation likewise, blending with the grey picture
 * @param hue shift from [-h, h] turns of the colour circle, at most 0.5
 */
public record Augmentation(
        double flip,
        double verticalFlip,
        double minScale,
        double maxScale,
        double minRatio,
        double maxRatio,
        double brightness,
        double contrast,
        double saturation,
        double hue) {

    /** Nothing random: training photos look as in evaluation. */
    public static final Augmentation NONE = new Augmentation(0, 0, 1, 1, 1, 1, 0, 0, 0, 0);

    public Augmentation {
        if (!(flip >= 0 && flip <= 1 && verticalFlip >= 0 && verticalFlip <= 1)) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "The flip probabilities are %s and %s: give values from 0 to 1.",
                    flip,
                    verticalFlip);
        }
        if (!(minScale > 0 && minScale <= maxScale && maxScale <= 1)) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "The crop scale is %s to %s: give 0 < smallest <= largest <= 1.",
                    minScale,
                    maxScale);
        }
        if (!(minRatio > 0 && minRatio <= maxRatio)) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "The crop ratio is %s to %s: give 0 < smallest <= largest.",
                    minRatio,
                    maxRatio);
        }
        if (!(brightness >= 0 && contrast >= 0 && saturation >= 0 && hue >= 0 && hue <= 0.5)) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "The colour jitter must not be negative, and its hue at most 0.5: got %s, %s, %s, %s.",
                    brightness,
                    contrast,
                    saturation,
                    hue);
        }
    }

    /** For close-up photos of plants: mirrored either way, crops of a third of the area or more, mild light and colour changes. */
    public static Augmentation standard() {
        return NONE.withFlips(0.5, 0.5).withCrops(0.35, 1, 3 / 4.0, 4 / 3.0).withJitter(0.2, 0.2, 0.2, 0.02);
    }

    /** The same with other probabilities of mirror images: left-right, top-bottom. */
    public Augmentation withFlips(double newFlip, double newVerticalFlip) {
        return new Augmentation(
                newFlip,
                newVerticalFlip,
                minScale,
                maxScale,
                minRatio,
                maxRatio,
                brightness,
                contrast,
                saturation,
                hue);
    }

    /** The same with other crops: shares of the area, and width over height. */
    public Augmentation withCrops(double newMinScale, double newMaxScale, double newMinRatio, double newMaxRatio) {
        return new Augmentation(
                flip,
                verticalFlip,
                newMinScale,
                newMaxScale,
                newMinRatio,
                newMaxRatio,
                brightness,
                contrast,
                saturation,
                hue);
    }

    /** The same with other changes of colour. */
    public Augmentation withJitter(double newBrightness, double newContrast, double newSaturation, double newHue) {
        return new Augmentation(
                flip,
                verticalFlip,
                minScale,
                maxScale,
                minRatio,
                maxRatio,
                newBrightness,
                newContrast,
                newSaturation,
                newHue);
    }

    public boolean crops() {
        return minScale < 1;
    }

    boolean jitters() {
        return brightness > 0 || contrast > 0 || saturation > 0 || hue > 0;
    }

    private ColorJitter.Strengths jitter() {
        return new ColorJitter.Strengths(brightness, contrast, saturation, hue);
    }

    /** One training view of a scaled photo as (size, size, 3), normalised, into {@code out} from {@code at} on. */
    void view(
            RgbImage scaled,
            Preprocess preprocess,
            Normalizer normalizer,
            SplittableRandom random,
            Planes scratch,
            FloatBuffer out,
            int at) {
        int size = preprocess.size();
        int[] box = crops()
                ? crop(scaled.width(), scaled.height(), random)
                : new int[] {preprocess.cropStart(scaled.width()), preprocess.cropStart(scaled.height()), size, size};
        boolean mirror = random.nextDouble() < flip;
        boolean upsideDown = random.nextDouble() < verticalFlip;
        Resampler rows = new Resampler(scaled, box[0], box[1], box[2], box[3], size, size, mirror);
        ColorJitter jitter = jitters() ? new ColorJitter(jitter(), random) : null;
        Planes row = new Planes(size);
        for (int y = 0; y < size; y++) {
            rows.next(row);
            if (jitter != null) {
                jitter.untilContrast(row);
            }
            row.writeTo(scratch, (upsideDown ? size - 1 - y : y) * size);
        }
        float[] interleaved = new float[size * 3];
        for (int y = 0; y < size; y++) {
            row.readFrom(scratch, y * size);
            if (jitter != null) {
                jitter.fromContrast(row);
            }
            normalizer.interleave(row, interleaved);
            out.put(at + y * interleaved.length, interleaved);
        }
    }

    /** Column, row, width, height of a random crop: ten tries at an area and a ratio, then the largest centred box within the ratio's bounds. */
    int[] crop(int width, int height, SplittableRandom random) {
        double area = (double) width * height;
        double low = Math.log(minRatio);
        double high = Math.log(maxRatio);
        for (int attempt = 0; attempt < 10; attempt++) {
            double wanted = area * (minScale + random.nextDouble() * (maxScale - minScale));
            double ratio = Math.exp(low + random.nextDouble() * (high - low));
            int w = (int) Math.rint(Math.sqrt(wanted * ratio));
            int h = (int) Math.rint(Math.sqrt(wanted / ratio));
            if (w > 0 && w <= width && h > 0 && h <= height) {
                return new int[] {random.nextInt(width - w + 1), random.nextInt(height - h + 1), w, h};
            }
        }
        int w = width;
        int h = height;
        if ((double) width / height < minRatio) {
            h = (int) Math.rint(width / minRatio);
        } else if ((double) width / height > maxRatio) {
            w = (int) Math.rint(height * maxRatio);
        }
        return new int[] {(width - w) / 2, (height - h) / 2, w, h};
    }
}
