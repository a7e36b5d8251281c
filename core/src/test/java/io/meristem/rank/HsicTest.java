package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HsicTest {

    @ParameterizedTest
    @ValueSource(ints = {4, 5, 7, 16, 33})
    void equalsExplicitMatrices(int n) {
        Random random = new Random(n);
        double[][] k = Reference.gram(Reference.gaussian(random, n, 6));
        double[][] l = Reference.gram(Reference.gaussian(random, n, 40));
        double[] fk = Reference.flat(k);
        double[] fl = Reference.flat(l);
        close(Reference.biased(k, l), Hsic.biased(fk, fl, n));
        close(Reference.biased(k, k), Hsic.biased(fk, fk, n));
        close(Reference.unbiased(k, l), Hsic.unbiased(fk, fl, n));
        close(Reference.unbiased(l, l), Hsic.unbiased(fl, fl, n));
        close(Reference.participationRatio(l), Hsic.participationRatio(fl, n));
        double[][] h = Reference.centring(n);
        double[] centred = Reference.flat(Reference.times(Reference.times(h, k), h));
        double[] found = Hsic.centred(fk, n);
        for (int i = 0; i < found.length; i++) {
            assertEquals(centred[i], found[i], 1e-11);
        }
    }

    @Test
    void isSymmetricInItsArguments() {
        Random random = new Random(1);
        double[] k = Reference.flat(Reference.gram(Reference.gaussian(random, 12, 5)));
        double[] l = Reference.flat(Reference.gram(Reference.gaussian(random, 12, 9)));
        close(Hsic.biased(k, l, 12), Hsic.biased(l, k, 12));
        close(Hsic.unbiased(k, l, 12), Hsic.unbiased(l, k, 12));
    }

    @Test
    void unbiasedDoesNotSeeColumnCentring() {
        Random random = new Random(2);
        double[][] x = Reference.gaussian(random, 10, 30);
        for (double[] row : x) {
            for (int j = 0; j < row.length; j++) {
                row[j] += 5 + j;
            }
        }
        double[][] y = Reference.gaussian(random, 10, 3);
        double[] l = Reference.flat(Reference.gram(y));
        double plain = Hsic.unbiased(Reference.flat(Reference.gram(x)), l, 10);
        double centred = Hsic.unbiased(Reference.flat(Reference.gram(Reference.columnCentred(x))), l, 10);
        assertEquals(centred, plain, 1e-9 * Math.abs(centred) + 1e-9);
    }

    @Test
    void unbiasedEqualsTheUCentredInnerProduct() {
        int n = 9;
        Random random = new Random(3);
        double[][] k = Reference.gram(Reference.gaussian(random, n, 4));
        double[][] l = Reference.gram(Reference.gaussian(random, n, 14));
        double sum = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                sum += i == j ? 0 : uCentred(k, i, j) * uCentred(l, i, j);
            }
        }
        close(sum / (n * (n - 3.0)), Hsic.unbiased(Reference.flat(k), Reference.flat(l), n));
    }

    private static double uCentred(double[][] k, int i, int j) {
        int n = k.length;
        double rowI = 0;
        double rowJ = 0;
        double all = 0;
        for (int a = 0; a < n; a++) {
            for (int b = 0; b < n; b++) {
                double value = a == b ? 0 : k[a][b];
                all += value;
                rowI += a == i ? value : 0;
                rowJ += a == j ? value : 0;
            }
        }
        return k[i][j] - rowI / (n - 2) - rowJ / (n - 2) + all / ((n - 1.0) * (n - 2));
    }

    /** Independent features: the unbiased estimator averages to 0, the biased one does not. */
    @Test
    void unbiasedIsUnbiased() {
        Random random = new Random(4);
        int trials = 2000;
        double unbiased = 0;
        double squares = 0;
        double biased = 0;
        for (int t = 0; t < trials; t++) {
            double[] k = Reference.flat(Reference.gram(Reference.gaussian(random, 6, 3)));
            double[] l = Reference.flat(Reference.gram(Reference.gaussian(random, 6, 3)));
            double value = Hsic.unbiased(k, l, 6);
            unbiased += value / trials;
            squares += value * value / trials;
            biased += Hsic.biased(k, l, 6) / trials;
        }
        double standardError = Math.sqrt(squares / trials);
        assertTrue(Math.abs(unbiased) < 4 * standardError, unbiased + " +- " + standardError);
        assertTrue(biased > 10 * standardError, biased + " +- " + standardError);
    }

    /** The raw estimator on unrelated features is near sqrt(p/(p+n) q/(q+n)), the debiased one near 0. */
    @Test
    void chanceLevelIsAsDerived() {
        Random random = new Random(5);
        CkaMeter small = new CkaMeter();
        for (int batch = 0; batch < 20; batch++) {
            add(small, Reference.gaussian(random, 32, 64), Reference.gaussian(random, 32, 64));
        }
        assertEquals(0.6667, small.result().raw(), 0.02);
        assertTrue(small.result().debiased() < 0.02);
        CkaMeter wide = new CkaMeter();
        add(wide, Reference.gaussian(random, 64, 4096), Reference.gaussian(random, 64, 4096));
        assertEquals(0.9846, wide.result().raw(), 0.002);
        assertTrue(wide.result().debiased() < 0.1);
    }

    @Test
    void participationRatioOfKnownSpectra() {
        // Orthogonal centred directions (Hadamard columns without the constant one) with chosen strengths.
        double[][] hadamard = new double[8][8];
        for (int i = 0; i < 8; i++) {
            for (int j = 0; j < 8; j++) {
                hadamard[i][j] = Integer.bitCount(i & j) % 2 == 0 ? 1 : -1;
            }
        }
        assertEquals(7, ratio(hadamard, 1, 1, 1, 1, 1, 1, 1), 1e-12);
        assertEquals(1, ratio(hadamard, 3), 1e-12);
        assertEquals(2, ratio(hadamard, 5, 5), 1e-12);
        // Eigenvalues in proportion 4 : 1 (strengths 2 : 1): (4+1)^2 / (16+1).
        assertEquals(25.0 / 17, ratio(hadamard, 2, 1), 1e-12);
        assertEquals(0, ratio(hadamard));
    }

    private static double ratio(double[][] directions, double... strengths) {
        double[][] x = new double[8][Math.max(1, strengths.length)];
        for (int i = 0; i < 8; i++) {
            for (int j = 0; j < strengths.length; j++) {
                x[i][j] = 10 + strengths[j] * directions[i][j + 1];
            }
        }
        double[] gram = Reference.flat(Reference.gram(strengths.length == 0 ? x : Reference.columnCentred(x)));
        return Hsic.participationRatio(gram, 8);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void refusesFewerThanFourSamples(int n) {
        double[] k = new double[n * n];
        IllegalArgumentException error = assertThrows(IllegalArgumentException.class, () -> Hsic.unbiased(k, k, n));
        assertTrue(error.getMessage().contains("at least 4"), error.getMessage());
        assertThrows(IllegalArgumentException.class, () -> new CkaMeter().add(k, k, n, 1));
    }

    static void add(CkaMeter meter, double[][] x, double[][] y) {
        meter.add(Reference.flat(Reference.gram(x)), Reference.flat(Reference.gram(y)), x.length, y[0].length);
    }

    private static void close(double expected, double found) {
        assertEquals(expected, found, 1e-11 * Math.max(1, Math.abs(expected)));
    }
}
