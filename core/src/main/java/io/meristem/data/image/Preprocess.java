package io.meristem.data.image;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.StringJoiner;

/**
 * From a decoded photo to the network's input, as in evaluation; torchvision's Resize, CenterCrop, ToTensor, Normalize with its rounding.
 * Training, evaluation and prediction share it: {@link #scaled} is what the cache stores, {@link #apply} then takes the centre and normalises.
 *
 * @param size side of the square the network sees, in pixels
 * @param cropFraction share of the resized short side that the centre crop keeps, in (0, 1]; {@link Fit#SQUASH} makes no use of it
 * @param fit how the square is reached
 * @param mean per channel (red, green, blue), of values scaled to 0..1: from 0 to 1
 * @param std per channel, likewise: above 0, up to 1
 */
@SuppressWarnings("ArrayRecordComponent")
public record Preprocess(int size, double cropFraction, Fit fit, float[] mean, float[] std) {

    private static final float[] IMAGENET_MEAN = {0.485f, 0.456f, 0.406f};
    private static final float[] IMAGENET_STD = {0.229f, 0.224f, 0.225f};

    /** The largest value of a colour before it is scaled to 0..1. */
    private static final float BYTE = 255;

    /** The long side kept of a very long photo, in short sides: what lies farther out is cut off, the centre is not touched. */
    public static final int MAX_ASPECT = 4;

    public Preprocess {
        Objects.requireNonNull(fit, "fit");
        if (size < 1 || size > 8192) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE, "The %s is %s pixels: give one from 1 to 8192.", Setting.SIZE, size);
        }
        if (!(cropFraction > 0.1 && cropFraction <= 1)) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE, "The %s is %s: give one above 0.1, up to 1.", Setting.CROP, cropFraction);
        }
        if (mean.length != 3 || std.length != 3) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "Mean and standard deviation need three values each, for red, green and blue.");
        }
        requireUnits(mean, std);
        mean = mean.clone();
        std = std.clone();
    }

    /** Colours are scaled to 0..1, so a mean lies in there, and no standard deviation is above 1. */
    private static void requireUnits(float[] mean, float[] std) {
        boolean usable = true;
        boolean ofBytes = true;
        for (int i = 0; i < mean.length; i++) {
            usable &= mean[i] >= 0 && mean[i] <= 1 && std[i] > 0 && std[i] <= 1;
            ofBytes &= mean[i] >= 0 && mean[i] <= BYTE && std[i] > 0 && std[i] <= BYTE;
        }
        if (!usable) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "The mean %s with the standard deviation %s is not for colours from 0 to 1: %s",
                    list(mean, 1),
                    list(std, 1),
                    ofBytes
                            ? "these look like constants for colours from 0 to 255, so divide by 255, which gives the mean "
                                    + list(mean, BYTE) + " and the standard deviation " + list(std, BYTE) + "."
                            : "give means from 0 to 1, and standard deviations above 0, up to 1.");
        }
    }

    private static String list(float[] values, float divisor) {
        StringJoiner joiner = new StringJoiner(",");
        for (float value : values) {
            BigDecimal shown = Float.isFinite(value)
                    ? BigDecimal.valueOf(value / divisor)
                            .round(new MathContext(4))
                            .stripTrailingZeros()
                    : null;
            joiner.add(shown == null ? Float.toString(value) : shown.toPlainString());
        }
        return joiner.toString();
    }

    /** Centre crop of 0.875 with ImageNet's mean and standard deviation. */
    public static Preprocess imageNet(int size) {
        return new Preprocess(size, 0.875, Fit.CROP, IMAGENET_MEAN, IMAGENET_STD);
    }

    @Override
    public float[] mean() {
        return mean.clone();
    }

    @Override
    public float[] std() {
        return std.clone();
    }

    /** Short side of the resized photo before the crop, in pixels. */
    public int shortSide() {
        return fit == Fit.SQUASH ? size : (int) Math.round(size / cropFraction);
    }

    /** Says in a file name which pixels {@link #scaled} makes; normalisation has no part in it. */
    public String key() {
        return fit == Fit.SQUASH ? "square" + size : "short" + shortSide();
    }

    /** Number of floats of one photo: size * size * 3. */
    public int length() {
        return size * size * 3;
    }

    /**
     * The photo at evaluation scale: {@code size} x {@code size} when squashed, else with short side {@link #shortSide()} and the long side in
     * proportion, at most four times the short one.
     */
    public RgbImage scaled(RgbImage photo) {
        return scaled(photo, 0, 0, photo.width(), photo.height(), 1);
    }

    /** The same of a box of the photo, and so many {@code times} as large. */
    RgbImage scaled(RgbImage photo, int x, int y, int w, int h, int times) {
        Scaling s = scaling(w, h, times);
        return Resampler.resize(photo, x + s.x(), y + s.y(), s.boxW(), s.boxH(), s.outW(), s.outH());
    }

    /** Which box of a picture is scaled, and to what size. */
    private record Scaling(int x, int y, int boxW, int boxH, int outW, int outH) {}

    private Scaling scaling(int w, int h, int times) {
        int side = times * shortSide();
        if (fit == Fit.SQUASH) {
            return new Scaling(0, 0, w, h, side, side);
        }
        int boxW = (int) Math.min(w, (long) MAX_ASPECT * h);
        int boxH = (int) Math.min(h, (long) MAX_ASPECT * w);
        int outW = boxW <= boxH ? side : (int) ((long) side * boxW / boxH);
        int outH = boxW <= boxH ? (int) ((long) side * boxH / boxW) : side;
        return new Scaling((w - boxW) / 2, (h - boxH) / 2, boxW, boxH, outW, outH);
    }

    /**
     * The part of a photo that the network sees, in pixels of the photo from its left and upper edge; its sides may lie within pixels.
     *
     * @param left of the part
     * @param top of the part
     */
    public record Seen(double left, double top, double width, double height) {}

    /** What the network sees of a photo of this size: {@link #apply} spreads this part over its {@code size} x {@code size} inputs. */
    public Seen seen(int width, int height) {
        Scaling s = scaling(width, height, 1);
        double pixelW = (double) s.boxW() / s.outW();
        double pixelH = (double) s.boxH() / s.outH();
        return new Seen(
                s.x() + cropStart(s.outW()) * pixelW,
                s.y() + cropStart(s.outH()) * pixelH,
                size * pixelW,
                size * pixelH);
    }

    /** The centre of a scaled photo, size x size: all of it that the network sees. */
    public RgbImage centre(RgbImage scaled) {
        byte[] rgb = new byte[length()];
        int left = cropStart(scaled.width());
        int top = cropStart(scaled.height());
        for (int y = 0; y < size; y++) {
            System.arraycopy(scaled.rgb(), ((top + y) * scaled.width() + left) * 3, rgb, y * size * 3, size * 3);
        }
        return new RgbImage(size, size, rgb);
    }

    /** Column of the centre crop in a scaled photo of this width (or row, of this height); halves go to even, as in torchvision. */
    public int cropStart(int length) {
        return (int) Math.rint((length - size) / 2.0);
    }

    /** The network's input for one photo: (size, size, 3) rows of interleaved, normalised floats (NHWC without N). */
    public float[] apply(RgbImage photo) {
        float[] out = new float[length()];
        apply(photo, FloatBuffer.wrap(out), 0);
        return out;
    }

    /** As {@link #apply(RgbImage)}, into {@code out} from the absolute position {@code at}; the buffer's own position stays. */
    public void apply(RgbImage photo, FloatBuffer out, int at) {
        new Normalizer(this).centre(scaled(photo), out, at);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Preprocess p
                && size == p.size
                && Double.compare(cropFraction, p.cropFraction) == 0
                && fit == p.fit
                && Arrays.equals(mean, p.mean)
                && Arrays.equals(std, p.std);
    }

    @Override
    public int hashCode() {
        return Objects.hash(size, cropFraction, fit, Arrays.hashCode(mean), Arrays.hashCode(std));
    }

    @Override
    public String toString() {
        return "Preprocess[size=" + size + ", cropFraction=" + cropFraction + ", fit=" + fit + ", mean="
                + Arrays.toString(mean) + ", std=" + Arrays.toString(std) + "]";
    }
}
