package io.meristem.synth;

/**
 * One class of pattern: fills a plane with values from 0 (ground) to 1 (figure).
 *
 * @param name folder name
 * @param shaded whether the values are a relief that only light makes visible
 * @param maker draws one instance
 */
record Motif(String name, boolean shaded, Maker maker) {

    /** Draws into a square plane of {@code side} pixels. */
    @FunctionalInterface
    interface Maker {
        void fill(float[] plane, int side, Rng rng);
    }

    /** The value at a point of the pattern's own plane; the picture spans about -1 to 1. */
    @FunctionalInterface
    interface Shader {
        float at(float u, float v);
    }

    /** Makes one instance of a shader; everything random about it is drawn here. */
    @FunctionalInterface
    interface Instance {
        Shader make(Rng rng);
    }

    /** A pattern seen at a random turn, scale, slant and slight warp. */
    static Motif shader(String name, Instance instance) {
        return new Motif(name, false, (plane, side, rng) -> posed(plane, side, rng, instance));
    }

    static Motif relief(String name, Instance instance) {
        return new Motif(name, true, (plane, side, rng) -> posed(plane, side, rng, instance));
    }

    static Motif strokes(String name, Maker maker) {
        return new Motif(name, false, maker);
    }

    private static void posed(float[] plane, int side, Rng rng, Instance instance) {
        Shader shader = instance.make(rng.fork(1));
        float angle = rng.angle();
        float zoom = rng.range(0.75f, 1.35f);
        float c = PortableMath.cos(angle) * zoom;
        float s = PortableMath.sin(angle) * zoom;
        float squeeze = rng.range(0.75f, 1.3f);
        float slant = rng.range(-0.22f, 0.22f);
        float warp = rng.chance(0.5f) ? rng.next() * 0.06f : 0f;
        float rate = rng.range(1.2f, 2.5f);
        float shiftU = rng.range(-0.3f, 0.3f);
        float shiftV = rng.range(-0.3f, 0.3f);
        int seed = rng.nextInt();
        for (int y = 0, i = 0; y < side; y++) {
            for (int x = 0; x < side; x++, i++) {
                float px = 2f * (x + 0.5f) / side - 1f;
                float py = 2f * (y + 0.5f) / side - 1f;
                float depth = 1f / (1f + slant * py);
                px = px * depth + shiftU;
                py = py * squeeze * depth + shiftV;
                float u = c * px - s * py;
                float v = s * px + c * py;
                if (warp > 0f) {
                    u += warp * SpatialNoise.at(px * rate, py * rate, seed);
                    v += warp * SpatialNoise.at(px * rate + 40f, py * rate, seed);
                }
                plane[i] = PortableMath.clamp(shader.at(u, v));
            }
        }
    }
}
