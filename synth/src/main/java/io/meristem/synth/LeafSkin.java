package io.meristem.synth;

/** The look of the blade before any symptom: greens, veins, ageing, relief. Wide in every class, so that plain colour tells little. */
final class LeafSkin {
    private final Colour green;
    private final Colour veinColour;
    private final Colour aged;
    private final float ageing;
    private final int ageingFrom;
    private final float veinWidth;
    private final float veinShow;
    private final float mottle;
    private final float pucker;
    private final float wave;
    private final float fold;
    private final float gloss;
    private final int seed;

    LeafSkin(Rng rng, float nuisance) {
        seed = rng.nextInt();
        float spread = 0.35f + 0.65f * nuisance;
        green = Colour.hsv(
                0.275f + spread * rng.range(-0.085f, 0.075f),
                0.56f + spread * rng.range(-0.24f, 0.26f),
                0.48f + spread * rng.range(-0.2f, 0.24f));
        veinColour = rng.chance(0.12f)
                ? green.towards(new Colour(0.55f, 0.2f, 0.25f), 0.6f)
                : green.towards(new Colour(0.86f, 0.88f, 0.62f), rng.range(0.25f, 0.75f));
        aged = switch (rng.between(0, 4)) {
            case 0 -> new Colour(0.8f, 0.74f, 0.2f);
            case 1 -> new Colour(0.62f, 0.3f, 0.2f);
            case 2 -> new Colour(0.45f, 0.22f, 0.33f);
            case 3 -> new Colour(0.7f, 0.76f, 0.6f);
            default -> new Colour(0.5f, 0.42f, 0.2f);
        };
        ageing = rng.chance(0.45f * nuisance) ? rng.range(0.2f, 0.8f) : 0f;
        ageingFrom = rng.between(0, 3);
        veinWidth = rng.range(0.004f, 0.009f);
        veinShow = rng.range(0.15f, 0.9f);
        mottle = nuisance * rng.next() * 0.16f;
        pucker = rng.range(0.0f, 0.012f);
        wave = rng.range(0.006f, 0.035f);
        fold = rng.range(-0.28f, 0.28f);
        gloss = rng.next() * 0.55f;
    }

    void paint(LeafSheet sheet) {
        for (int row = sheet.top; row < sheet.bottom; row++) {
            for (int i = row * sheet.side + sheet.left; i < row * sheet.side + sheet.right; i++) {
                if (sheet.edge[i] > -4f * sheet.pixel) {
                    paint(sheet, i);
                }
            }
        }
    }

    private void paint(LeafSheet sheet, int i) {
        float x = sheet.x[i];
        float y = sheet.y[i];
        float broad = SpatialNoise.at(2.7f * x, 2.7f * y, seed);
        float fine = SpatialNoise.at(23f * x, 23f * y, seed + 1);
        float tone = 1f + 0.16f * broad + mottle * fine;
        sheet.skin.set(i, green.r() * tone, green.g() * tone, green.b() * (1f + 0.1f * broad));
        if (ageing > 0f) {
            sheet.skin.blend(i, aged, ageing * age(x, sheet, i, broad));
        }
        float width = veinWidth * (1.15f - 0.6f * PortableMath.clamp(x)) + 0.35f * sheet.pixel;
        float line = 1f - PortableMath.step(0.3f * width, 1.5f * width, sheet.vein[i]);
        sheet.skin.blend(i, veinColour, veinShow * line);
        float between = PortableMath.step(0f, 0.4f * sheet.form.veinSpacing(), sheet.vein[i]);
        sheet.relief[i] = pucker * between + wave * broad + fold * sheet.rib[i] + 0.0012f * fine;
        sheet.gloss[i] = gloss;
    }

    private float age(float x, LeafSheet sheet, int i, float broad) {
        return switch (ageingFrom) {
            case 0 -> PortableMath.step(0.3f, 1.1f, x + 0.4f * broad);
            case 1 -> PortableMath.step(0.7f, -0.1f, x + 0.4f * broad);
            case 2 -> PortableMath.step(0.16f, -0.02f, sheet.edge[i] + 0.06f * broad);
            default -> 0.4f + 0.5f * broad;
        };
    }
}
