package io.meristem.data.image;

/**
 * Pixels in the making, as three planes of grey levels 0..255 that are not rounded. What is done to a photo is done to one row at a time, which stays
 * in the nearest cache, and in short loops without branches that begin at 0: the JIT makes vector instructions of these.
 */
public final class Planes {

    private final float[] red;
    private final float[] green;
    private final float[] blue;
    private final float[][] spare;

    public Planes(int pixels) {
        this(new float[pixels], new float[pixels], new float[pixels]);
    }

    /** Three arrays of one length, not copied. */
    Planes(float[] red, float[] green, float[] blue) {
        this.red = red;
        this.green = green;
        this.blue = blue;
        this.spare = new float[6][];
    }

    public int pixels() {
        return red.length;
    }

    float[] red() {
        return red;
    }

    float[] green() {
        return green;
    }

    float[] blue() {
        return blue;
    }

    /** Room for as many values again, six times, made when first asked for. */
    float[] spare(int number) {
        if (spare[number] == null) {
            spare[number] = new float[red.length];
        }
        return spare[number];
    }

    /** All pixels, to a larger one's from {@code at} on. */
    public void writeTo(Planes larger, int at) {
        System.arraycopy(red, 0, larger.red, at, red.length);
        System.arraycopy(green, 0, larger.green, at, red.length);
        System.arraycopy(blue, 0, larger.blue, at, red.length);
    }

    /** All pixels, from a larger one's from {@code at} on. */
    public void readFrom(Planes larger, int at) {
        System.arraycopy(larger.red, at, red, 0, red.length);
        System.arraycopy(larger.green, at, green, 0, red.length);
        System.arraycopy(larger.blue, at, blue, 0, red.length);
    }
}
