package io.meristem.synth;

/** Approximations from additions and multiplications only, so that every machine gets the same bits. */
final class PortableMath {
    static final float TURN = 6.2831855f;

    private static final float PI = 3.1415927f;

    private PortableMath() {}

    static int floor(float x) {
        int i = (int) x;
        return x < i ? i - 1 : i;
    }

    static float fract(float x) {
        return x - floor(x);
    }

    static float clamp(float x) {
        return x < 0f ? 0f : Math.min(x, 1f);
    }

    static float mix(float a, float b, float t) {
        return a + (b - a) * t;
    }

    /** 0 below {@code from}, 1 above {@code to}, smooth between; the edges may be given in falling order. */
    static float step(float from, float to, float x) {
        float t = clamp((x - from) / (to - from));
        return t * t * (3f - 2f * t);
    }

    /** Sine to about 0.001: a parabola per half turn, bent once towards the sine. */
    static float sin(float x) {
        float t = x * (0.5f / PI);
        t -= floor(t + 0.5f);
        float y = 8f * t - 16f * t * Math.abs(t);
        return 0.225f * (y * Math.abs(y) - y) + y;
    }

    static float cos(float x) {
        return sin(x + 0.5f * PI);
    }

    /** Angle of (x, y) in (-pi, pi], to about 0.005. */
    static float atan2(float y, float x) {
        float ax = Math.abs(x);
        float ay = Math.abs(y);
        float ratio = Math.min(ax, ay) / Math.max(Math.max(ax, ay), 1e-12f);
        float a = ratio * (0.25f * PI + 0.273f * (1f - ratio));
        if (ay > ax) {
            a = 0.5f * PI - a;
        }
        if (x < 0f) {
            a = PI - a;
        }
        return y < 0f ? -a : a;
    }

    /** A bell: about exp(-d2), exactly 0 from d2 = 4 on. */
    static float bell(float d2) {
        float t = Math.max(0f, 1f - 0.25f * d2);
        t *= t;
        return t * t;
    }

    static float length(float x, float y) {
        return (float) Math.sqrt(x * x + y * y);
    }
}
