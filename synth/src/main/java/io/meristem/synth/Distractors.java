package io.meristem.synth;

/** What lies on leaves of every class without being a symptom: drops, dust, dirt, holes, scratches, droppings. */
final class Distractors {

    private Distractors() {}

    /** @param often 0 none to 1 most leaves carry some */
    static void scatter(LeafSheet sheet, float often, Rng rng) {
        if (rng.chance(0.45f * often)) {
            drops(sheet, rng);
        }
        if (rng.chance(0.4f * often)) {
            dust(sheet, rng);
        }
        if (rng.chance(0.7f * often)) {
            dirt(sheet, rng);
        }
        if (rng.chance(0.35f * often)) {
            holes(sheet, rng);
        }
        if (rng.chance(0.35f * often)) {
            scratches(sheet, rng);
        }
        if (rng.chance(0.25f * often)) {
            droppings(sheet, rng);
        }
    }

    private static void drops(LeafSheet sheet, Rng rng) {
        int count = rng.between(1, 9);
        for (int k = 0; k < count; k++) {
            float[] at = sheet.form.pick(rng, 0.9f);
            float r = rng.range(0.014f, 0.04f);
            float stretch = rng.range(0.8f, 1.25f);
            float glintX = rng.range(-0.45f, 0.45f);
            sheet.stamp(at[0], at[1], 1.4f * r, (i, dx, dy) -> {
                float u = dx * stretch / r;
                float v = dy / r;
                float d = PortableMath.length(u, v);
                float cover = PortableMath.step(1.08f, 0.9f, d);
                // Darker where the light enters, brighter opposite, one glint.
                sheet.skin.scale(i, 1f + cover * (0.28f * v + 0.1f) - 0.3f * cover * PortableMath.step(0.7f, 1f, d));
                float glint = PortableMath.bell(12f * ((u - glintX) * (u - glintX) + (v + 0.4f) * (v + 0.4f)));
                sheet.skin.blend(i, 0.97f, 0.98f, 1f, 0.9f * glint * cover);
                sheet.mask[i] *= 1f - 0.4f * cover * glint;
            });
        }
    }

    private static void dust(LeafSheet sheet, Rng rng) {
        Colour colour = Symptoms.pale(rng).towards(Symptoms.dead(rng), rng.next() * 0.5f);
        float rate = rng.range(30f, 60f);
        float level = rng.range(0.25f, 0.5f);
        float show = rng.range(0.2f, 0.6f);
        int seed = rng.nextInt();
        sheet.each((i, dx, dy) -> {
            float n = SpatialNoise.at(sheet.x[i] * rate, sheet.y[i] * rate, seed);
            float where = PortableMath.step(-0.2f, 0.5f, SpatialNoise.at(sheet.x[i] * 3f, sheet.y[i] * 3f, seed + 1));
            sheet.skin.blend(i, colour, show * where * PortableMath.step(level, level + 0.2f, n));
        });
    }

    private static void dirt(LeafSheet sheet, Rng rng) {
        Colour colour = Symptoms.dead(rng).times(rng.range(0.4f, 1.1f));
        int count = rng.between(2, 14);
        for (int k = 0; k < count; k++) {
            float[] at = sheet.form.pick(rng, 0.95f);
            float r = rng.range(0.005f, 0.014f) + 0.25f * sheet.pixel;
            float stretch = rng.range(1f, 2.4f);
            float c = rng.range(-1f, 1f);
            sheet.stamp(at[0], at[1], 2f * r, (i, dx, dy) -> {
                float d = PortableMath.length((dx + c * dy) * stretch, dy - c * dx) / r;
                sheet.skin.blend(i, colour, 0.85f * PortableMath.step(1.3f, 0.6f, d));
            });
        }
    }

    private static void holes(LeafSheet sheet, Rng rng) {
        Colour rim = Symptoms.dead(rng);
        int count = rng.between(1, 4);
        for (int k = 0; k < count; k++) {
            float[] at = sheet.form.pick(rng, 1f);
            float r = rng.range(0.012f, 0.04f);
            int seed = rng.nextInt();
            sheet.stamp(at[0], at[1], 1.6f * r, (i, dx, dy) -> {
                float d = PortableMath.length(dx, dy) / r + 0.4f * SpatialNoise.at(1.5f * dx / r, 1.5f * dy / r, seed);
                sheet.skin.blend(i, rim, 0.7f * PortableMath.step(1.3f, 1.05f, d));
                float open = PortableMath.step(1.1f, 0.95f, d);
                sheet.alpha[i] *= 1f - open;
                sheet.mask[i] *= 1f - open;
            });
        }
    }

    private static void scratches(LeafSheet sheet, Rng rng) {
        Colour colour = Symptoms.pale(rng).towards(Symptoms.dead(rng), rng.next());
        int count = rng.between(1, 3);
        for (int k = 0; k < count; k++) {
            float[] from = sheet.form.pick(rng, 0.9f);
            float angle = rng.angle();
            float length = rng.range(0.06f, 0.3f);
            float toX = from[0] + length * PortableMath.cos(angle);
            float toY = from[1] + length * PortableMath.sin(angle);
            float half = rng.range(0.002f, 0.006f) + 0.3f * sheet.pixel;
            float show = rng.range(0.3f, 0.8f);
            sheet.stamp(from[0], from[1], length, (i, dx, dy) -> {
                float d = Strokes.distance(sheet.x[i], sheet.y[i], from[0], from[1], toX, toY);
                sheet.skin.blend(i, colour, show * PortableMath.step(1.5f * half, 0.4f * half, d));
            });
        }
    }

    private static void droppings(LeafSheet sheet, Rng rng) {
        float[] at = sheet.form.pick(rng, 0.8f);
        float r = rng.range(0.02f, 0.05f);
        int seed = rng.nextInt();
        Colour outer = Symptoms.pale(rng);
        Colour inner = Symptoms.dead(rng).times(0.5f);
        float run = rng.range(1f, 2f);
        sheet.stamp(at[0], at[1], 2.2f * r, (i, dx, dy) -> {
            float d =
                    PortableMath.length(dx / run, dy) / r + 0.6f * SpatialNoise.at(1.7f * dx / r, 1.7f * dy / r, seed);
            sheet.skin.blend(i, outer, 0.9f * PortableMath.step(1.1f, 0.95f, d));
            sheet.skin.blend(i, inner, 0.8f * PortableMath.step(0.5f, 0.3f, d));
        });
    }
}
