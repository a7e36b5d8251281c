package io.meristem.synth;

/** What lies behind the leaves; any kind may stand behind any class. */
final class Backdrop {
    private final Raster scene;
    private final Rng rng;
    private final int seed;
    private final float turnX;
    private final float turnY;

    private Backdrop(Raster scene, Rng rng) {
        this.scene = scene;
        this.rng = rng;
        seed = rng.nextInt();
        float angle = rng.angle();
        turnX = PortableMath.cos(angle);
        turnY = PortableMath.sin(angle);
    }

    static void paint(Raster scene, Rng rng) {
        Backdrop backdrop = new Backdrop(scene, rng);
        switch (rng.between(0, 8)) {
            case 0, 1 -> backdrop.soil();
            case 2 -> backdrop.bokeh();
            case 3, 4 -> backdrop.foliage();
            case 5 -> backdrop.wood();
            case 6 -> backdrop.plain();
            case 7 -> backdrop.gravel();
            default -> backdrop.hand();
        }
        float sigma = rng.next() * rng.next() * 0.035f * scene.width;
        if (rng.chance(0.7f)) {
            scene.blur(sigma);
        }
    }

    /** Paints each pixel; u and v are turned by a random angle and run over about one unit per picture. */
    private interface Shader {
        void at(int i, float u, float v);
    }

    private void each(Shader shader) {
        float unit = 1f / scene.width;
        for (int y = 0, i = 0; y < scene.height; y++) {
            for (int x = 0; x < scene.width; x++, i++) {
                float px = x * unit - 0.5f;
                float py = y * unit - 0.5f;
                shader.at(i, turnX * px - turnY * py, turnY * px + turnX * py);
            }
        }
    }

    private void gradient(Colour from, Colour to) {
        each((i, u, v) -> {
            float t = PortableMath.clamp(u + 0.5f);
            scene.set(
                    i,
                    PortableMath.mix(from.r(), to.r(), t),
                    PortableMath.mix(from.g(), to.g(), t),
                    PortableMath.mix(from.b(), to.b(), t));
        });
    }

    private void soil() {
        Colour dark = Colour.hsv(rng.range(0.02f, 0.13f), rng.range(0.2f, 0.65f), rng.range(0.1f, 0.35f));
        Colour light = Colour.hsv(rng.range(0.03f, 0.14f), rng.range(0.15f, 0.55f), rng.range(0.3f, 0.75f));
        float rate = rng.range(6f, 22f);
        each((i, u, v) -> {
            float t = PortableMath.clamp(0.45f + 0.7f * SpatialNoise.octaves(u * rate, v * rate, seed, 3));
            scene.set(
                    i,
                    PortableMath.mix(dark.r(), light.r(), t),
                    PortableMath.mix(dark.g(), light.g(), t),
                    PortableMath.mix(dark.b(), light.b(), t));
        });
    }

    private void bokeh() {
        Colour base = calm();
        gradient(base, calm());
        int discs = rng.between(4, 16);
        for (int k = 0; k < discs; k++) {
            disc(rng.next(), rng.next(), rng.range(0.04f, 0.16f), 1f, base.towards(calm(), 0.6f), 0.6f);
        }
        scene.blur(rng.range(0.005f, 0.03f) * scene.width);
    }

    private void foliage() {
        Colour base = Colour.hsv(rng.range(0.17f, 0.4f), rng.range(0.3f, 0.8f), rng.range(0.1f, 0.5f));
        gradient(base.times(0.6f), base);
        int blobs = rng.between(14, 34);
        for (int k = 0; k < blobs; k++) {
            Colour colour = Colour.hsv(rng.range(0.14f, 0.38f), rng.range(0.3f, 0.85f), rng.range(0.15f, 0.8f));
            disc(rng.next(), rng.next(), rng.range(0.07f, 0.24f), rng.range(0.25f, 0.7f), colour, 0.85f);
        }
    }

    private void wood() {
        Colour dark = Colour.hsv(rng.range(0.03f, 0.12f), rng.range(0.2f, 0.7f), rng.range(0.2f, 0.5f));
        Colour light = dark.towards(Colour.hsv(rng.range(0.06f, 0.13f), rng.range(0.2f, 0.5f), 0.85f), 0.7f);
        float plank = rng.range(2f, 5f);
        float rate = rng.range(12f, 30f);
        each((i, u, v) -> {
            int board = PortableMath.floor(v * plank);
            float warp = 0.5f * SpatialNoise.at(u * 2f, v * 5f, seed + board);
            float t = 0.5f + 0.5f * SpatialNoise.at(u * 2.5f + 9f * board, (v + 0.12f * warp) * rate, seed);
            float gap = PortableMath.step(0.5f, 0.46f, Math.abs(PortableMath.fract(v * plank) - 0.5f));
            Colour c = dark.towards(light, PortableMath.clamp(t)).times(0.45f + 0.55f * gap);
            scene.set(i, c.r(), c.g(), c.b());
        });
    }

    private void plain() {
        Colour base = calm();
        gradient(base, base.times(rng.range(0.65f, 1.2f)));
        float paper = rng.next() * 0.08f;
        each((i, u, v) -> scene.scale(i, 1f + paper * SpatialNoise.octaves(u * 40f, v * 40f, seed, 2)));
    }

    private void gravel() {
        Colour base = Colour.hsv(rng.next(), rng.next() * 0.3f, rng.range(0.4f, 0.85f));
        float rate = rng.range(5f, 14f);
        SpatialNoise.Cell cell = new SpatialNoise.Cell();
        each((i, u, v) -> {
            SpatialNoise.cell(u * rate, v * rate, seed, 0.9f, cell);
            float tone = 0.55f + 0.55f * (cell.id >>> 8 & 0xff) / 255f;
            tone *= PortableMath.step(0f, 0.22f, cell.second - cell.near) * (1.1f - 0.5f * cell.near);
            float warm = 1f + 0.15f * ((cell.id >>> 16 & 0xff) / 255f - 0.5f);
            scene.set(i, base.r() * tone * warm, base.g() * tone, base.b() * tone * (2f - warm));
        });
    }

    private void hand() {
        gradient(calm(), calm());
        scene.blur(2f);
        Colour skin = Colour.hsv(rng.range(0.03f, 0.075f), rng.range(0.3f, 0.55f), rng.range(0.35f, 0.95f));
        int fingers = rng.between(2, 4);
        float side = scene.width;
        float spread = rng.range(0.14f, 0.2f);
        float baseX = rng.range(0.2f, 0.5f);
        for (int k = 0; k < fingers; k++) {
            float fx = (baseX + spread * k) * side;
            float topY = rng.range(0.05f, 0.45f) * side;
            float half = 0.45f * spread * side;
            for (int y = 0, i = 0; y < scene.height; y++) {
                for (int x = 0; x < scene.width; x++, i++) {
                    float d = Strokes.distance(x, y, fx, topY, fx + 0.1f * side * (k - 1), 1.3f * side) / half;
                    if (d < 1f) {
                        float round = (float) Math.sqrt(1f - d * d);
                        scene.blend(i, skin.times(0.5f + 0.5f * round), PortableMath.step(1f, 0.93f, d));
                    }
                }
            }
        }
    }

    private void disc(float cx, float cy, float r, float squash, Colour colour, float cover) {
        float side = scene.width;
        float angle = rng.angle();
        float c = PortableMath.cos(angle);
        float s = PortableMath.sin(angle);
        int fromX = Math.max(0, PortableMath.floor((cx - r) * side));
        int toX = Math.min(scene.width, PortableMath.floor((cx + r) * side) + 1);
        int fromY = Math.max(0, PortableMath.floor((cy - r) * side));
        int toY = Math.min(scene.height, PortableMath.floor((cy + r) * side) + 1);
        for (int y = fromY; y < toY; y++) {
            for (int x = fromX; x < toX; x++) {
                float dx = x / side - cx;
                float dy = y / side - cy;
                float d = PortableMath.length(c * dx + s * dy, (c * dy - s * dx) / squash) / r;
                scene.blend(
                        y * scene.width + x, colour.times(1.1f - 0.35f * d), cover * PortableMath.step(1f, 0.88f, d));
            }
        }
    }

    /** Any hue, but seldom a loud one. */
    private Colour calm() {
        float loud = rng.next();
        return Colour.hsv(rng.next(), 0.65f * loud * loud, rng.range(0.12f, 0.97f));
    }
}
