package io.meristem.synth;

import java.util.List;

/** Patterns that repeat in two directions. */
final class TilingMotifs {

    private TilingMotifs() {}

    static List<Motif> all() {
        return List.of(
                Motif.shader("checkerboard", rng -> {
                    float f = rng.range(2f, 7f);
                    return (u, v) -> ((PortableMath.floor(u * f) + PortableMath.floor(v * f)) & 1) == 0 ? 1f : 0f;
                }),
                Motif.shader("triangles_tiled", rng -> {
                    float f = rng.range(1.8f, 4.5f);
                    return (u, v) -> {
                        float y = v * f * 1.1547f;
                        float x = u * f - 0.5f * PortableMath.floor(y);
                        return PortableMath.fract(x) > PortableMath.fract(y) * 0.5f
                                        && PortableMath.fract(x) < 1f - PortableMath.fract(y) * 0.5f
                                ? 1f
                                : 0f;
                    };
                }),
                Motif.shader("honeycomb", rng -> {
                    float f = rng.range(1.8f, 4.5f);
                    float wall = rng.range(0.05f, 0.13f);
                    return (u, v) -> PortableMath.step(wall, wall + 0.05f, hexEdge(u * f, v * f));
                }),
                Motif.shader("bricks", rng -> {
                    float f = rng.range(2f, 5f);
                    float gap = rng.range(0.05f, 0.12f);
                    return (u, v) -> {
                        float y = v * f;
                        float x = u * f * 0.5f + 0.5f * (PortableMath.floor(y) & 1);
                        return PortableMath.step(
                                        0.5f - 0.5f * gap, 0.46f - 0.5f * gap, Math.abs(PortableMath.fract(x) - 0.5f))
                                * PortableMath.step(0.5f - gap, 0.44f - gap, Math.abs(PortableMath.fract(y) - 0.5f));
                    };
                }),
                Motif.shader("basket", rng -> {
                    float f = rng.range(1.5f, 3f);
                    return (u, v) -> {
                        boolean turned = ((PortableMath.floor(u * f) + PortableMath.floor(v * f)) & 1) == 0;
                        return StripeMotifs.band((turned ? u : v) * f * 3f, 0.65f);
                    };
                }),
                Motif.shader("scales", rng -> {
                    float f = rng.range(2f, 4.5f);
                    return (u, v) -> scales(u * f, v * f * 1.6f);
                }),
                Motif.shader("arc_tiles", rng -> {
                    float f = rng.range(1.8f, 4.5f);
                    float half = rng.range(0.09f, 0.17f);
                    int seed = rng.nextInt();
                    return (u, v) -> {
                        int i = PortableMath.floor(u * f);
                        int j = PortableMath.floor(v * f);
                        float x = PortableMath.fract(u * f);
                        float y = PortableMath.fract(v * f);
                        x = SpatialNoise.lattice(i, j, seed) < 0.5f ? x : 1f - x;
                        float d = Math.min(
                                Math.abs(PortableMath.length(x, y) - 0.5f),
                                Math.abs(PortableMath.length(1f - x, 1f - y) - 0.5f));
                        return PortableMath.step(half + 0.04f, half - 0.04f, d);
                    };
                }),
                Motif.shader("diagonal_maze", rng -> {
                    float f = rng.range(2f, 5f);
                    float half = rng.range(0.08f, 0.15f);
                    int seed = rng.nextInt();
                    return (u, v) -> {
                        float x = PortableMath.fract(u * f);
                        float y = PortableMath.fract(v * f);
                        boolean flip =
                                SpatialNoise.lattice(PortableMath.floor(u * f), PortableMath.floor(v * f), seed) < 0.5f;
                        float d = 0.7071f * Math.abs(flip ? x - y : x + y - 1f);
                        return PortableMath.step(half + 0.04f, half - 0.04f, d);
                    };
                }),
                Motif.shader("net", rng -> {
                    float f = rng.range(2f, 6f);
                    float duty = rng.range(0.12f, 0.26f);
                    return (u, v) -> Math.max(StripeMotifs.band(u * f, duty), StripeMotifs.band(v * f, duty));
                }),
                Motif.shader("nested_squares", rng -> {
                    float f = rng.range(1.2f, 2.6f);
                    float n = rng.between(2, 3) * 2f;
                    return (u, v) -> {
                        float x = Math.abs(PortableMath.fract(u * f) - 0.5f);
                        float y = Math.abs(PortableMath.fract(v * f) - 0.5f);
                        return StripeMotifs.band(n * Math.max(x, y), 0.5f);
                    };
                }),
                Motif.relief("weave", rng -> {
                    float f = rng.range(2f, 5f);
                    return (u, v) -> {
                        boolean over = ((PortableMath.floor(u * f) + PortableMath.floor(v * f)) & 1) == 0;
                        float across = Math.abs(PortableMath.fract((over ? u : v) * f) - 0.5f);
                        float along = Math.abs(PortableMath.fract((over ? v : u) * f) - 0.5f);
                        return (1f - 4f * across * across) * (1f - 1.6f * along * along);
                    };
                }));
    }

    private static float hexEdge(float x, float y) {
        // The nearer of two rectangular lattices of centres, then the distance to that hexagon's wall.
        float h = 1.7320508f;
        float ax = x - PortableMath.floor(x + 0.5f);
        float ay = y - h * PortableMath.floor(y / h + 0.5f);
        float bx = PortableMath.fract(x) - 0.5f;
        float by = y - h * (PortableMath.floor(y / h) + 0.5f);
        boolean first = ax * ax + ay * ay < bx * bx + by * by;
        float dx = Math.abs(first ? ax : bx);
        float dy = Math.abs(first ? ay : by);
        return 0.5f - Math.max(dx, 0.5f * dx + 0.8660254f * dy);
    }

    private static float scales(float x, float y) {
        int row = PortableMath.floor(y);
        for (int k = 0; k <= 1; k++) {
            float cx = PortableMath.fract(x + 0.5f * ((row - k) & 1)) - 0.5f;
            float cy = (y - row + k) * 0.6f;
            float d = PortableMath.length(cx, cy - 0.05f);
            if (d < 0.56f) {
                return d > 0.46f ? 0f : 0.35f + 1.3f * d;
            }
        }
        return 0.4f;
    }
}
