package io.meristem.synth;

/** A colour in display units, 0 to 1. */
record Colour(float r, float g, float b) {

    static Colour hsv(float hue, float saturation, float value) {
        float h = 6f * PortableMath.fract(hue);
        float red = PortableMath.clamp(Math.abs(h - 3f) - 1f);
        float green = PortableMath.clamp(2f - Math.abs(h - 2f));
        float blue = PortableMath.clamp(2f - Math.abs(h - 4f));
        float s = PortableMath.clamp(saturation);
        return new Colour(
                value * PortableMath.mix(1f, red, s),
                value * PortableMath.mix(1f, green, s),
                value * PortableMath.mix(1f, blue, s));
    }

    static Colour any(Rng rng) {
        float s = rng.next();
        return hsv(rng.next(), s * (1.6f - 0.8f * s), rng.range(0.08f, 1f));
    }

    Colour towards(Colour other, float t) {
        return new Colour(
                PortableMath.mix(r, other.r, t), PortableMath.mix(g, other.g, t), PortableMath.mix(b, other.b, t));
    }

    Colour times(float factor) {
        return new Colour(r * factor, g * factor, b * factor);
    }

    float light() {
        return 0.3f * r + 0.59f * g + 0.11f * b;
    }

    /** How far two colours lie apart, 0 to about 1.7. */
    float distance(Colour other) {
        float dr = r - other.r;
        float dg = g - other.g;
        float db = b - other.b;
        return (float) Math.sqrt(dr * dr + dg * dg + db * db);
    }
}
