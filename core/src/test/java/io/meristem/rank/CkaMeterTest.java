package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CkaMeterTest {

    /** The public notebook of Kornblith et al. (2019); bench/peers/cka_fixture.py writes its data. */
    @Test
    void reproducesThePublishedValues() throws IOException {
        List<double[]> rows = new ArrayList<>();
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                CkaMeterTest.class.getResourceAsStream("/cka/kornblith.csv"), StandardCharsets.UTF_8))) {
            reader.lines()
                    .forEach(line -> rows.add(Arrays.stream(line.split(","))
                            .mapToDouble(Double::parseDouble)
                            .toArray()));
        }
        double[][] x = rows.stream().map(r -> Arrays.copyOfRange(r, 0, 10)).toArray(double[][]::new);
        double[][] y = rows.stream().map(r -> Arrays.copyOfRange(r, 10, 20)).toArray(double[][]::new);
        CkaMeter linear = new CkaMeter();
        HsicTest.add(linear, x, y);
        assertEquals(0.55761, linear.result().raw(), 6e-6);
        assertEquals(0.51346, linear.result().debiased(), 6e-6);
        CkaMeter rbf = new CkaMeter();
        rbf.add(rbf(x), rbf(y), 100, 10);
        assertEquals(0.65483, rbf.result().raw(), 6e-6);
    }

    /** Gaussian kernel whose width is half the median distance. */
    private static double[] rbf(double[][] x) {
        int n = x.length;
        double[] squares = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                for (int c = 0; c < x[i].length; c++) {
                    squares[i * n + j] += Math.pow(x[i][c] - x[j][c], 2);
                }
            }
        }
        double[] sorted = squares.clone();
        Arrays.sort(sorted);
        double median = (sorted[n * n / 2 - 1] + sorted[n * n / 2]) / 2;
        return Arrays.stream(squares).map(s -> Math.exp(-s / (0.5 * median))).toArray();
    }

    @Test
    void averagesTheTermsBeforeTheRatio() {
        Random random = new Random(7);
        double[] terms = new double[6];
        double meanOfRatios = 0;
        double spread = 0;
        CkaMeter meter = new CkaMeter();
        for (int batch = 0; batch < 3; batch++) {
            // Batches of unlike scale: with like ones the wrong form is hard to tell from the right one.
            double[][] x = scaled(Reference.gaussian(random, 8, 5), 1 + 3 * batch);
            double[][] y = Reference.gaussian(random, 8, 4);
            for (int i = 0; i < 8; i++) {
                y[i][0] += x[i][0];
            }
            double[][] k = Reference.gram(x);
            double[][] l = Reference.gram(y);
            terms[0] += Reference.biased(k, l);
            terms[1] += Reference.biased(k, k);
            terms[2] += Reference.biased(l, l);
            terms[3] += Reference.unbiased(k, l);
            terms[4] += Reference.unbiased(k, k);
            terms[5] += Reference.unbiased(l, l);
            meanOfRatios += Reference.biased(k, l) / Math.sqrt(Reference.biased(k, k) * Reference.biased(l, l)) / 3;
            spread += (Reference.participationRatio(l) - 1) / 3 / 3;
            HsicTest.add(meter, x, y);
        }
        Similarity found = meter.result();
        assertEquals(terms[0] / Math.sqrt(terms[1] * terms[2]), found.raw(), 1e-12);
        assertEquals(terms[3] / Math.sqrt(terms[4] * terms[5]), found.debiased(), 1e-12);
        assertTrue(Math.abs(found.raw() - meanOfRatios) > 1e-3);
        assertEquals(spread, found.spread(), 1e-12);
    }

    @Test
    void identityIsOneWhateverScaleShiftAndRotation() {
        Random random = new Random(8);
        double[][] x = Reference.gaussian(random, 12, 2);
        double[][] y = new double[12][2];
        for (int i = 0; i < 12; i++) {
            y[i][0] = 9 + 4 * (0.6 * x[i][0] - 0.8 * x[i][1]);
            y[i][1] = -2 + 4 * (0.8 * x[i][0] + 0.6 * x[i][1]);
        }
        CkaMeter meter = new CkaMeter();
        HsicTest.add(meter, x, y);
        assertEquals(1, meter.result().raw(), 1e-12);
        assertEquals(1, meter.result().debiased(), 1e-12);
    }

    @Test
    void staysInRangeAndTakesDeadFeaturesAsUnchanged() {
        CkaMeter dead = new CkaMeter();
        dead.add(new double[25], Reference.flat(Reference.gram(Reference.gaussian(new Random(1), 5, 3))), 5, 3);
        assertEquals(1, dead.result().raw());
        assertEquals(1, dead.result().debiased());
        CkaMeter silent = new CkaMeter();
        silent.add(Reference.flat(Reference.gram(Reference.gaussian(new Random(1), 5, 3))), new double[25], 5, 3);
        assertEquals(0, silent.result().spread());
        Random random = new Random(9);
        for (int trial = 0; trial < 200; trial++) {
            CkaMeter meter = new CkaMeter();
            HsicTest.add(meter, Reference.gaussian(random, 4, 1), Reference.gaussian(random, 4, 50));
            Similarity s = meter.result();
            assertTrue(s.raw() >= 0 && s.raw() <= 1 && s.debiased() >= 0 && s.debiased() <= 1, s.toString());
            assertTrue(s.spread() >= 0 && s.spread() <= 1, s.toString());
        }
        CkaMeter one = new CkaMeter();
        HsicTest.add(one, Reference.gaussian(random, 6, 3), Reference.gaussian(random, 6, 1));
        assertEquals(0, one.result().spread(), "one feature has no directions to spread over");
    }

    @Test
    void needsABatch() {
        assertThrows(IllegalStateException.class, () -> new CkaMeter().result());
    }

    private static double[][] scaled(double[][] x, double factor) {
        for (double[] row : x) {
            for (int j = 0; j < row.length; j++) {
                row[j] *= factor;
            }
        }
        return x;
    }
}
