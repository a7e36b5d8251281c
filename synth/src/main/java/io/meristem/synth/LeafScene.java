package io.meristem.synth;

import java.awt.image.BufferedImage;

/** One picture of leaves, drawn from back to front at one and a half times its final resolution. */
final class LeafScene {
    private final LeafOptions options;
    private final LeafClass leafClass;
    private final Rng plant;
    private final Rng photo;
    private final int side;
    private final Raster scene;
    private final float[] mask;
    private final LeafLight light;

    /**
     * @param plant what belongs to the leaf itself; only forked, so that it is the same in every photo
     * @param photo what belongs to this photo
     */
    LeafScene(LeafOptions options, LeafClass leafClass, Rng plant, Rng photo, int size) {
        this.options = options;
        this.leafClass = leafClass;
        this.plant = plant;
        this.photo = photo;
        side = (size * 3 + 1) / 2;
        scene = new Raster(side, side);
        mask = new float[side * side];
        light = new LeafLight(photo.fork(1), options.nuisance());
    }

    /**
     * @param severity of the main leaf
     * @param freedom how far the main leaf may leave the middle and be covered, 0 to 1
     */
    void draw(float severity, float freedom) {
        Backdrop.paint(scene, photo.fork(2));
        Rng others = photo.fork(3);
        int count = options.otherLeaves() == 0 ? 0 : others.between(0, options.otherLeaves());
        for (int k = 0; k < count; k++) {
            Rng own = others.fork(k);
            boolean sick = own.chance(0.4f);
            leaf(own, sidePose(own, 0.25f), sick ? severity * own.range(0.3f, 1f) : -1f, own.next() * 0.02f * side);
        }
        leaf(plant.fork(2), mainPose(photo.fork(4), freedom), severity, 0f);
        Rng front = photo.fork(5);
        if (options.otherLeaves() > 0 && front.chance(0.25f * freedom)) {
            leaf(front, sidePose(front, 0.55f), -1f, front.next() * 0.03f * side);
        }
        light.castShadows(scene, photo.fork(6));
    }

    private Pose mainPose(Rng rng, float freedom) {
        float wander = 0.2f * freedom * side;
        float length = side * rng.range(0.8f, PortableMath.mix(1.05f, 1.55f, freedom));
        return Pose.around(
                side * 0.5f + rng.range(-wander, wander),
                side * 0.5f + rng.range(-wander, wander),
                length,
                rng.angle(),
                1f - 0.4f * freedom * rng.next() * rng.next(),
                1f - 0.45f * freedom * rng.next() * rng.next(),
                rng.chance(0.5f));
    }

    /** A pose with the leaf's middle off the centre by at least {@code away} of the side. */
    private Pose sidePose(Rng rng, float away) {
        float direction = rng.angle();
        float distance = side * rng.range(away, away + 0.4f);
        return Pose.around(
                side * 0.5f + distance * PortableMath.cos(direction),
                side * 0.5f + distance * PortableMath.sin(direction),
                side * rng.range(0.45f, 1.2f),
                rng.angle(),
                rng.range(0.6f, 1f),
                rng.range(0.5f, 1f),
                rng.chance(0.5f));
    }

    private void leaf(Rng own, Pose pose, float severity, float defocus) {
        LeafSheet sheet = new LeafSheet(side, new LeafForm(own.fork(1)), pose);
        new LeafSkin(own.fork(2), options.nuisance()).paint(sheet);
        if (severity >= 0f) {
            Symptoms.draw(leafClass, sheet, severity, own.fork(3));
        }
        Distractors.scatter(sheet, options.distractors(), own.fork(4));
        light.shade(sheet);
        light.shadowOf(sheet, scene);
        if (defocus > 0.6f) {
            sheet.soften(defocus);
        }
        for (int i = 0; i < mask.length; i++) {
            float a = sheet.alpha[i];
            if (a > 0f) {
                scene.blend(i, sheet.skin.r[i], sheet.skin.g[i], sheet.skin.b[i], a);
                mask[i] += a * (sheet.mask[i] - mask[i]);
            }
        }
    }

    /** The symptom's cover of each final pixel where it is seen, else 0. */
    float[] mask(int size) {
        float[] out = new float[size * size];
        Raster.shrink(mask, side, side, out, size);
        for (int i = 0; i < out.length; i++) {
            out[i] = out[i] >= 0.3f ? out[i] : 0f;
        }
        return out;
    }

    BufferedImage develop(int size) {
        return new Camera(photo.fork(7), options.nuisance()).develop(scene, size);
    }
}
