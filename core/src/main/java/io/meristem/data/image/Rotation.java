package io.meristem.data.image;

/**
 * Turning about the centre, with bilinear interpolation. What comes in from outside is the photo mirrored at its edge, so that the corners look like more of the
 * same photo: a plain filling would be a second change, of which pretrained networks take notice.
 */
final class Rotation {

    /** Pixels are turned at so many times the evaluation's scale, so that interpolation softens hardly anything that is seen afterwards. */
    private static final int SCALE = 2;

    private final RgbImage image;

    private Rotation(RgbImage image) {
        this.image = image;
    }

    /** The photo at evaluation scale, turned counter-clockwise. */
    static RgbImage of(Perturbation.Original original, double degrees) {
        RgbImage scaled = original.scaled();
        if (degrees == 0) {
            return scaled;
        }
        RgbImage photo = original.photo();
        Preprocess preprocess = original.preprocess();
        RgbImage large = preprocess.scaled(photo, 0, 0, photo.width(), photo.height(), SCALE);
        double pixelWidth = preprocess.fit() == Fit.SQUASH ? (double) photo.width() / photo.height() : 1;
        return Resampler.resize(turn(large, degrees, pixelWidth), scaled.width(), scaled.height());
    }

    /**
     * The picture turned counter-clockwise, in the frame that it had.
     *
     * @param pixelWidth of what is on the picture, in heights of a pixel: not 1 where the picture is squashed
     */
    static RgbImage turn(RgbImage image, double degrees, double pixelWidth) {
        int w = image.width();
        int h = image.height();
        double cos = Math.cos(Math.toRadians(degrees));
        double sin = Math.sin(Math.toRadians(degrees));
        byte[] rgb = new byte[image.rgb().length];
        Rotation from = new Rotation(image);
        for (int y = 0; y < h; y++) {
            double dy = y + 0.5 - h / 2.0;
            for (int x = 0; x < w; x++) {
                double dx = (x + 0.5 - w / 2.0) * pixelWidth;
                double atX = (cos * dx - sin * dy) / pixelWidth + w / 2.0 - 0.5;
                double atY = sin * dx + cos * dy + h / 2.0 - 0.5;
                from.sample(atX, atY, rgb, (y * w + x) * 3);
            }
        }
        return new RgbImage(w, h, rgb);
    }

    /** Between the centres of four pixels. */
    private void sample(double x, double y, byte[] out, int at) {
        int left = (int) Math.floor(x);
        int top = (int) Math.floor(y);
        double u = x - left;
        double v = y - top;
        int x0 = mirrored(left, image.width());
        int x1 = mirrored(left + 1, image.width());
        int y0 = mirrored(top, image.height());
        int y1 = mirrored(top + 1, image.height());
        for (int c = 0; c < 3; c++) {
            double upper = (1 - u) * image.get(x0, y0, c) + u * image.get(x1, y0, c);
            double lower = (1 - u) * image.get(x0, y1, c) + u * image.get(x1, y1, c);
            out[at + c] = (byte) (int) ((1 - v) * upper + v * lower + 0.5);
        }
    }

    /** ... 1 0 | 0 1 2 ... n-1 | n-1 n-2 ... */
    private static int mirrored(int i, int n) {
        int m = Math.floorMod(i, 2 * n);
        return m < n ? m : 2 * n - 1 - m;
    }
}
