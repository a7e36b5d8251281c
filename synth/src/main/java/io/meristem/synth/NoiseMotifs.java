package io.meristem.synth;

import java.util.List;

/** Natural-looking textures from noise and cells. */
final class NoiseMotifs {

    private NoiseMotifs() {}

    static List<Motif> all() {
        return List.of(
                noise("clouds", 1f, 2.2f, (x, y, seed) -> 0.5f + 0.75f * SpatialNoise.octaves(x, y, seed, 4)),
                noise("speckle", 16f, 28f, (x, y, seed) -> PortableMath.step(0.1f, 0.3f, SpatialNoise.at(x, y, seed))),
                noise(
                        "marble",
                        1.2f,
                        2.2f,
                        (x, y, seed) ->
                                0.5f + 0.5f * PortableMath.sin(7f * x + 6f * SpatialNoise.octaves(x, y, seed, 3))),
                noise("ridges", 1.3f, 3f, (x, y, seed) -> {
                    float n = 1f - 2.2f * Math.abs(SpatialNoise.octaves(x, y, seed, 3));
                    return n * Math.abs(n);
                }),
                noise(
                        "labyrinth",
                        4.5f,
                        8f,
                        (x, y, seed) -> PortableMath.step(-0.1f, 0.1f, SpatialNoise.at(x, y, seed))),
                noise(
                        "islands",
                        1.2f,
                        2.6f,
                        (x, y, seed) -> PortableMath.step(0.05f, 0.12f, SpatialNoise.octaves(x, y, seed, 3))),
                noise(
                        "contours",
                        0.8f,
                        1.8f,
                        (x, y, seed) -> StripeMotifs.band(5f * SpatialNoise.octaves(x, y, seed, 2), 0.3f)),
                noise(
                        "levels",
                        1f,
                        2.2f,
                        (x, y, seed) -> PortableMath.floor(
                                        4f * PortableMath.clamp(0.5f + 0.8f * SpatialNoise.octaves(x, y, seed, 2)))
                                / 3.5f),
                noise(
                        "stretched_fibres",
                        1f,
                        1.6f,
                        (x, y, seed) -> 0.5f + 0.8f * SpatialNoise.octaves(x, 14f * y, seed, 2)),
                cells("mosaic_cells", 1f, cell -> (cell.id >>> 8 & 0xff) / 255f),
                cells("cracks", 1f, cell -> PortableMath.step(0.13f, 0.05f, cell.second - cell.near)),
                cells(
                        "pebbles",
                        0.85f,
                        cell -> PortableMath.step(0.02f, 0.3f, cell.second - cell.near) * (1f - 0.7f * cell.near)),
                cells("cell_depths", 1f, cell -> 1.1f * cell.near),
                Motif.shader("pixels", rng -> {
                    float f = rng.range(3f, 8f);
                    int seed = rng.nextInt();
                    return (u, v) -> SpatialNoise.lattice(PortableMath.floor(u * f), PortableMath.floor(v * f), seed);
                }),
                Motif.relief("dunes", rng -> {
                    float f = rng.range(1.5f, 3f);
                    int seed = rng.nextInt();
                    return (u, v) -> {
                        float t = PortableMath.fract(f * (u + 0.25f * SpatialNoise.at(1.3f * u, 1.3f * v, seed)));
                        return t < 0.75f ? t / 0.75f : (1f - t) * 4f;
                    };
                }),
                Motif.relief("crumpled", rng -> {
                    float f = rng.range(1.2f, 2.4f);
                    int seed = rng.nextInt();
                    SpatialNoise.Cell cell = new SpatialNoise.Cell();
                    return (u, v) -> {
                        SpatialNoise.cell(u * f, v * f, seed, 1f, cell);
                        float first = cell.near;
                        SpatialNoise.cell(u * f * 1.9f, v * f * 1.9f, seed + 1, 1f, cell);
                        return 0.7f * first + 0.35f * cell.near;
                    };
                }));
    }

    private interface Field {
        float at(float x, float y, int seed);
    }

    private interface Look {
        float at(SpatialNoise.Cell cell);
    }

    private static Motif noise(String name, float coarsest, float finest, Field field) {
        return Motif.shader(name, rng -> {
            float f = rng.range(coarsest, finest);
            int seed = rng.nextInt();
            return (u, v) -> field.at(u * f, v * f, seed);
        });
    }

    private static Motif cells(String name, float jitter, Look look) {
        return Motif.shader(name, rng -> {
            float f = rng.range(1.8f, 5f);
            int seed = rng.nextInt();
            SpatialNoise.Cell cell = new SpatialNoise.Cell();
            return (u, v) -> {
                SpatialNoise.cell(u * f, v * f, seed, jitter, cell);
                return look.at(cell);
            };
        });
    }
}
