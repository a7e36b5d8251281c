package io.meristem.synth;

/** One leaf as the drawing goes on: for each pixel of the picture its leaf coordinates, colour, relief, gloss and symptom. */
final class LeafSheet {

    /** Works on one pixel: its index and its offset from the stamp's centre in leaf lengths. */
    @FunctionalInterface
    interface Body {
        void at(int i, float dx, float dy);
    }

    final int side;
    final LeafForm form;
    final Pose pose;
    final Raster skin;
    /** Leaf coordinates of each pixel. */
    final float[] x;

    final float[] y;
    final float[] edge;
    final float[] vein;
    final float[] rib;
    final float[] lane;
    /** How much of the pixel the leaf covers, 0 to 1. */
    final float[] alpha;
    /** Relief in leaf lengths. */
    final float[] relief;
    /** How shiny, about 0 to 1. */
    final float[] gloss;
    /** How much of a symptom shows, 0 to 1. */
    final float[] mask;
    /** Pixels that the leaf may touch: left, top inclusive; right, bottom exclusive. */
    final int left;

    final int top;
    final int right;
    final int bottom;
    /** Leaf lengths per pixel. */
    final float pixel;

    LeafSheet(int side, LeafForm form, Pose pose) {
        this.side = side;
        this.form = form;
        this.pose = pose;
        int n = side * side;
        skin = new Raster(side, side);
        x = new float[n];
        y = new float[n];
        edge = new float[n];
        vein = new float[n];
        rib = new float[n];
        lane = new float[n];
        alpha = new float[n];
        relief = new float[n];
        gloss = new float[n];
        mask = new float[n];
        pixel = 1f / pose.scale();
        float[] box = box();
        left = Math.max(0, PortableMath.floor(box[0]) - 2);
        top = Math.max(0, PortableMath.floor(box[1]) - 2);
        right = Math.min(side, PortableMath.floor(box[2]) + 3);
        bottom = Math.min(side, PortableMath.floor(box[3]) + 3);
        lay();
    }

    private float[] box() {
        float reach = form.reach();
        float[] box = {1e9f, 1e9f, -1e9f, -1e9f};
        for (int corner = 0; corner < 4; corner++) {
            float cx = corner % 2;
            float cy = corner < 2 ? -reach : reach;
            float px = pose.pixelX(cx, cy);
            float py = pose.pixelY(cx, cy);
            box[0] = Math.min(box[0], px);
            box[1] = Math.min(box[1], py);
            box[2] = Math.max(box[2], px);
            box[3] = Math.max(box[3], py);
        }
        return box;
    }

    private void lay() {
        LeafForm.Point point = new LeafForm.Point();
        for (int row = top; row < bottom; row++) {
            for (int column = left; column < right; column++) {
                int i = row * side + column;
                x[i] = pose.leafX(column + 0.5f, row + 0.5f);
                y[i] = pose.leafY(column + 0.5f, row + 0.5f);
                form.at(x[i], y[i], 4f * pixel, point);
                edge[i] = point.edge;
                vein[i] = point.vein;
                rib[i] = point.rib;
                lane[i] = point.side == 0 ? point.lane : -1f - point.lane;
                alpha[i] = PortableMath.clamp(0.5f + point.edge / pixel);
            }
        }
    }

    /** Every pixel that may belong to the leaf. */
    void each(Body body) {
        for (int row = top; row < bottom; row++) {
            for (int column = left; column < right; column++) {
                int i = row * side + column;
                if (alpha[i] > 0f) {
                    body.at(i, 0f, 0f);
                }
            }
        }
    }

    /** Every pixel of the leaf within {@code radius} leaf lengths of (cx, cy). */
    void stamp(float cx, float cy, float radius, Body body) {
        float px = pose.pixelX(cx, cy);
        float py = pose.pixelY(cx, cy);
        float reach = radius / pixel + 1.5f;
        int fromX = Math.max(left, PortableMath.floor(px - reach));
        int toX = Math.min(right, PortableMath.floor(px + reach) + 1);
        int fromY = Math.max(top, PortableMath.floor(py - reach));
        int toY = Math.min(bottom, PortableMath.floor(py + reach) + 1);
        for (int row = fromY; row < toY; row++) {
            for (int column = fromX; column < toX; column++) {
                int i = row * side + column;
                if (alpha[i] > 0f) {
                    body.at(i, x[i] - cx, y[i] - cy);
                }
            }
        }
    }

    /** Covers a pixel with symptom colour and notes it in the mask. */
    void mark(int i, Colour colour, float cover) {
        skin.blend(i, colour, cover);
        mask[i] = Math.max(mask[i], cover);
    }

    /** Puts the leaf out of focus by {@code sigma} pixels. */
    void soften(float sigma) {
        // Spread the leaf's own colour outwards first (premultiplied), so that the rim does not turn black.
        for (int i = 0; i < alpha.length; i++) {
            skin.scale(i, alpha[i]);
        }
        skin.blur(sigma);
        Raster.blur(alpha, side, side, sigma);
        for (int i = 0; i < alpha.length; i++) {
            if (alpha[i] > 0.002f) {
                skin.scale(i, 1f / alpha[i]);
            } else {
                alpha[i] = 0f;
            }
        }
    }
}
