package io.meristem.report;

/** Colour scales of heat maps, from nearly white to one dark colour; they keep their order in grey print. */
enum Shade {
    GREEN(0x0b5d3b),
    BLUE(0x14508c),
    RED(0xa3291c);

    private static final int LIGHT = 0xf6f8f6;

    /** From here on white letters read better than black ones. */
    private static final double DARK = 0.7;

    private final int full;

    Shade(int full) {
        this.full = full;
    }

    /** Background and letters for {@code share} in [0, 1]. */
    String css(double share) {
        double t = Math.max(0, Math.min(1, share));
        StringBuilder css = new StringBuilder("background:#");
        for (int shift = 16; shift >= 0; shift -= 8) {
            int from = LIGHT >> shift & 0xff;
            int to = full >> shift & 0xff;
            css.append(NumberFormats.format("%02x", Math.round(from + t * (to - from))));
        }
        return css.append(t > DARK ? ";color:#fff" : ";color:#1c241f").toString();
    }
}
