package io.meristem.adapter;

/** Norms of low-rank updates from their factors: only rank x rank products are formed, never the full matrix. */
public final class LowRankChange {

    private LowRankChange() {}

    /** Factors of {@code B A}, row-major: b (out, rank), a (rank, columns). */
    public record Factors(double[] b, double[] a, int out, int columns, int rank) {}

    /** {@code || B1 A1 - B0 A0 ||_F}; {@code before} null counts as zero. */
    public static double distance(Factors now, Factors before) {
        double squared = inner(now, now);
        if (before != null) {
            squared += inner(before, before) - 2 * inner(now, before);
        }
        return Math.sqrt(Math.max(0, squared));
    }

    /** {@code <B1 A1, B0 A0> = tr((B1' B0) (A0 A1'))}. */
    static double inner(Factors one, Factors zero) {
        double sum = 0;
        for (int i = 0; i < one.rank; i++) {
            for (int j = 0; j < zero.rank; j++) {
                double bb = 0;
                for (int o = 0; o < one.out; o++) {
                    bb += one.b[o * one.rank + i] * zero.b[o * zero.rank + j];
                }
                double aa = 0;
                for (int c = 0; c < one.columns; c++) {
                    aa += one.a[i * one.columns + c] * zero.a[j * zero.columns + c];
                }
                sum += bb * aa;
            }
        }
        return sum;
    }
}
