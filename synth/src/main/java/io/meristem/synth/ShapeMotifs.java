package io.meristem.synth;

import java.util.List;

/** One large figure, or a few solid bodies. */
final class ShapeMotifs {

    private ShapeMotifs() {}

    static List<Motif> all() {
        return List.of(
                one("big_ellipse", (x, y) -> ScatterMotifs.disc(PortableMath.length(x, 1.35f * y))),
                one("big_triangle", (x, y) -> ScatterMotifs.disc(1.5f * ScatterMotifs.polygon(x, y, 3))),
                one("big_square", (x, y) -> ScatterMotifs.disc(1.25f * ScatterMotifs.polygon(x, y, 4))),
                one("big_hexagon", (x, y) -> ScatterMotifs.disc(1.05f * ScatterMotifs.polygon(x, y, 6))),
                one("big_star", (x, y) -> ScatterMotifs.star(x, y, 5, 0.42f)),
                one("big_burst", (x, y) -> ScatterMotifs.star(x, y, 11, 0.6f)),
                one(
                        "big_hoop",
                        (x, y) -> ScatterMotifs.disc(PortableMath.length(x, y))
                                * PortableMath.step(0.6f, 0.7f, PortableMath.length(x, y))),
                one("big_cross", (x, y) -> {
                    float a = Math.abs(x);
                    float b = Math.abs(y);
                    return ScatterMotifs.disc(Math.max(a, b)) * PortableMath.step(0.33f, 0.27f, Math.min(a, b));
                }),
                one(
                        "big_moon",
                        (x, y) -> ScatterMotifs.disc(PortableMath.length(x, y))
                                * PortableMath.step(0.8f, 0.88f, PortableMath.length(x - 0.5f, y))),
                Motif.relief("balls", rng -> {
                    float f = rng.range(0.8f, 1.5f);
                    int seed = rng.nextInt();
                    SpatialNoise.Cell cell = new SpatialNoise.Cell();
                    return (u, v) -> {
                        SpatialNoise.cell(u * f, v * f, seed, 0.5f, cell);
                        float d = cell.near / (0.3f + 0.15f * (cell.id & 0xff) / 255f);
                        return d < 1f ? (float) Math.sqrt(1f - d * d) : 0f;
                    };
                }),
                Motif.relief("rods", rng -> {
                    float f = rng.range(1f, 2.5f);
                    return (u, v) -> {
                        float d = 2.2f * Math.abs(PortableMath.fract(u * f) - 0.5f);
                        return d < 1f ? (float) Math.sqrt(1f - d * d) : 0f;
                    };
                }),
                Motif.relief("pyramids", rng -> {
                    float f = rng.range(1f, 2.5f);
                    return (u, v) -> {
                        float x = Math.abs(PortableMath.fract(u * f) - 0.5f);
                        float y = Math.abs(PortableMath.fract(v * f) - 0.5f);
                        return 1f - 2f * Math.max(x, y);
                    };
                }));
    }

    private static Motif one(String name, Motif.Shader figure) {
        return Motif.shader(name, rng -> {
            float size = rng.range(0.5f, 0.95f);
            return (u, v) -> figure.at(u / size, v / size);
        });
    }
}
