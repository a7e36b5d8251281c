package io.meristem.synth;

import java.util.List;

/** Small figures spread over the picture: what the figure is and how it is spread makes the class. */
final class ScatterMotifs {

    private ScatterMotifs() {}

    /** The figure's value at an offset from its centre, in units of its radius, turned by its own angle. */
    private interface Figure {
        float at(float x, float y, int id);
    }

    static List<Motif> all() {
        return List.of(
                grid("dots_in_rows", 0f, 0f, (x, y, id) -> disc(PortableMath.length(x, y))),
                grid("dots_scattered", 0.85f, 0f, (x, y, id) -> disc(PortableMath.length(x, y))),
                grid("dots_of_many_sizes", 0.85f, 0.8f, (x, y, id) -> disc(PortableMath.length(x, y))),
                clusters(),
                grid("hoops", 0.7f, 0.3f, (x, y, id) -> line(PortableMath.length(x, y) - 0.75f, 0.2f)),
                grid("targets", 0.6f, 0.3f, (x, y, id) -> {
                    float d = PortableMath.length(x, y);
                    return d > 1.05f ? 0f : StripeMotifs.band(2.2f * d, 0.5f);
                }),
                grid("soft_blobs", 0.9f, 0.4f, (x, y, id) -> PortableMath.bell(1.8f * (x * x + y * y))),
                grid("squares", 0.7f, 0.4f, (x, y, id) -> disc(1.2f * Math.max(Math.abs(x), Math.abs(y)))),
                grid("plus_signs", 0.7f, 0.3f, (x, y, id) -> {
                    float a = Math.abs(x);
                    float b = Math.abs(y);
                    return Math.max(a, b) < 1f ? line(Math.min(a, b), 0.26f) : 0f;
                }),
                grid("small_triangles", 0.7f, 0.3f, (x, y, id) -> disc(1.6f * polygon(x, y, 3))),
                grid("small_stars", 0.7f, 0.3f, (x, y, id) -> star(x, y, 5, 0.42f)),
                grid(
                        "crescents",
                        0.7f,
                        0.3f,
                        (x, y, id) -> disc(PortableMath.length(x, y))
                                * PortableMath.step(0.8f, 0.95f, PortableMath.length(x - 0.45f, y))),
                grid("grains_turned", 0.8f, 0.2f, (x, y, id) -> disc(PortableMath.length(x, 2.6f * y))),
                aligned(),
                Motif.relief("bumps", rng -> {
                    float f = rng.range(2f, 5f);
                    float jitter = rng.next() * 0.7f;
                    int seed = rng.nextInt();
                    SpatialNoise.Cell cell = new SpatialNoise.Cell();
                    return (u, v) -> {
                        SpatialNoise.cell(u * f, v * f, seed, jitter, cell);
                        float d = cell.near / 0.42f;
                        return d < 1f ? (float) Math.sqrt(1f - d * d) : 0f;
                    };
                }));
    }

    /** One figure per square of a grid, moved off its centre by {@code jitter}, its size varied by {@code sizes}, turned at random. */
    private static Motif grid(String name, float jitter, float sizes, Figure figure) {
        return Motif.shader(name, rng -> {
            float f = rng.range(1.8f, 5f);
            float size = rng.range(0.28f, 0.42f);
            int seed = rng.nextInt();
            SpatialNoise.Cell cell = new SpatialNoise.Cell();
            return (u, v) -> {
                float x = u * f;
                float y = v * f;
                SpatialNoise.cell(x, y, seed, jitter, cell);
                float r = size * (1f - sizes * (cell.id >>> 9 & 0xff) / 255f);
                float angle = (cell.id & 0xff) * 0.02464f;
                float c = PortableMath.cos(angle) / r;
                float s = PortableMath.sin(angle) / r;
                float dx = x - cell.x;
                float dy = y - cell.y;
                return figure.at(c * dx - s * dy, s * dx + c * dy, cell.id);
            };
        });
    }

    private static Motif clusters() {
        return Motif.shader("dots_in_clusters", rng -> {
            float f = rng.range(4.5f, 8f);
            float g = rng.range(0.9f, 1.7f);
            int seed = rng.nextInt();
            SpatialNoise.Cell cell = new SpatialNoise.Cell();
            return (u, v) -> {
                SpatialNoise.cell(u * f, v * f, seed, 0.8f, cell);
                float here = SpatialNoise.at(cell.x / f * g, cell.y / f * g, seed + 1);
                return here > 0.12f ? disc(cell.near / 0.34f) : 0f;
            };
        });
    }

    private static Motif aligned() {
        return Motif.shader("grains_aligned", rng -> {
            float f = rng.range(2f, 5f);
            float thin = rng.range(2.2f, 3.2f);
            int seed = rng.nextInt();
            SpatialNoise.Cell cell = new SpatialNoise.Cell();
            return (u, v) -> {
                SpatialNoise.cell(u * f, v * f * 1.6f, seed, 0.7f, cell);
                return disc(PortableMath.length(u * f - cell.x, thin * (v * f * 1.6f - cell.y) / 1.6f) / 0.42f);
            };
        });
    }

    static float disc(float d) {
        return PortableMath.step(1.06f, 0.94f, d);
    }

    private static float line(float d, float half) {
        return PortableMath.step(half + 0.08f, half - 0.08f, Math.abs(d));
    }

    /** Distance from the centre in the measure whose unit circle is a regular polygon with inscribed radius 1. */
    static float polygon(float x, float y, int corners) {
        float sector = PortableMath.TURN / corners;
        float a = PortableMath.atan2(y, x);
        float off = a - sector * PortableMath.floor(a / sector + 0.5f);
        return PortableMath.length(x, y) * PortableMath.cos(off);
    }

    /** A filled star with tips at distance 1 and inner corners at {@code inner}. */
    static float star(float x, float y, int tips, float inner) {
        float sector = PortableMath.TURN / tips;
        float a = PortableMath.atan2(y, x);
        float off = Math.abs(a - sector * PortableMath.floor(a / sector + 0.5f)) / (0.5f * sector);
        return disc(PortableMath.length(x, y) / PortableMath.mix(1f, inner, off));
    }
}
