package io.meristem.synth;

/** Gives a pattern its colours, material, light and disorder, all at random and alike in every class. */
final class PatternScene {
    private final Raster scene;
    private final float[] figure;
    private final Rng rng;

    private PatternScene(Raster scene, float[] figure, Rng rng) {
        this.scene = scene;
        this.figure = figure;
        this.rng = rng;
    }

    static void dress(Raster scene, float[] figure, boolean shaded, Rng rng) {
        PatternScene dressing = new PatternScene(scene, figure, rng);
        dressing.window();
        dressing.colour(shaded);
        if (shaded || rng.chance(0.3f)) {
            dressing.relief(shaded ? rng.range(0.9f, 1.6f) : rng.range(0.2f, 0.7f));
        }
        dressing.light();
        dressing.clutter();
    }

    /** On some pictures the pattern fills only part of the view. */
    private void window() {
        if (!rng.chance(0.25f)) {
            return;
        }
        float cx = rng.range(0.35f, 0.65f) * scene.width;
        float cy = rng.range(0.35f, 0.65f) * scene.width;
        float r = rng.range(0.4f, 0.6f) * scene.width;
        boolean round = rng.chance(0.5f);
        for (int y = 0, i = 0; y < scene.height; y++) {
            for (int x = 0; x < scene.width; x++, i++) {
                float d = round ? PortableMath.length(x - cx, y - cy) : Math.max(Math.abs(x - cx), Math.abs(y - cy));
                figure[i] *= PortableMath.step(r + 1f, r - 1f, d);
            }
        }
    }

    private void colour(boolean shaded) {
        Colour ground = Colour.any(rng);
        Colour paint = Colour.any(rng);
        float apart = rng.range(0.22f, 0.5f);
        for (int tries = 0; tries < 20 && paint.distance(ground) < apart; tries++) {
            paint = Colour.any(rng);
        }
        if (shaded) {
            paint = ground.towards(paint, rng.next() * 0.5f).towards(new Colour(0.6f, 0.6f, 0.6f), 0.3f);
        }
        Colour other = paint.towards(Colour.any(rng), rng.chance(0.4f) ? 0.5f : 0f);
        int seed = rng.nextInt();
        float groundRate = rng.range(2f, 30f) / scene.width;
        float paintRate = rng.range(2f, 30f) / scene.width;
        float groundGrain = rng.next() * rng.next() * 0.6f;
        float paintGrain = rng.next() * rng.next() * 0.6f;
        for (int y = 0, i = 0; y < scene.height; y++) {
            for (int x = 0; x < scene.width; x++, i++) {
                float a = 1f + groundGrain * SpatialNoise.at(x * groundRate, y * groundRate, seed);
                float n = SpatialNoise.at(x * paintRate, y * paintRate, seed + 1);
                float b = 1f + paintGrain * n;
                float t = figure[i];
                float m = PortableMath.clamp(0.5f + n);
                scene.set(
                        i,
                        PortableMath.mix(ground.r() * a, PortableMath.mix(paint.r(), other.r(), m) * b, t),
                        PortableMath.mix(ground.g() * a, PortableMath.mix(paint.g(), other.g(), m) * b, t),
                        PortableMath.mix(ground.b() * a, PortableMath.mix(paint.b(), other.b(), m) * b, t));
            }
        }
    }

    private void relief(float strength) {
        float angle = rng.angle();
        int side = scene.width;
        // Slopes per pixel shrink as the picture grows; the eye sees them the same.
        float steep = strength * side / 24f;
        float lx = steep * PortableMath.cos(angle);
        float ly = steep * PortableMath.sin(angle);
        for (int y = 1; y < side - 1; y++) {
            for (int x = 1; x < side - 1; x++) {
                int i = y * side + x;
                float slope = lx * (figure[i + 1] - figure[i - 1]) + ly * (figure[i + side] - figure[i - side]);
                float soft = slope / (1f + Math.abs(slope));
                scene.scale(i, 1f + 0.8f * soft);
            }
        }
    }

    private void light() {
        float angle = rng.angle();
        float fall = rng.next() * 0.45f / scene.width;
        float lx = fall * PortableMath.cos(angle);
        float ly = fall * PortableMath.sin(angle);
        for (int y = 0, i = 0; y < scene.height; y++) {
            for (int x = 0; x < scene.width; x++, i++) {
                scene.scale(i, 1f + lx * (2f * x - scene.width) + ly * (2f * y - scene.height));
            }
        }
    }

    /** Things in the way: discs, boxes and strokes over a small part of the picture. */
    private void clutter() {
        int things = rng.chance(0.5f) ? 0 : rng.between(1, 4);
        int side = scene.width;
        for (int k = 0; k < things; k++) {
            Colour colour = Colour.any(rng);
            float[] cover = new float[side * side];
            float x = rng.next() * side;
            float y = rng.next() * side;
            float angle = rng.angle();
            float length = rng.next() * 0.3f * side;
            float half = rng.range(0.015f, 0.11f) * side;
            Strokes.draw(
                    cover,
                    side,
                    x,
                    y,
                    x + length * PortableMath.cos(angle),
                    y + length * PortableMath.sin(angle),
                    half,
                    rng.range(0.6f, 1f));
            for (int i = 0; i < cover.length; i++) {
                if (cover[i] > 0f) {
                    scene.blend(i, colour, cover[i]);
                }
            }
        }
    }
}
