package io.meristem.data.image;

import java.util.SplittableRandom;

/**
 * Torchvision's ColorJitter of one photo, row by row: four steps in random order, each clamped. Contrast needs the mean of the whole picture as the
 * steps before it leave it; so the rows are gone through twice: {@link #untilContrast}, then {@link #fromContrast}.
 */
public final class ColorJitter {

    /**
     * How far each step may go; 0 leaves it out.
     *
     * @param brightness factor from [max(0, 1 - b), 1 + b]
     * @param contrast likewise, blending with the mean grey
     * @param saturation likewise, blending with the grey picture
     * @param hue shift from [-h, h] turns of the colour circle, at most 0.5
     */
    public record Strengths(double brightness, double contrast, double saturation, double hue) {}

    private static final float MAX = 255;

    /** One step turns the colours by at most so many sixths of the circle. */
    private static final float MAX_TURN = 0.5f;

    private static final int BRIGHTNESS = 0;
    private static final int CONTRAST = 1;
    private static final int SATURATION = 2;
    private static final int HUE = 3;

    private final int[] order = {BRIGHTNESS, CONTRAST, SATURATION, HUE};
    private final boolean[] active;
    private final float brightness;
    private final float contrast;
    private final float saturation;
    private final float hue;
    private double greySum;
    private int greyCount;

    /** What happens is drawn here. */
    public ColorJitter(Strengths how, SplittableRandom random) {
        for (int i = 3; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swap = order[i];
            order[i] = order[j];
            order[j] = swap;
        }
        this.active = new boolean[] {how.brightness() > 0, how.contrast() > 0, how.saturation() > 0, how.hue() > 0};
        this.brightness = factor(how.brightness(), random);
        this.contrast = factor(how.contrast(), random);
        this.saturation = factor(how.saturation(), random);
        this.hue = (float) ((random.nextDouble() * 2 - 1) * how.hue());
    }

    private static float factor(double strength, SplittableRandom random) {
        double low = Math.max(0, 1 - strength);
        return (float) (low + random.nextDouble() * (1 + strength - low));
    }

    /** A whole picture, to the nearest levels. */
    public static RgbImage apply(RgbImage image, Strengths how, SplittableRandom random) {
        int w = image.width();
        int h = image.height();
        ColorJitter jitter = new ColorJitter(how, random);
        Resampler rows = new Resampler(image, 0, 0, w, h, w, h, false);
        Planes row = new Planes(w);
        Planes all = new Planes(w * h);
        for (int y = 0; y < h; y++) {
            rows.next(row);
            jitter.untilContrast(row);
            row.writeTo(all, y * w);
        }
        byte[] rgb = new byte[3 * w * h];
        for (int y = 0; y < h; y++) {
            row.readFrom(all, y * w);
            jitter.fromContrast(row);
            Resampler.round(row, rgb, y * 3 * w);
        }
        return new RgbImage(w, h, rgb);
    }

    /** The steps before contrast, on a row; each row must come once. */
    public void untilContrast(Planes planes) {
        for (int step : order) {
            if (step == CONTRAST) {
                if (active[CONTRAST]) {
                    greySum += greySum(planes);
                    greyCount += planes.pixels();
                }
                return;
            }
            apply(step, planes);
        }
    }

    /** Contrast and the steps after it, once {@link #untilContrast} has seen all rows. */
    public void fromContrast(Planes planes) {
        boolean reached = false;
        for (int step : order) {
            reached |= step == CONTRAST;
            if (reached) {
                apply(step, planes);
            }
        }
    }

    private void apply(int step, Planes planes) {
        if (!active[step]) {
            return;
        }
        switch (step) {
            case BRIGHTNESS -> brightness(planes, brightness);
            case CONTRAST -> contrast(planes, contrast, (float) (greySum / greyCount));
            case SATURATION -> saturation(planes, saturation);
            case HUE -> hue(planes, hue);
            default -> throw new IllegalArgumentException("no step " + step);
        }
    }

    static void brightness(Planes planes, float factor) {
        scale(planes.red(), factor, 0);
        scale(planes.green(), factor, 0);
        scale(planes.blue(), factor, 0);
    }

    static void contrast(Planes planes, float factor, float meanGrey) {
        float rest = (1 - factor) * meanGrey;
        scale(planes.red(), factor, rest);
        scale(planes.green(), factor, rest);
        scale(planes.blue(), factor, rest);
    }

    private static void scale(float[] plane, float factor, float rest) {
        for (int i = 0; i < plane.length; i++) {
            plane[i] = Math.max(0, Math.min(MAX, plane[i] * factor + rest));
        }
    }

    static double greySum(Planes planes) {
        float[] r = planes.red();
        float[] g = planes.green();
        float[] b = planes.blue();
        // Four chains of additions run at once; one would wait for each addition.
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        int i = 0;
        for (; i + 3 < r.length; i += 4) {
            s0 += grey(r[i], g[i], b[i]);
            s1 += grey(r[i + 1], g[i + 1], b[i + 1]);
            s2 += grey(r[i + 2], g[i + 2], b[i + 2]);
            s3 += grey(r[i + 3], g[i + 3], b[i + 3]);
        }
        for (; i < r.length; i++) {
            s0 += grey(r[i], g[i], b[i]);
        }
        return (double) s0 + s1 + s2 + s3;
    }

    static void saturation(Planes planes, float factor) {
        float[] r = planes.red();
        float[] g = planes.green();
        float[] b = planes.blue();
        for (int i = 0; i < r.length; i++) {
            float rest = (1 - factor) * grey(r[i], g[i], b[i]);
            r[i] = Math.max(0, Math.min(MAX, r[i] * factor + rest));
            g[i] = Math.max(0, Math.min(MAX, g[i] * factor + rest));
            b[i] = Math.max(0, Math.min(MAX, b[i] * factor + rest));
        }
    }

    /** Turns the hue of hue, saturation, value (Smith 1978); {@code shift} in turns, from -0.5 to 0.5. */
    static void hue(Planes planes, float shift) {
        float sixths = shift * 6;
        int steps = (int) Math.ceil(Math.abs(sixths) / MAX_TURN);
        for (int s = 0; s < steps; s++) {
            turn(planes, sixths / steps);
        }
    }

    /** By a share {@code s} of a side of the colour circle's hexagon. */
    private static void turn(Planes planes, float s) {
        float[] r = planes.red();
        float[] g = planes.green();
        float[] b = planes.blue();
        float[] min = planes.spare(0);
        float[] max = planes.spare(1);
        for (int i = 0; i < r.length; i++) {
            max[i] = Math.max(r[i], Math.max(g[i], b[i]));
        }
        for (int i = 0; i < r.length; i++) {
            min[i] = Math.min(r[i], Math.min(g[i], b[i]));
        }
        float[] moveRed = planes.spare(2);
        float[] moveGreen = planes.spare(3);
        float[] moveBlue = planes.spare(4);
        float[] wait = planes.spare(5);
        moves(g, b, min, max, s, wait, moveRed);
        moves(b, r, min, max, s, wait, moveGreen);
        moves(r, g, min, max, s, wait, moveBlue);
        move(r, moveRed, min, max);
        move(g, moveGreen, min, max);
        move(b, moveBlue, min, max);
    }

    /**
     * How far one channel falls. Along each side one channel goes from the smallest to the largest value, or back, and the other two keep these. So the turn
     * moves the channel in the middle by s * range, and what is left of that at the corner goes on in the channel whose side is next. With d the
     * difference of the other two, in the order of the circle, a channel falls where s * d > 0 and rises where s * d < 0, and range - |d| of the
     * turn passes before it does; {@link #move} stops it at the smallest and the largest value. The sign of d counts only where
     * |d| > (1 - |s|) * range, so that a ramp can stand for it while |s| is at most a half.
     */
    private static void moves(
            float[] second, float[] third, float[] min, float[] max, float s, float[] wait, float[] move) {
        float share = Math.abs(s);
        float ramp = 2 * s;
        for (int i = 0; i < move.length; i++) {
            wait[i] = (max[i] - min[i]) - Math.abs(second[i] - third[i]);
        }
        for (int i = 0; i < move.length; i++) {
            float way = share * (max[i] - min[i]);
            move[i] = Math.max(-way, Math.min(way, ramp * (second[i] - third[i])));
        }
        for (int i = 0; i < move.length; i++) {
            move[i] = Math.max(move[i] - wait[i], 0) + Math.min(move[i] + wait[i], 0);
        }
    }

    private static void move(float[] channel, float[] move, float[] min, float[] max) {
        for (int i = 0; i < channel.length; i++) {
            channel[i] = Math.max(min[i], Math.min(max[i], channel[i] - move[i]));
        }
    }

    private static float grey(float r, float g, float b) {
        return 0.2989f * r + 0.587f * g + 0.114f * b;
    }
}
