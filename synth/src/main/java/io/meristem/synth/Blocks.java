package io.meristem.synth;

/** The marks a JPEG leaves, without a codec: 8 x 8 cosine blocks of brightness and colour, rounded more coarsely the finer the wave. */
final class Blocks {
    private static final int N = 8;
    private static final float[] BASIS = basis();

    private Blocks() {}

    private static float[] basis() {
        float[] basis = new float[N * N];
        for (int k = 0; k < N; k++) {
            for (int n = 0; n < N; n++) {
                // StrictMath is the same everywhere, and this table is made once.
                double c = StrictMath.cos(StrictMath.PI * (n + 0.5) * k / N);
                basis[k * N + n] = (float) (c * StrictMath.sqrt((k == 0 ? 1.0 : 2.0) / N));
            }
        }
        return basis;
    }

    /** @param coarseness 1 is about quality 60, 2 about quality 30 */
    static void quantise(Raster photo, float coarseness) {
        int count = photo.r.length;
        float[] luma = new float[count];
        float[] cb = new float[count];
        float[] cr = new float[count];
        for (int i = 0; i < count; i++) {
            luma[i] = 0.299f * photo.r[i] + 0.587f * photo.g[i] + 0.114f * photo.b[i];
            cb[i] = photo.b[i] - luma[i];
            cr[i] = photo.r[i] - luma[i];
        }
        quantise(luma, photo.width, photo.height, 0.045f * coarseness);
        quantise(cb, photo.width, photo.height, 0.11f * coarseness);
        quantise(cr, photo.width, photo.height, 0.11f * coarseness);
        for (int i = 0; i < count; i++) {
            photo.r[i] = luma[i] + cr[i];
            photo.b[i] = luma[i] + cb[i];
            photo.g[i] = (luma[i] - 0.299f * photo.r[i] - 0.114f * photo.b[i]) / 0.587f;
        }
    }

    private static void quantise(float[] plane, int width, int height, float coarseness) {
        float[] block = new float[N * N];
        float[] wave = new float[N * N];
        for (int top = 0; top < height; top += N) {
            for (int left = 0; left < width; left += N) {
                for (int k = 0; k < N * N; k++) {
                    int y = Math.min(height - 1, top + k / N);
                    int x = Math.min(width - 1, left + k % N);
                    block[k] = plane[y * width + x];
                }
                transform(block, wave, false);
                for (int k = 0; k < N * N; k++) {
                    float q = coarseness * (1f + 0.55f * (k / N + k % N));
                    wave[k] = q * PortableMath.floor(wave[k] / q + 0.5f);
                }
                transform(wave, block, true);
                for (int k = 0; k < N * N; k++) {
                    int y = top + k / N;
                    int x = left + k % N;
                    if (y < height && x < width) {
                        plane[y * width + x] = block[k];
                    }
                }
            }
        }
    }

    private static void transform(float[] in, float[] out, boolean back) {
        float[] half = new float[N * N];
        for (int row = 0; row < N; row++) {
            for (int k = 0; k < N; k++) {
                float sum = 0f;
                for (int n = 0; n < N; n++) {
                    sum += in[row * N + n] * (back ? BASIS[n * N + k] : BASIS[k * N + n]);
                }
                half[row * N + k] = sum;
            }
        }
        for (int column = 0; column < N; column++) {
            for (int k = 0; k < N; k++) {
                float sum = 0f;
                for (int n = 0; n < N; n++) {
                    sum += half[n * N + column] * (back ? BASIS[n * N + k] : BASIS[k * N + n]);
                }
                out[k * N + column] = sum;
            }
        }
    }
}
