package io.meristem.synth;

import java.util.List;

/** Patterns that follow one coordinate: stripes, waves, rings, rays, spirals, and two of them crossed. */
final class StripeMotifs {
    private StripeMotifs() {}

    static List<Motif> all() {
        return List.of(
                Motif.shader("stripes", rng -> {
                    float f = rng.range(2.5f, 8f);
                    float duty = rng.range(0.35f, 0.65f);
                    return (u, v) -> band(u * f, duty);
                }),
                Motif.shader("uneven_stripes", rng -> {
                    float f = rng.range(3f, 8f);
                    int seed = rng.nextInt();
                    return (u, v) -> {
                        int k = PortableMath.floor(u * f);
                        return PortableMath.step(
                                0f, 0.08f, PortableMath.fract(u * f) - 0.8f * SpatialNoise.lattice(k, 0, seed) - 0.1f);
                    };
                }),
                Motif.shader("soft_grating", rng -> {
                    float f = rng.range(1.5f, 8f) * PortableMath.TURN;
                    return (u, v) -> 0.5f + 0.5f * PortableMath.sin(u * f);
                }),
                Motif.shader("plaid", rng -> {
                    float f = rng.range(2f, 6f);
                    float g = f * rng.range(0.8f, 1.25f);
                    return (u, v) -> 0.5f * band(u * f, 0.5f) + 0.5f * band(v * g, 0.5f);
                }),
                Motif.shader("zigzag", rng -> {
                    float f = rng.range(2.5f, 6f);
                    float tall = rng.range(0.12f, 0.3f);
                    float g = rng.range(1.5f, 4f);
                    return (u, v) -> band(f * (u + tall * Math.abs(2f * PortableMath.fract(v * g) - 1f)), 0.5f);
                }),
                Motif.shader("waves", rng -> {
                    float f = rng.range(2.5f, 7f);
                    float tall = rng.range(0.05f, 0.14f);
                    float g = rng.range(1.2f, 3f) * PortableMath.TURN;
                    return (u, v) -> band(f * (u + tall * PortableMath.sin(v * g)), 0.5f);
                }),
                Motif.shader("arcs", rng -> {
                    float f = rng.range(3f, 8f);
                    float far = rng.range(1.4f, 2.4f);
                    return (u, v) -> band(f * PortableMath.length(u + far, v), 0.5f);
                }),
                Motif.shader("flow", rng -> {
                    float f = rng.range(3f, 7f);
                    float g = rng.range(0.8f, 1.5f);
                    float tall = rng.range(0.3f, 0.6f);
                    int seed = rng.nextInt();
                    return (u, v) -> band(f * (u + tall * SpatialNoise.at(u * g, v * g, seed)), 0.5f);
                }),
                Motif.shader("concentric_rings", rng -> {
                    float f = rng.range(2.5f, 7f);
                    return (u, v) -> band(f * PortableMath.length(u, v), 0.5f);
                }),
                Motif.shader("spiral", rng -> {
                    float f = rng.range(2.5f, 6f);
                    float arms = rng.between(1, 3) * rng.sign();
                    return (u, v) -> band(
                            f * PortableMath.length(u, v) + arms * PortableMath.atan2(v, u) / PortableMath.TURN, 0.5f);
                }),
                Motif.shader("rays", rng -> {
                    float arms = rng.between(5, 15);
                    return (u, v) -> band(arms * PortableMath.atan2(v, u) / PortableMath.TURN, 0.5f);
                }),
                Motif.shader("ripples", rng -> {
                    float f = rng.range(2.5f, 6f) * PortableMath.TURN;
                    float x = rng.range(0.3f, 0.8f);
                    return (u, v) -> 0.5f
                            + 0.25f
                                    * (PortableMath.sin(f * PortableMath.length(u - x, v))
                                            + PortableMath.sin(f * PortableMath.length(u + x, v)));
                }));
    }

    /** A band of width {@code duty} per unit of {@code phase}, with slightly soft edges. */
    static float band(float phase, float duty) {
        float d = Math.abs(PortableMath.fract(phase) - 0.5f);
        return PortableMath.step(0.5f * duty + 0.05f, 0.5f * duty - 0.05f, d);
    }
}
