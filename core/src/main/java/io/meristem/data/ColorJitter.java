package io.meristem.data;

import java.util.SplittableRandom;

/** Torchvision's ColorJitter on float pixels 0..1, (pixels, 3) interleaved, in place: four steps in random order, each clamped to 0..1. */
final class ColorJitter {

    private ColorJitter() {}

    static void apply(Augmentation how, SplittableRandom random, float[] rgb) {
        int[] order = {0, 1, 2, 3};
        for (int i = 3; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swap = order[i];
            order[i] = order[j];
            order[j] = swap;
        }
        float brightness = factor(how.brightness(), random);
        float contrast = factor(how.contrast(), random);
        float saturation = factor(how.saturation(), random);
        float hue = (float) ((random.nextDouble() * 2 - 1) * how.hue());
        for (int step : order) {
            if (step == 0 && how.brightness() > 0) {
                brightness(rgb, brightness);
            } else if (step == 1 && how.contrast() > 0) {
                contrast(rgb, contrast);
            } else if (step == 2 && how.saturation() > 0) {
                saturation(rgb, saturation);
            } else if (step == 3 && how.hue() > 0) {
                hue(rgb, hue);
            }
        }
    }

    private static float factor(double strength, SplittableRandom random) {
        double low = Math.max(0, 1 - strength);
        return (float) (low + random.nextDouble() * (1 + strength - low));
    }

    static void brightness(float[] rgb, float factor) {
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = clamp(rgb[i] * factor);
        }
    }

    static void contrast(float[] rgb, float factor) {
        double sum = 0;
        int pixels = rgb.length / 3;
        for (int i = 0; i < rgb.length; i += 3) {
            sum += grey(rgb, i);
        }
        float rest = (1 - factor) * (float) (sum / pixels);
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = clamp(rgb[i] * factor + rest);
        }
    }

    static void saturation(float[] rgb, float factor) {
        for (int i = 0; i < rgb.length; i += 3) {
            float rest = (1 - factor) * grey(rgb, i);
            rgb[i] = clamp(rgb[i] * factor + rest);
            rgb[i + 1] = clamp(rgb[i + 1] * factor + rest);
            rgb[i + 2] = clamp(rgb[i + 2] * factor + rest);
        }
    }

    /** Through hue, saturation, value (Smith 1978); {@code shift} in turns. */
    static void hue(float[] rgb, float shift) {
        for (int i = 0; i < rgb.length; i += 3) {
            float r = rgb[i];
            float g = rgb[i + 1];
            float b = rgb[i + 2];
            float max = Math.max(r, Math.max(g, b));
            float range = max - Math.min(r, Math.min(g, b));
            if (range == 0) {
                continue;
            }
            float sector = max == r ? (g - b) / range : max == g ? 2 + (b - r) / range : 4 + (r - g) / range;
            float turned = sector / 6 + shift;
            float hue6 = (turned - (float) Math.floor(turned)) * 6;
            int whole = (int) hue6;
            float part = hue6 - whole;
            float p = max - range;
            float q = max - range * part;
            float t = max - range * (1 - part);
            switch (whole % 6) {
                case 0 -> put(rgb, i, max, t, p);
                case 1 -> put(rgb, i, q, max, p);
                case 2 -> put(rgb, i, p, max, t);
                case 3 -> put(rgb, i, p, q, max);
                case 4 -> put(rgb, i, t, p, max);
                default -> put(rgb, i, max, p, q);
            }
        }
    }

    private static void put(float[] rgb, int i, float r, float g, float b) {
        rgb[i] = clamp(r);
        rgb[i + 1] = clamp(g);
        rgb[i + 2] = clamp(b);
    }

    private static float grey(float[] rgb, int i) {
        return 0.2989f * rgb[i] + 0.587f * rgb[i + 1] + 0.114f * rgb[i + 2];
    }

    private static float clamp(float v) {
        return Math.min(1, Math.max(0, v));
    }
}
