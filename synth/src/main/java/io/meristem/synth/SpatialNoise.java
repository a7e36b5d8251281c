package io.meristem.synth;

/** Seeded noise on the plane: gradient noise, its sums over octaves, and cells around scattered points. */
final class SpatialNoise {

    /** The nearest and second nearest scattered point: distances, and the hash and centre of the nearest. */
    static final class Cell {
        float near;
        float second;
        int id;
        float x;
        float y;
    }

    private SpatialNoise() {}

    static int hash(int x, int y, int seed) {
        int h = x * 0x27d4eb2d ^ y * 0x165667b1 ^ seed * 0x9e3779b1;
        h = (h ^ (h >>> 15)) * 0x2c1b3c6d;
        h = (h ^ (h >>> 12)) * 0x297a2d39;
        return h ^ (h >>> 15);
    }

    /** A number in [0, 1) for a lattice point. */
    static float lattice(int x, int y, int seed) {
        return (hash(x, y, seed) >>> 8) * 0x1p-24f;
    }

    /** Gradient noise with a lattice of unit cells, about -1 to 1. */
    static float at(float x, float y, int seed) {
        int ix = PortableMath.floor(x);
        int iy = PortableMath.floor(y);
        float fx = x - ix;
        float fy = y - iy;
        float sx = fx * fx * (3f - 2f * fx);
        float sy = fy * fy * (3f - 2f * fy);
        float top = PortableMath.mix(slope(ix, iy, seed, fx, fy), slope(ix + 1, iy, seed, fx - 1f, fy), sx);
        float bottom = PortableMath.mix(
                slope(ix, iy + 1, seed, fx, fy - 1f), slope(ix + 1, iy + 1, seed, fx - 1f, fy - 1f), sx);
        return 1.5f * PortableMath.mix(top, bottom, sy);
    }

    private static float slope(int ix, int iy, int seed, float dx, float dy) {
        int h = hash(ix, iy, seed);
        float a = (h & 1) == 0 ? dx : -dx;
        float b = (h & 2) == 0 ? dy : -dy;
        return switch ((h >>> 2) & 3) {
            case 0 -> a + 0.4f * b;
            case 1 -> b + 0.4f * a;
            default -> 0.75f * (a + b);
        };
    }

    /** Octaves of noise, each twice as fine and half as strong, about -1 to 1. */
    static float octaves(float x, float y, int seed, int count) {
        float sum = 0f;
        float weight = 0.6f;
        for (int i = 0; i < count; i++) {
            sum += weight * at(x, y, seed + 101 * i);
            x = 2f * x + 17.3f;
            y = 2f * y - 9.1f;
            weight *= 0.5f;
        }
        return sum;
    }

    /** Cells around one point per unit square, pulled off the square's centre by {@code jitter} (0 a grid, 1 fully scattered). */
    static void cell(float x, float y, int seed, float jitter, Cell out) {
        int ix = PortableMath.floor(x);
        int iy = PortableMath.floor(y);
        float near = 9f;
        float second = 9f;
        for (int j = -1; j <= 1; j++) {
            for (int i = -1; i <= 1; i++) {
                int h = hash(ix + i, iy + j, seed);
                float cx = ix + i + 0.5f + jitter * ((h & 0xffff) * 0x1p-16f - 0.5f);
                float cy = iy + j + 0.5f + jitter * ((h >>> 16) * 0x1p-16f - 0.5f);
                float d = (cx - x) * (cx - x) + (cy - y) * (cy - y);
                if (d < near) {
                    second = near;
                    near = d;
                    out.id = h;
                    out.x = cx;
                    out.y = cy;
                } else if (d < second) {
                    second = d;
                }
            }
        }
        out.near = (float) Math.sqrt(near);
        out.second = (float) Math.sqrt(second);
    }
}
