package io.meristem.data.image;

/**
 * What of a scaled photo the network sees: a square of its input size, perhaps turned round.
 *
 * @param mirrored left and right changed over
 * @param upsideDown top and bottom changed over
 */
public record View(Place place, boolean mirrored, boolean upsideDown) {

    /** Where the square lies. */
    public enum Place {
        CENTRE,
        TOP_LEFT,
        TOP_RIGHT,
        BOTTOM_LEFT,
        BOTTOM_RIGHT
    }

    /** What evaluation shows the network. */
    public static final View CENTRE = new View(Place.CENTRE, false, false);

    /** Column of the square in a scaled photo of this width. */
    int left(Preprocess preprocess, int width) {
        return switch (place) {
            case CENTRE -> preprocess.cropStart(width);
            case TOP_LEFT, BOTTOM_LEFT -> 0;
            case TOP_RIGHT, BOTTOM_RIGHT -> width - preprocess.size();
        };
    }

    /** Row of the square in a scaled photo of this height. */
    int top(Preprocess preprocess, int height) {
        return switch (place) {
            case CENTRE -> preprocess.cropStart(height);
            case TOP_LEFT, TOP_RIGHT -> 0;
            case BOTTOM_LEFT, BOTTOM_RIGHT -> height - preprocess.size();
        };
    }
}
