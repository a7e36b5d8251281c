package io.meristem.synth;

/** Symptoms laid out by veins and margin: anthracnose (angular), chlorosis (between veins), scorch (along the margin). */
final class VeinSymptoms {

    private VeinSymptoms() {}

    static void anthracnose(LeafSheet sheet, float severity, Rng rng) {
        Colour colour = Symptoms.dead(rng);
        Colour border = Symptoms.dead(rng).times(0.65f);
        Colour halo = Symptoms.yellow(rng);
        float haloShow = rng.chance(0.4f) ? rng.range(0.15f, 0.5f) : 0f;
        float perVein = rng.chance(0.6f) ? 2f : 1f;
        float across = rng.range(13f, 20f);
        int seed = rng.nextInt();
        int clusters = 1 + (int) (4.5f * severity * rng.range(0.5f, 1f));
        float reach = PortableMath.mix(0.07f, 0.17f, severity);
        float[] hot = new float[sheet.alpha.length];
        for (int k = 0; k < clusters; k++) {
            float[] at = sheet.form.pick(rng, 0.8f);
            // Whole cells fall or stay, so the choice is made on the cell's own hash plus where its cluster lies.
            sheet.stamp(at[0], at[1], 2f * reach, (i, dx, dy) -> {
                float d = PortableMath.length(dx, dy) / reach;
                hot[i] = Math.max(hot[i], 1.25f - 0.8f * d);
            });
        }
        sheet.each((i, dx, dy) -> {
            if (hot[i] <= 0f) {
                return;
            }
            float f = sheet.lane[i] * perVein;
            int k = PortableMath.floor(f);
            float a = sheet.rib[i] * across + SpatialNoise.lattice(k, 3, seed) * 0.9f;
            int m = PortableMath.floor(a);
            float dead = PortableMath.step(0.47f, 0.53f, hot[i] - 0.62f * SpatialNoise.lattice(k, m, seed));
            if (dead <= 0f) {
                sheet.skin.blend(i, halo, haloShow * PortableMath.clamp(hot[i]));
                return;
            }
            float toVein = Math.min(f - k, k + 1f - f) * sheet.form.veinSpacing() * 0.8f / perVein;
            float toCross = Math.min(a - m, m + 1f - a) / across;
            float inside = Math.min(toVein, toCross) / sheet.pixel;
            float tone = 0.78f + 0.44f * SpatialNoise.lattice(m, k, seed + 1);
            sheet.mark(i, border.towards(colour.times(tone), PortableMath.step(0.1f, 1.6f, inside)), 0.95f * dead);
            sheet.relief[i] -= 0.004f * dead * PortableMath.clamp(inside);
            sheet.gloss[i] *= 1f - 0.85f * dead;
        });
    }

    static void chlorosis(LeafSheet sheet, float severity, Rng rng) {
        Colour light = Symptoms.yellow(rng).towards(Symptoms.pale(rng), rng.next() * 0.45f);
        float show = PortableMath.mix(0.45f, 0.9f, severity);
        float spacing = sheet.form.veinSpacing();
        float from = spacing * rng.range(0.06f, 0.12f);
        float to = spacing * rng.range(0.22f, 0.34f);
        int start = rng.between(0, 2);
        float reach = PortableMath.mix(0.35f, 1.2f, severity);
        int seed = rng.nextInt();
        sheet.each((i, dx, dy) -> {
            float wobble = 0.25f * SpatialNoise.at(4f * sheet.x[i], 4f * sheet.y[i], seed);
            float place =
                    switch (start) {
                        case 0 -> sheet.x[i];
                        case 1 -> 1f - sheet.x[i];
                        default -> PortableMath.clamp(4.5f * sheet.edge[i]);
                    };
            float region = PortableMath.step(reach + 0.2f, reach - 0.2f, place + wobble);
            float between = PortableMath.step(from, to, sheet.vein[i] * (1f + 0.3f * wobble));
            sheet.mark(i, light, show * between * region);
        });
    }

    static void scorch(LeafSheet sheet, float severity, Rng rng) {
        Colour dry = Symptoms.dead(rng).towards(Symptoms.pale(rng), rng.next() * 0.4f);
        Colour line = Symptoms.dead(rng).times(0.6f);
        Colour halo = Symptoms.yellow(rng);
        float haloShow = rng.range(0f, 0.6f);
        float band = PortableMath.mix(0.028f, 0.085f, severity);
        float tip = PortableMath.mix(0.06f, 0.3f, severity) * rng.next();
        float oneSide = rng.chance(0.4f) ? rng.sign() * 0.6f * band : 0f;
        float from = rng.range(-0.2f, 0.45f);
        float rate = rng.range(5f, 9f);
        int seed = rng.nextInt();
        float curlUp = rng.range(0f, 0.3f);
        sheet.each((i, dx, dy) -> {
            float x = sheet.x[i];
            float wavy = SpatialNoise.octaves(rate * x, rate * sheet.y[i], seed, 2);
            float width = band * (1f + 0.9f * wavy) * PortableMath.step(from - 0.15f, from + 0.2f, x);
            width += (sheet.lane[i] < 0f ? oneSide : -oneSide) + Math.max(0f, x - 1f + tip) * 1.2f;
            float depth = (width - sheet.edge[i]) / Math.max(sheet.pixel, 0.012f);
            sheet.skin.blend(i, halo, haloShow * PortableMath.step(-3.2f, 0f, depth));
            float cover = PortableMath.step(-0.35f, 0.35f, depth);
            float streak = 0.9f + 0.22f * SpatialNoise.at(30f * x, 30f * sheet.y[i], seed + 2);
            sheet.mark(i, line.towards(dry.times(streak), PortableMath.step(0.2f, 1.3f, depth)), 0.96f * cover);
            sheet.relief[i] += cover * curlUp * Math.max(0f, width - sheet.edge[i]) + 0.003f * cover * streak;
            sheet.gloss[i] *= 1f - 0.9f * cover;
        });
    }
}
