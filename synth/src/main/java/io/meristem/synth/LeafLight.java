package io.meristem.synth;

/** The light of one photo: shading from relief, highlights, the shadow a leaf throws, shadows of things outside the picture. */
final class LeafLight {
    private final float lx;
    private final float ly;
    private final float lz;
    private final float ambient;
    private final float shadow;
    private final float shadowReach;
    private final float shine;

    LeafLight(Rng rng, float nuisance) {
        float azimuth = rng.angle();
        float tilt = rng.range(0.15f, 0.85f);
        lx = tilt * PortableMath.cos(azimuth);
        ly = tilt * PortableMath.sin(azimuth);
        lz = (float) Math.sqrt(1f - tilt * tilt);
        ambient = rng.range(0.25f, 0.7f);
        shadow = rng.range(0.15f, 0.65f);
        shadowReach = rng.range(0.01f, 0.06f);
        shine = nuisance * rng.next() * 1.3f;
    }

    void shade(LeafSheet sheet) {
        float[] h = sheet.relief;
        int side = sheet.side;
        float steep = 0.5f / sheet.pixel;
        // Half-way between the light and the eye above the picture.
        float norm = 1f / PortableMath.length(PortableMath.length(lx, ly), 1f + lz);
        float hx = lx * norm;
        float hy = ly * norm;
        float hz = (1f + lz) * norm;
        for (int row = Math.max(1, sheet.top); row < Math.min(side - 1, sheet.bottom); row++) {
            for (int column = Math.max(1, sheet.left); column < Math.min(side - 1, sheet.right); column++) {
                int i = row * side + column;
                if (sheet.alpha[i] <= 0f) {
                    continue;
                }
                float nx = -(h[i + 1] - h[i - 1]) * steep;
                float ny = -(h[i + side] - h[i - side]) * steep;
                float n = 1f / (float) Math.sqrt(1f + nx * nx + ny * ny);
                float lit = Math.max(0f, (nx * lx + ny * ly + lz) * n) / lz;
                sheet.skin.scale(i, Math.min(1.7f, ambient + (1f - ambient) * lit));
                float facing = Math.max(0f, (nx * hx + ny * hy + hz) * n);
                float p = facing * facing;
                p *= p;
                p *= p;
                p *= p;
                sheet.skin.blend(i, 1f, 1f, 0.98f, Math.min(0.85f, shine * sheet.gloss[i] * p * p));
            }
        }
    }

    /** Darkens what lies behind the leaf. */
    void shadowOf(LeafSheet sheet, Raster scene) {
        int side = sheet.side;
        int dx = Math.round(-lx * shadowReach * side);
        int dy = Math.round(-ly * shadowReach * side);
        float[] shape = new float[side * side];
        for (int y = 0; y < side; y++) {
            int from = y - dy;
            if (from < 0 || from >= side) {
                continue;
            }
            for (int x = Math.max(0, dx); x < Math.min(side, side + dx); x++) {
                shape[y * side + x] = sheet.alpha[from * side + x - dx];
            }
        }
        Raster.blur(shape, side, side, 0.35f * shadowReach * side);
        for (int i = 0; i < shape.length; i++) {
            if (shape[i] > 0f) {
                scene.scale(i, 1f - shadow * shape[i]);
            }
        }
    }

    /** Soft-edged shade from other plants, on some photos. */
    void castShadows(Raster scene, Rng rng) {
        if (!rng.chance(0.3f)) {
            return;
        }
        int seed = rng.nextInt();
        float rate = rng.range(1.5f, 4f) / scene.width;
        float depth = rng.range(0.2f, 0.5f);
        float soft = rng.range(0.05f, 0.3f);
        for (int y = 0, i = 0; y < scene.height; y++) {
            for (int x = 0; x < scene.width; x++, i++) {
                scene.scale(i, 1f - depth * PortableMath.step(0f, soft, SpatialNoise.at(x * rate, y * rate, seed)));
            }
        }
    }
}
