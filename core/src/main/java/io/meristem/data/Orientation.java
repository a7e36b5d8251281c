package io.meristem.data;

/** EXIF's tag 0x0112: how the stored rows lie in the upright picture. */
final class Orientation {

    private Orientation() {}

    /** The picture turned upright; values outside 2..8 leave it as it is. */
    static RgbImage upright(RgbImage image, int orientation) {
        if (orientation < 2 || orientation > 8) {
            return image;
        }
        int w = image.width();
        int h = image.height();
        boolean turned = orientation >= 5;
        int outW = turned ? h : w;
        int outH = turned ? w : h;
        byte[] from = image.rgb();
        byte[] to = new byte[from.length];
        for (int y = 0, o = 0; y < outH; y++) {
            for (int x = 0; x < outW; x++, o += 3) {
                // The stored column and row that show at (x, y).
                int sx = turned ? y : x;
                int sy = turned ? x : y;
                switch (orientation) {
                    case 2 -> sx = w - 1 - sx;
                    case 3, 7 -> {
                        sx = w - 1 - sx;
                        sy = h - 1 - sy;
                    }
                    case 4, 6 -> sy = h - 1 - sy;
                    case 8 -> sx = w - 1 - sx;
                    default -> {} // 5: transposed only
                }
                int i = (sy * w + sx) * 3;
                to[o] = from[i];
                to[o + 1] = from[i + 1];
                to[o + 2] = from[i + 2];
            }
        }
        return new RgbImage(outW, outH, to);
    }
}
