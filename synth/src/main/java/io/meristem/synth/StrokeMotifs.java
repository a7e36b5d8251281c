package io.meristem.synth;

import java.util.List;

/** Patterns drawn as with a pen; coordinates here are parts of the picture's side. */
final class StrokeMotifs {

    private StrokeMotifs() {}

    static List<Motif> all() {
        return List.of(
                Motif.strokes("tree", StrokeMotifs::tree),
                Motif.strokes("fur", (plane, side, rng) -> fur(plane, side, rng, 0.35f, 500, 0.07f)),
                Motif.strokes("straw", (plane, side, rng) -> fur(plane, side, rng, 6.3f, 90, 0.35f)),
                Motif.strokes("scribble", (plane, side, rng) -> path(plane, side, rng, 260, 0.5f, 0.9f)),
                Motif.strokes("threads", StrokeMotifs::threads),
                Motif.strokes("curls", StrokeMotifs::curls),
                Motif.strokes("glyphs", StrokeMotifs::glyphs),
                Motif.strokes("lightning", StrokeMotifs::lightning),
                Motif.strokes("hatching", StrokeMotifs::hatching),
                Motif.strokes("web", StrokeMotifs::web),
                Motif.strokes("linked_points", StrokeMotifs::linked));
    }

    private static void line(float[] plane, int side, float ax, float ay, float bx, float by, float half, float tone) {
        Strokes.draw(plane, side, ax * side, ay * side, bx * side, by * side, half * side, tone);
    }

    private static void tree(float[] plane, int side, Rng rng) {
        float heading = rng.angle();
        float x = 0.5f - 0.45f * PortableMath.cos(heading);
        float y = 0.5f - 0.45f * PortableMath.sin(heading);
        branch(plane, side, rng, x, y, heading, rng.range(0.2f, 0.28f), rng.range(0.012f, 0.024f), rng.between(5, 6));
    }

    private static void branch(
            float[] plane, int side, Rng rng, float x, float y, float heading, float length, float half, int depth) {
        float toX = x + length * PortableMath.cos(heading);
        float toY = y + length * PortableMath.sin(heading);
        line(plane, side, x, y, toX, toY, half, 1f);
        if (depth > 0) {
            float fork = rng.range(0.25f, 0.6f);
            float shorter = length * rng.range(0.65f, 0.85f);
            branch(plane, side, rng, toX, toY, heading + fork, shorter, half * 0.72f, depth - 1);
            branch(plane, side, rng, toX, toY, heading - rng.range(0.25f, 0.6f), shorter, half * 0.72f, depth - 1);
        }
    }

    private static void fur(float[] plane, int side, Rng rng, float scatter, int count, float length) {
        float heading = rng.angle();
        float half = rng.range(0.003f, 0.007f);
        int seed = rng.nextInt();
        for (int k = 0; k < count; k++) {
            float x = rng.range(-0.1f, 1.1f);
            float y = rng.range(-0.1f, 1.1f);
            float a = heading + scatter * (rng.next() - 0.5f) + 0.8f * SpatialNoise.at(2f * x, 2f * y, seed);
            float l = length * rng.range(0.6f, 1.4f);
            line(
                    plane,
                    side,
                    x,
                    y,
                    x + l * PortableMath.cos(a),
                    y + l * PortableMath.sin(a),
                    half,
                    rng.range(0.4f, 1f));
        }
    }

    private static void path(float[] plane, int side, Rng rng, int steps, float bend, float keep) {
        float x = rng.range(0.3f, 0.7f);
        float y = rng.range(0.3f, 0.7f);
        float heading = rng.angle();
        float turn = 0f;
        float half = rng.range(0.007f, 0.014f);
        for (int k = 0; k < steps; k++) {
            turn = keep * turn + bend * 0.5f * rng.normal();
            heading += turn;
            if (x < 0.05f || x > 0.95f || y < 0.05f || y > 0.95f) {
                heading = PortableMath.atan2(0.5f - y, 0.5f - x) + 0.3f * rng.normal();
            }
            float toX = x + 0.028f * PortableMath.cos(heading);
            float toY = y + 0.028f * PortableMath.sin(heading);
            line(plane, side, x, y, toX, toY, half, 1f);
            x = toX;
            y = toY;
        }
    }

    private static void threads(float[] plane, int side, Rng rng) {
        int count = rng.between(3, 7);
        for (int k = 0; k < count; k++) {
            path(plane, side, rng.fork(k), 40, 0.09f, 0.8f);
        }
    }

    private static void curls(float[] plane, int side, Rng rng) {
        int count = rng.between(6, 14);
        for (int k = 0; k < count; k++) {
            float cx = rng.next();
            float cy = rng.next();
            float a = rng.angle();
            float way = rng.sign();
            float r = rng.range(0.07f, 0.14f);
            float half = rng.range(0.006f, 0.011f);
            for (int j = 0; j < 26; j++) {
                float r0 = r * j / 26f;
                float r1 = r * (j + 1) / 26f;
                float b = a + way * 0.42f;
                line(
                        plane,
                        side,
                        cx + r0 * PortableMath.cos(a),
                        cy + r0 * PortableMath.sin(a),
                        cx + r1 * PortableMath.cos(b),
                        cy + r1 * PortableMath.sin(b),
                        half,
                        1f);
                a = b;
            }
        }
    }

    /** Letter-like signs on lines: each a few strokes between the nodes of a 3 x 3 grid. */
    private static void glyphs(float[] plane, int side, Rng rng) {
        int rows = rng.between(3, 6);
        float cell = 0.94f / rows;
        float tilt = rng.range(-0.35f, 0.35f);
        float half = cell * rng.range(0.04f, 0.075f);
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < rows + 1; column++) {
                int strokes = rng.chance(0.12f) ? 0 : rng.between(2, 4);
                int node = rng.between(0, 8);
                for (int s = 0; s < strokes; s++) {
                    int next = (node + rng.between(1, 8)) % 9;
                    float left = column * cell * 0.85f;
                    float top = row * cell + tilt * (left - 0.5f);
                    line(
                            plane,
                            side,
                            left + (0.15f + 0.28f * (node % 3)) * cell,
                            top + (0.15f + 0.33f * Math.floorDiv(node, 3)) * cell,
                            left + (0.15f + 0.28f * (next % 3)) * cell,
                            top + (0.15f + 0.33f * Math.floorDiv(next, 3)) * cell,
                            half,
                            1f);
                    node = rng.chance(0.7f) ? next : rng.between(0, 8);
                }
            }
        }
    }

    private static void lightning(float[] plane, int side, Rng rng) {
        int bolts = rng.between(1, 3);
        float heading = rng.angle();
        for (int k = 0; k < bolts; k++) {
            float x = 0.5f - 0.55f * PortableMath.cos(heading) + rng.range(-0.3f, 0.3f) * PortableMath.sin(heading);
            float y = 0.5f - 0.55f * PortableMath.sin(heading) + rng.range(-0.3f, 0.3f) * PortableMath.cos(heading);
            float half = rng.range(0.008f, 0.018f);
            for (int j = 0; j < 14; j++) {
                float a = heading + rng.range(-1.1f, 1.1f);
                float l = rng.range(0.06f, 0.15f);
                line(plane, side, x, y, x + l * PortableMath.cos(a), y + l * PortableMath.sin(a), half, 1f);
                x += l * PortableMath.cos(a);
                y += l * PortableMath.sin(a);
            }
        }
    }

    private static void hatching(float[] plane, int side, Rng rng) {
        float heading = rng.angle();
        float cross = rng.range(0.6f, 1.57f);
        float half = rng.range(0.003f, 0.007f);
        int areas = rng.between(5, 10);
        for (int k = 0; k < areas; k++) {
            float cx = rng.next();
            float cy = rng.next();
            float a = heading + (rng.chance(0.5f) ? cross : 0f);
            float c = PortableMath.cos(a);
            float s = PortableMath.sin(a);
            int lines = rng.between(6, 12);
            float gap = rng.range(0.022f, 0.035f);
            float reach = rng.range(0.1f, 0.22f);
            for (int j = 0; j < lines; j++) {
                float off = (j - 0.5f * lines) * gap;
                line(
                        plane,
                        side,
                        cx - s * off - c * reach,
                        cy + c * off - s * reach,
                        cx - s * off + c * reach,
                        cy + c * off + s * reach,
                        half,
                        1f);
            }
        }
    }

    private static void web(float[] plane, int side, Rng rng) {
        float cx = rng.range(0.3f, 0.7f);
        float cy = rng.range(0.3f, 0.7f);
        int spokes = rng.between(7, 13);
        int turns = rng.between(5, 9);
        float half = rng.range(0.004f, 0.009f);
        float start = rng.angle();
        for (int k = 0; k < spokes; k++) {
            float a = start + PortableMath.TURN * k / spokes;
            float b = start + PortableMath.TURN * (k + 1) / spokes;
            line(plane, side, cx, cy, cx + PortableMath.cos(a), cy + PortableMath.sin(a), half, 1f);
            for (int t = 1; t <= turns; t++) {
                float r = 0.09f * t;
                line(
                        plane,
                        side,
                        cx + r * PortableMath.cos(a),
                        cy + r * PortableMath.sin(a),
                        cx + r * PortableMath.cos(b),
                        cy + r * PortableMath.sin(b),
                        half,
                        1f);
            }
        }
    }

    private static void linked(float[] plane, int side, Rng rng) {
        int count = rng.between(7, 14);
        float half = rng.range(0.004f, 0.009f);
        float lastX = 0f;
        float lastY = 0f;
        for (int k = 0; k < count; k++) {
            float x = rng.range(0.05f, 0.95f);
            float y = rng.range(0.05f, 0.95f);
            line(plane, side, x, y, x, y, rng.range(0.025f, 0.045f), 1f);
            if (k > 0) {
                line(plane, side, lastX, lastY, x, y, half, 1f);
            }
            lastX = x;
            lastY = y;
        }
    }
}
