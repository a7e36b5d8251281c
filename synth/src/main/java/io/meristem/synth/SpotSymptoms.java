package io.meristem.synth;

/** Symptoms made of many small lesions or of thin lines: rust, leaf spot, leaf miner. */
final class SpotSymptoms {

    private SpotSymptoms() {}

    static void rust(LeafSheet sheet, float severity, Rng rng) {
        Colour colour = Symptoms.dead(rng);
        Colour halo = Symptoms.yellow(rng);
        float haloShow = rng.range(0.1f, 0.6f);
        float size = rng.range(0.011f, 0.019f) + 0.35f * sheet.pixel;
        int clusters = rng.between(1, 5);
        float[][] centres = new float[clusters][];
        for (int k = 0; k < clusters; k++) {
            centres[k] = sheet.form.pick(rng, 0.75f);
        }
        float scatter = rng.range(0.05f, 0.2f);
        int count = (int) PortableMath.mix(7f, 85f, severity * (0.4f + 0.6f * severity));
        for (int k = 0; k < count; k++) {
            float[] centre = centres[k % clusters];
            float cx = centre[0] + scatter * rng.normal();
            float cy = centre[1] + scatter * rng.normal();
            if (k % 6 == 5) {
                float[] free = sheet.form.pick(rng, 0.9f);
                cx = free[0];
                cy = free[1];
            }
            if (k < 3) {
                cx = centre[0] + 0.02f * k;
                cy = centre[1] + 0.015f * k * k;
            }
            float r = size * rng.range(0.6f, 1.4f);
            Colour own = colour.times(rng.range(0.75f, 1.25f));
            sheet.stamp(cx, cy, 2.6f * r, (i, dx, dy) -> {
                float d = PortableMath.length(dx, dy) / r;
                sheet.skin.blend(i, halo, haloShow * PortableMath.bell(0.55f * d * d));
                float body = PortableMath.step(1.15f, 0.75f, d);
                sheet.mark(i, own, 0.95f * body);
                // A dome: lit on one side, dark on the other.
                sheet.relief[i] += 0.75f * r * (float) Math.sqrt(Math.max(0f, 1f - d * d));
                sheet.gloss[i] *= 1f - body;
            });
        }
    }

    static void leafSpot(LeafSheet sheet, float severity, Rng rng) {
        Colour border = Symptoms.dead(rng).times(0.7f);
        Colour middle = Symptoms.dead(rng);
        Colour centre = Symptoms.pale(rng).times(rng.range(0.75f, 1f));
        Colour halo = Symptoms.yellow(rng);
        float haloShow = rng.chance(0.5f) ? rng.range(0.2f, 0.75f) : 0f;
        float rings = rng.range(2f, 3.2f);
        float size = rng.range(0.026f, 0.046f) + 0.4f * sheet.pixel;
        int count = 2 + (int) (20f * severity * severity + 3f * rng.next());
        for (int k = 0; k < count; k++) {
            float[] at = sheet.form.pick(rng, 0.85f);
            float r = size * rng.range(0.65f, 1.45f);
            float stretch = rng.range(0.85f, 1.18f);
            int seed = rng.nextInt();
            sheet.stamp(at[0], at[1], 1.9f * r, (i, dx, dy) -> {
                float wobble = 0.12f * SpatialNoise.at(dx / r, dy / r, seed);
                float d = PortableMath.length(dx * stretch, dy / stretch) / r + wobble;
                sheet.skin.blend(i, halo, haloShow * PortableMath.step(1.8f, 1f, d));
                Colour inner = centre.towards(middle, PortableMath.step(0.3f, 0.62f, d));
                float ring = 0.5f + 0.5f * PortableMath.cos(PortableMath.TURN * rings * d);
                Colour body = inner.towards(border, Math.max(PortableMath.step(0.66f, 0.86f, d), 0.3f * ring));
                float cover = PortableMath.step(1.08f, 0.96f, d);
                sheet.mark(i, body, cover);
                sheet.relief[i] -= 0.1f * r * cover * (1f - PortableMath.clamp(d));
                sheet.gloss[i] *= 1f - 0.8f * cover;
            });
        }
    }

    static void miner(LeafSheet sheet, float severity, Rng rng) {
        Colour tunnel = Symptoms.pale(rng).towards(Symptoms.dead(rng), rng.next() * 0.45f);
        Colour thread = Symptoms.dead(rng).times(0.55f);
        float threadShow = rng.chance(0.7f) ? rng.range(0.3f, 0.85f) : 0f;
        int count = 1 + (int) (3.4f * severity * rng.range(0.6f, 1f));
        for (int k = 0; k < count; k++) {
            float[] cover = new float[sheet.alpha.length];
            float[] core = new float[sheet.alpha.length];
            float width = rng.range(0.008f, 0.014f) + 0.3f * sheet.pixel;
            int steps = (int) (PortableMath.mix(22f, 95f, severity) * rng.range(0.7f, 1.2f));
            tunnel(sheet, rng, steps, width, cover, core);
            sheet.each((i, dx, dy) -> {
                if (cover[i] > 0f) {
                    sheet.mark(i, tunnel, 0.9f * cover[i]);
                    sheet.skin.blend(i, thread, threadShow * core[i]);
                    sheet.relief[i] += 0.35f * width * cover[i];
                    sheet.gloss[i] *= 1f - 0.6f * cover[i];
                }
            });
        }
    }

    private static void tunnel(LeafSheet sheet, Rng rng, int steps, float width, float[] cover, float[] core) {
        LeafForm.Point point = new LeafForm.Point();
        float[] at = sheet.form.pick(rng, 0.6f);
        float heading = rng.angle();
        float turn = 0f;
        for (int s = 0; s < steps; s++) {
            turn = 0.86f * turn + 0.17f * rng.normal();
            heading += turn;
            float nx = at[0] + 0.013f * PortableMath.cos(heading);
            float ny = at[1] + 0.013f * PortableMath.sin(heading);
            sheet.form.at(nx, ny, 1f, point);
            if (point.edge < 0.022f || point.rib < 0.008f) {
                // Larvae keep inside the blade and seldom cross the midrib.
                heading += 0.9f * (turn < 0f ? -1f : 1f);
                if (point.edge < 0.004f) {
                    heading += 2.2f;
                    continue;
                }
            }
            float fromX = at[0];
            float fromY = at[1];
            at[0] = nx;
            at[1] = ny;
            float half = width * PortableMath.mix(0.5f, 1.3f, (float) s / steps);
            boolean dropped = rng.chance(0.8f);
            sheet.stamp(nx, ny, 2f * half + 0.014f, (i, dx, dy) -> {
                float d = Strokes.distance(sheet.x[i], sheet.y[i], fromX, fromY, nx, ny);
                cover[i] =
                        Math.max(cover[i], PortableMath.step(half + 0.6f * sheet.pixel, half - 0.5f * sheet.pixel, d));
                if (dropped) {
                    core[i] = Math.max(core[i], PortableMath.step(0.45f * half + 0.5f * sheet.pixel, 0.1f * half, d));
                }
            });
        }
    }
}
