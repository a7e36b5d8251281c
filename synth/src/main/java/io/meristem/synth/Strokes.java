package io.meristem.synth;

/** Straight strokes with round ends, drawn into a plane of coverage; everything curved is made of short ones. */
final class Strokes {

    private Strokes() {}

    /** Distance from (x, y) to the segment from (ax, ay) to (bx, by). */
    static float distance(float x, float y, float ax, float ay, float bx, float by) {
        float ex = bx - ax;
        float ey = by - ay;
        float t = ((x - ax) * ex + (y - ay) * ey) / Math.max(1e-12f, ex * ex + ey * ey);
        t = PortableMath.clamp(t);
        return PortableMath.length(x - ax - t * ex, y - ay - t * ey);
    }

    /** Raises the plane to the stroke's coverage; all in pixels. */
    static void draw(float[] plane, int side, float ax, float ay, float bx, float by, float half, float strength) {
        float reach = half + 1f;
        int fromX = Math.max(0, PortableMath.floor(Math.min(ax, bx) - reach));
        int toX = Math.min(side - 1, PortableMath.floor(Math.max(ax, bx) + reach) + 1);
        int fromY = Math.max(0, PortableMath.floor(Math.min(ay, by) - reach));
        int toY = Math.min(side - 1, PortableMath.floor(Math.max(ay, by) + reach) + 1);
        for (int y = fromY; y <= toY; y++) {
            for (int x = fromX; x <= toX; x++) {
                float cover = PortableMath.clamp(half + 0.5f - distance(x + 0.5f, y + 0.5f, ax, ay, bx, by));
                int i = y * side + x;
                plane[i] = Math.max(plane[i], cover * strength);
            }
        }
    }
}
