package io.meristem.synth;

/** Symptoms made of areas that take no notice of the veins: powdery mildew, late blight, mosaic. */
final class PatchSymptoms {

    private PatchSymptoms() {}

    static void mildew(LeafSheet sheet, float severity, Rng rng) {
        Colour powder = Symptoms.pale(rng);
        float density = PortableMath.mix(0.5f, 0.95f, severity) * rng.range(0.8f, 1f);
        float grain = rng.range(38f, 60f);
        int count = 2 + (int) (9f * severity * rng.range(0.5f, 1f));
        float size = PortableMath.mix(0.06f, 0.12f, severity);
        int seed = rng.nextInt();
        float[] cover = new float[sheet.alpha.length];
        for (int k = 0; k < count; k++) {
            float[] at = sheet.form.pick(rng, 0.9f);
            float r = size * rng.range(0.6f, 1.6f);
            sheet.stamp(at[0], at[1], 1.4f * r, (i, dx, dy) -> {
                float d = PortableMath.length(dx, dy) / r
                        + 0.55f * SpatialNoise.octaves(sheet.x[i] * 14f, sheet.y[i] * 14f, seed, 2);
                cover[i] = Math.max(cover[i], PortableMath.step(1.1f, 0.15f, d));
            });
        }
        sheet.each((i, dx, dy) -> {
            if (cover[i] > 0f) {
                float dust = 0.72f + 0.5f * SpatialNoise.at(sheet.x[i] * grain, sheet.y[i] * grain, seed + 5);
                float shown = PortableMath.clamp(density * cover[i] * dust);
                sheet.mark(i, powder, shown);
                sheet.relief[i] += 0.004f * shown * dust;
                sheet.gloss[i] *= 1f - 0.9f * shown;
            }
        });
    }

    static void blight(LeafSheet sheet, float severity, Rng rng) {
        Colour wet = Symptoms.dead(rng).times(0.62f).towards(new Colour(0.16f, 0.2f, 0.13f), rng.next() * 0.6f);
        Colour dry = Symptoms.dead(rng);
        Colour rim = Symptoms.yellow(rng).towards(Symptoms.pale(rng), rng.next() * 0.6f);
        float rimShow = rng.range(0.35f, 0.8f);
        int count = 1 + (int) (2.6f * severity * rng.next());
        for (int k = 0; k < count; k++) {
            float[] at = sheet.form.pickMargin(rng);
            float r = PortableMath.mix(0.09f, 0.3f, severity) * rng.range(0.8f, 1.2f);
            int seed = rng.nextInt();
            float rough = rng.range(0.3f, 0.55f);
            sheet.stamp(at[0], at[1], 2.1f * r, (i, dx, dy) -> {
                float u = dx / r;
                float v = dy / r;
                float d = PortableMath.length(u, v) + rough * SpatialNoise.octaves(2f * u, 2f * v, seed, 3);
                sheet.skin.blend(i, rim, rimShow * PortableMath.step(1.45f, 1.02f, d));
                float cover = PortableMath.step(1.08f, 0.92f, d);
                float blotch = 0.5f + 0.6f * SpatialNoise.at(3.5f * u, 3.5f * v, seed + 9);
                sheet.mark(
                        i,
                        wet.towards(dry, PortableMath.clamp(blotch * PortableMath.step(0.85f, 0.2f, d))),
                        0.94f * cover);
                sheet.relief[i] += cover * 0.006f * SpatialNoise.at(9f * u, 9f * v, seed + 3);
                sheet.gloss[i] += 0.25f * cover * PortableMath.step(0.5f, 0.95f, d);
            });
        }
    }

    static void mosaic(LeafSheet sheet, float severity, Rng rng) {
        Colour light = Symptoms.yellow(rng).towards(Symptoms.pale(rng), rng.next() * 0.4f);
        float rate = rng.range(8f, 14f);
        float show = PortableMath.mix(0.42f, 0.88f, severity);
        float level = PortableMath.mix(0.14f, -0.12f, severity) + 0.05f * rng.normal();
        float sharp = rng.range(0.06f, 0.16f);
        float blister = rng.range(0.003f, 0.012f);
        int seed = rng.nextInt();
        sheet.each((i, dx, dy) -> {
            float n = SpatialNoise.octaves(sheet.x[i] * rate, sheet.y[i] * rate, seed, 2);
            float cover = show * PortableMath.step(level - sharp, level + sharp, n);
            sheet.mark(i, light, cover);
            // The dark islands are fuller and blister upwards.
            sheet.skin.scale(i, 1f - 0.22f * PortableMath.step(level, level - 0.5f, n));
            sheet.relief[i] -= blister * PortableMath.clamp(n - level + 0.5f);
        });
    }
}
