package io.meristem.synth;

/** The shape and venation of one leaf, in leaf coordinates (see {@link Pose}). All leaves are of one ovate, pinnately veined plant. */
final class LeafForm {
    private static final int STEPS = 64;

    /** What the form says about one point. */
    static final class Point {
        /** Distance inside the margin, negative outside, in leaf lengths. */
        float edge;
        /** Distance to the nearest main or side vein, in leaf lengths. */
        float vein;
        /** Distance to the midrib, in leaf lengths. */
        float rib;
        /** Position among the side veins: whole numbers lie on a vein. */
        float lane;
        /** 0 or 1: the half of the blade. */
        int side;
    }

    final int seed;
    private final float[] halfWidth = new float[STEPS + 2];
    private final float bend;
    private final float ruffle;
    private final float ruffleRate;
    private final float teeth;
    private final float teethRate;
    private final float veins;
    private final float slope;
    private final float curl;

    LeafForm(Rng rng) {
        seed = rng.nextInt();
        float width = rng.range(0.2f, 0.31f);
        double rise = rng.range(0.55f, 0.85f);
        double fall = rng.range(0.7f, 1.1f);
        double peak = rise / (rise + fall);
        double norm = StrictMath.pow(peak, rise) * StrictMath.pow(1 - peak, fall);
        for (int i = 1; i < STEPS; i++) {
            double t = (double) i / STEPS;
            halfWidth[i] = (float) (width * StrictMath.pow(t, rise) * StrictMath.pow(1 - t, fall) / norm);
        }
        bend = rng.range(-0.35f, 0.35f);
        ruffle = rng.range(0f, 0.09f);
        ruffleRate = rng.range(3f, 8f);
        teeth = rng.chance(0.4f) ? rng.range(0.004f, 0.012f) : 0f;
        teethRate = rng.range(18f, 34f);
        veins = rng.between(6, 10);
        slope = rng.range(0.45f, 0.85f);
        curl = rng.range(0.2f, 0.9f);
    }

    /** Half the blade's width at {@code x}, in leaf lengths, without ruffles and teeth; 0 beyond base and tip. */
    float halfWidth(float x) {
        if (x <= 0f || x >= 1f) {
            return 0f;
        }
        float t = x * STEPS;
        int i = (int) t;
        return PortableMath.mix(halfWidth[i], halfWidth[i + 1], t - i);
    }

    /** Where the midrib runs at {@code x}. */
    float midrib(float x) {
        return bend * x * (1f - x);
    }

    /** Greatest distance of the blade from the straight line through base and tip. */
    float reach() {
        float most = 0f;
        for (float w : halfWidth) {
            most = Math.max(most, w);
        }
        return 1.15f * most + 0.25f * Math.abs(bend);
    }

    float veinSpacing() {
        return 1f / veins;
    }

    /**
     * Fills {@code out} for a point.
     *
     * @param margin how far outside the blade the veins still matter; further out only the edge is filled in
     */
    void at(float x, float y, float margin, Point out) {
        float d = y - midrib(x);
        float away = Math.abs(d);
        out.side = d < 0f ? 0 : 1;
        out.rib = away;
        float w = halfWidth(x);
        if (ruffle > 0f) {
            w *= 1f + ruffle * SpatialNoise.at(x * ruffleRate, 7.3f * out.side, seed);
        }
        if (teeth > 0f) {
            w -= teeth * PortableMath.fract(x * teethRate);
        }
        if (w - away < -2f * margin) {
            out.edge = w - away;
            out.vein = 1f;
            out.lane = 0f;
            return;
        }
        float grade = (halfWidth(x + 0.01f) - halfWidth(x - 0.01f)) * 50f;
        out.edge = (w - away) / (float) Math.sqrt(1f + grade * grade);
        if (x <= 0f || x >= 1f) {
            out.edge = -Math.max(Math.max(-x, x - 1f), away);
        }
        float start = x - slope * away - curl * away * away * 2f;
        out.lane = start * veins + 0.5f * out.side;
        float k = PortableMath.floor(out.lane + 0.5f);
        float secondary = Math.abs(out.lane - k) / (veins * (float) Math.sqrt(1f + slope * slope));
        if (k < 0f) {
            secondary = 1f;
        }
        out.vein = Math.min(Math.max(0f, away - 0.004f), secondary + 0.002f);
    }

    /** A random point on the blade: {x, y}, at most {@code reach} (0 to 1) of the way from midrib to margin. */
    float[] pick(Rng rng, float reach) {
        float x = rng.range(0.1f, 0.92f);
        return new float[] {x, midrib(x) + halfWidth(x) * rng.range(-reach, reach)};
    }

    /** A random point on the margin: {x, y}. */
    float[] pickMargin(Rng rng) {
        float x = rng.range(0.12f, 1f);
        return new float[] {x, midrib(x) + halfWidth(x) * rng.sign()};
    }
}
