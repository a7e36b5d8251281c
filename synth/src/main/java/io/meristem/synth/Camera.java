package io.meristem.synth;

import java.awt.image.BufferedImage;

/** Turns a drawn scene into something like a photograph: blur, white balance, exposure, noise, traces of JPEG blocks. */
final class Camera {
    private final Rng rng;
    private final float strength;

    /** @param strength 0 a perfect camera, 1 the usual spread of faults */
    Camera(Rng rng, float strength) {
        this.rng = rng;
        this.strength = strength;
    }

    BufferedImage develop(Raster scene, int size) {
        blur(scene, size);
        Raster photo = scene.shrink(size);
        grade(photo);
        sensorNoise(photo, size);
        if (rng.chance(0.6f * strength)) {
            Blocks.quantise(photo, rng.range(0.15f, 1.1f) * strength);
        }
        return image(photo, size);
    }

    private void blur(Raster scene, int size) {
        float pixel = (float) scene.width / size;
        float perSize = pixel * size / 96f;
        float sigma = strength * rng.next() * rng.next() * 1.25f * perSize;
        if (rng.chance(0.15f)) {
            scene.blurAlong(sigma * 1.8f, rng.chance(0.5f), 1);
        } else {
            scene.blur(sigma);
        }
    }

    private void grade(Raster photo) {
        float warm = 1f + 0.13f * strength * rng.normal();
        float tint = 1f + 0.06f * strength * rng.normal();
        float exposure = 1f + strength * rng.range(-0.25f, 0.3f);
        float contrast = 1f + strength * rng.range(-0.2f, 0.35f);
        float saturation = 1f + strength * rng.range(-0.38f, 0.35f);
        float haze = strength * rng.next() * rng.next() * 0.12f;
        float vignette = strength * rng.next() * rng.next() * 0.6f;
        for (int y = 0, i = 0; y < photo.height; y++) {
            for (int x = 0; x < photo.width; x++, i++) {
                float dx = 2f * x / photo.width - 1f;
                float dy = 2f * y / photo.height - 1f;
                float fall = exposure * (1f - vignette * 0.5f * (dx * dx + dy * dy));
                float grey = 0.3f * photo.r[i] + 0.59f * photo.g[i] + 0.11f * photo.b[i];
                photo.r[i] = tone(PortableMath.mix(grey, photo.r[i], saturation) * fall * warm, contrast, haze);
                photo.g[i] = tone(PortableMath.mix(grey, photo.g[i], saturation) * fall * tint, contrast, haze);
                photo.b[i] = tone(PortableMath.mix(grey, photo.b[i], saturation) * fall * (2f - warm), contrast, haze);
            }
        }
    }

    private static float tone(float v, float contrast, float haze) {
        float t = 0.42f + (v - 0.42f) * contrast;
        // A soft shoulder instead of a hard clip in the highlights.
        if (t > 0.85f) {
            t = 0.85f + 0.15f * (1f - 1f / (1f + (t - 0.85f) * 6f));
        }
        return PortableMath.clamp(t + haze * (1f - t));
    }

    private void sensorNoise(Raster photo, int size) {
        float luma = strength * rng.next() * rng.next() * 0.045f;
        float chroma = luma * rng.range(0.2f, 0.9f);
        Rng grain = rng.fork(size);
        for (int i = 0; i < photo.r.length; i++) {
            float common = luma * grain.normal();
            photo.r[i] += common + chroma * grain.normal();
            photo.g[i] += common + 0.5f * chroma * grain.normal();
            photo.b[i] += common + chroma * grain.normal();
        }
    }

    private static BufferedImage image(Raster photo, int size) {
        int[] pixels = new int[size * size];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = level(photo.r[i]) << 16 | level(photo.g[i]) << 8 | level(photo.b[i]);
        }
        BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, size, size, pixels, 0, size);
        return image;
    }

    private static int level(float v) {
        return (int) (PortableMath.clamp(v) * 255f + 0.5f);
    }
}
