package io.meristem.synth;

/**
 * Where a leaf lies in the picture: pixel = origin + x * (ax, ay) + y * (bx, by), where (x, y) are leaf coordinates, x from 0 at the base to 1
 * at the tip along the midrib and y across it in the same unit.
 */
record Pose(float originX, float originY, float ax, float ay, float bx, float by) {

    /**
     * @param middleX pixel that the middle of the leaf falls on
     * @param length leaf length in pixels
     * @param squeezeX foreshortening along the midrib, 1 none
     * @param squeezeY foreshortening across it
     */
    static Pose around(
            float middleX, float middleY, float length, float angle, float squeezeX, float squeezeY, boolean mirrored) {
        float c = PortableMath.cos(angle) * length;
        float s = PortableMath.sin(angle) * length;
        float ax = c * squeezeX;
        float ay = s * squeezeX;
        float flip = mirrored ? -1f : 1f;
        return new Pose(middleX - 0.5f * ax, middleY - 0.5f * ay, ax, ay, -s * squeezeY * flip, c * squeezeY * flip);
    }

    float pixelX(float x, float y) {
        return originX + x * ax + y * bx;
    }

    float pixelY(float x, float y) {
        return originY + x * ay + y * by;
    }

    float leafX(float px, float py) {
        return (by * (px - originX) - bx * (py - originY)) / determinant();
    }

    float leafY(float px, float py) {
        return (ax * (py - originY) - ay * (px - originX)) / determinant();
    }

    private float determinant() {
        return ax * by - ay * bx;
    }

    /** Pixels per leaf length, in the less foreshortened direction. */
    float scale() {
        return Math.max(PortableMath.length(ax, ay), PortableMath.length(bx, by));
    }
}
