package io.meristem.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CalibrationTest {

    /** Labels are drawn from softmax(z); what is seen are the probabilities of {@code sharpness} z, as of a network that is too sure. */
    private static Predictions drawn(int n, double sharpness, long seed) {
        Random random = new Random(seed);
        float[][] rows = new float[n][];
        int[] labels = new int[n];
        for (int i = 0; i < n; i++) {
            float[] z = new float[4];
            float[] sharp = new float[4];
            for (int c = 0; c < z.length; c++) {
                z[c] = (float) (2 * random.nextGaussian());
                sharp[c] = (float) (sharpness * z[c]);
            }
            float[] p = Temperature.softmax(z);
            double u = random.nextDouble();
            int label = 0;
            for (double sum = p[0]; sum < u && label < 3; sum += p[label]) {
                label++;
            }
            rows[i] = Temperature.softmax(sharp);
            labels[i] = label;
        }
        return new Predictions(rows, labels, new int[n]);
    }

    private static double logLoss(Predictions p, double temperature) {
        double sum = 0;
        for (int i = 0; i < p.size(); i++) {
            double total = 0;
            for (float q : p.probabilities()[i]) {
                total += Math.pow(q, 1 / temperature);
            }
            sum -= Math.log(Math.pow(p.probabilities()[i][p.labels()[i]], 1 / temperature) / total);
        }
        return sum / p.size();
    }

    /** The log loss of photos as probable as the network says, as many as the prior weighs, for each photo of {@code p}. */
    private static double prior(Predictions p, double temperature) {
        double sum = 0;
        Predictions q = Temperature.apply(p, temperature);
        for (int i = 0; i < p.size(); i++) {
            for (int c = 0; c < p.probabilities()[i].length; c++) {
                sum -= p.probabilities()[i][c] * Math.log(q.probabilities()[i][c]);
            }
        }
        return Temperature.PRIOR_PHOTOS * sum / p.size() / p.size();
    }

    @Test
    void theFitFindsTheSharpnessThatWasPutIn() {
        for (double sharpness : new double[] {0.4, 1, 3}) {
            Predictions p = drawn(20_000, sharpness, 5);
            double t = Temperature.fit(p).temperature();
            assertEquals(sharpness, t, 0.05 * sharpness);
            assertTrue(Reliability.of(Temperature.apply(p, t)).calibrationError() < 0.012);
        }
    }

    @Test
    void theFitIsTheLeastOfADenseScan() {
        Predictions p = drawn(300, 2.5, 7);
        double t = Temperature.fit(p).temperature();
        double best = logLoss(p, t) + prior(p, t);
        for (double other = 0.5; other < 10; other += 0.01) {
            assertTrue(best <= logLoss(p, other) + prior(p, other) + 1e-12, "T " + other);
        }
        assertEquals(logLoss(p, t), Reliability.of(Temperature.apply(p, t)).logLoss(), 1e-6);
    }

    @Test
    void aTemperatureNeverChangesTheAnswer() {
        Predictions p = drawn(500, 3, 9);
        for (double t : new double[] {0.3, 1, 4}) {
            Predictions q = Temperature.apply(p, t);
            for (int i = 0; i < p.size(); i++) {
                assertEquals(p.top(i), q.top(i));
            }
        }
        assertArrayEquals(p.probabilities()[3], Temperature.apply(p.probabilities()[3], 1));
    }

    @Test
    void certainAnswersSurviveATemperature() {
        float[] q = Temperature.apply(new float[] {1, 0, 0}, 2);
        assertEquals(1, q[0], 1e-6);
        assertTrue(Float.isFinite(q[1]));
    }

    @Test
    void photosThatDoNotSettleTheTemperatureLeaveItAlone() {
        Temperature.Fit right = Temperature.fit(named(40, 0.9f, 40));
        assertEquals(1, right.temperature());
        assertTrue(right.note().contains("named rightly"), right.note());
        Temperature.Fit wrong = Temperature.fit(named(40, 0.9f, 10));
        assertEquals(1, wrong.temperature());
        assertTrue(wrong.note().contains("by chance"), wrong.note());
        assertNull(Temperature.fit(drawn(100, 1, 1)).note());
        assertThrows(
                IllegalArgumentException.class,
                () -> Temperature.fit(new Predictions(new float[0][], new int[0], new int[0])));
    }

    /** Photos of two classes that are all named with one confidence, some of them rightly. */
    private static Predictions named(int n, float confidence, int right) {
        float[][] rows = new float[n][];
        int[] labels = new int[n];
        for (int i = 0; i < n; i++) {
            boolean first = i % 2 == 0;
            rows[i] = first ? new float[] {confidence, 1 - confidence} : new float[] {1 - confidence, confidence};
            labels[i] = first == i < right ? 0 : 1;
        }
        return new Predictions(rows, labels, new int[n]);
    }

    /** Four validation photos, as in a first try with a handful of pictures: no temperature is worth having. */
    @Test
    void aHandfulOfPhotosNeverMakesProbabilitiesWorse() {
        for (double sharpness : new double[] {0.05, 0.5, 1, 2}) {
            double before = 0;
            double after = 0;
            for (int seed = 0; seed < 8; seed++) {
                Temperature.Fit fit = Temperature.fit(drawn(4, sharpness, 100 + seed));
                assertEquals(1, fit.temperature());
                assertTrue(fit.note().contains("only 4 validation photos"), fit.note());
                Predictions test = drawn(80, sharpness, 200 + seed);
                before += Reliability.of(test).logLoss();
                after += Reliability.of(Temperature.apply(test, fit.temperature()))
                        .logLoss();
            }
            assertTrue(after <= before, sharpness + ": " + after + " after " + before);
        }
        assertNotNull(Temperature.fit(drawn(Temperature.LEAST_PHOTOS - 1, 3, 1)).note());
        assertTrue(Temperature.fit(drawn(1, 3, 1)).note().contains("only 1 validation photo,"));
    }

    /** From where a temperature is fitted on, it mends more than it spoils, and spoils little where nothing is to be mended. */
    @Test
    void someTensOfPhotosAreDrawnTowardsOne() {
        for (int n : new int[] {Temperature.LEAST_PHOTOS, 60}) {
            for (double sharpness : new double[] {0.5, 1, 2.5}) {
                double gain = 0;
                for (int seed = 0; seed < 40; seed++) {
                    Predictions val = drawn(n, sharpness, 300 + seed);
                    double t = Temperature.fit(val).temperature();
                    double alone = Temperature.fit(logits(val), val.labels(), 0);
                    assertTrue(t == 1 || Math.abs(Math.log(t)) <= Math.abs(Math.log(alone)), t + " and " + alone);
                    Predictions test = drawn(400, sharpness, 400 + seed);
                    gain += Reliability.of(test).logLoss()
                            - Reliability.of(Temperature.apply(test, t)).logLoss();
                }
                double least = sharpness == 1 ? -0.01 : 0.03;
                assertTrue(gain / 40 > least, n + " photos, " + sharpness + ": " + gain / 40);
            }
        }
    }

    private static double[][] logits(Predictions p) {
        double[][] logits = new double[p.size()][];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = new double[p.probabilities()[i].length];
            for (int c = 0; c < logits[i].length; c++) {
                logits[i][c] = Math.log(p.probabilities()[i][c]);
            }
        }
        return logits;
    }

    @Test
    void aTemperatureAtABoundIsSaid() {
        Temperature.Fit fit = Temperature.fit(named(100, 0.5001f, 95));
        assertEquals(Temperature.LEAST, fit.temperature(), 1e-6);
        assertTrue(fit.note().contains("at a bound"), fit.note());
    }

    @Test
    void aRowThatIsNoAnswerStaysOne() {
        for (float wrong : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            float[] row = Temperature.softmax(new float[] {1, wrong, 2});
            assertFalse(Predictions.isAnswer(row));
            for (float p : row) {
                assertTrue(Float.isNaN(p));
            }
            assertFalse(Predictions.isAnswer(Temperature.apply(row, 2)));
            assertFalse(Predictions.isAnswer(Temperature.mean(List.of(new float[] {1, 0, 0}, row))));
            Predictions p = new Predictions(new float[][] {{1, 0, 0}, row}, new int[2], new int[2]);
            assertArrayEquals(new int[] {1}, p.overflowed());
        }
    }

    @Test
    void theCalibrationErrorByHand() {
        // Bins of 1/15: 0.9 lies in (13/15, 14/15], 0.55 and 0.58 in (8/15, 9/15].
        Predictions p = new Predictions(
                new float[][] {{0.9f, 0.1f}, {0.9f, 0.1f}, {0.55f, 0.45f}, {0.42f, 0.58f}},
                new int[] {0, 1, 0, 1},
                new int[4]);
        Reliability r = Reliability.of(p);
        double expected = 2 / 4.0 * Math.abs(0.9 - 0.5) + 2 / 4.0 * Math.abs(0.565 - 1);
        assertEquals(expected, r.calibrationError(), 1e-6);
        assertEquals(2, r.bins().get(13).photos());
        assertEquals(2, r.bins().get(8).photos());
        assertEquals(0.5, r.bins().get(13).accuracy());
        assertEquals(0.565, r.bins().get(8).confidence(), 1e-6);
        assertEquals(0.75, r.accuracy());
        assertEquals(0.7325, r.confidence(), 1e-6);
        assertEquals(-(Math.log(0.9) + Math.log(0.1) + Math.log(0.55) + Math.log(0.58)) / 4, r.logLoss(), 1e-6);
    }

    @Test
    void noPhotosHaveNoError() {
        Reliability none = Reliability.of(new Predictions(new float[0][], new int[0], new int[0]));
        assertEquals(0, none.calibrationError());
        assertEquals(Reliability.BINS, none.bins().size());
    }

    @Test
    void withheldAnswers() {
        Predictions p = new Predictions(
                new float[][] {{0.9f, 0.1f}, {0.8f, 0.2f}, {0.7f, 0.3f}, {0.6f, 0.4f}},
                new int[] {0, 0, 1, 0},
                new int[4]);
        Coverage.Point point = Coverage.at(p, 0.7f);
        assertEquals(3, point.answered());
        assertEquals(2, point.right());
        assertEquals(0.75, point.coverage());
        assertNull(Coverage.at(p, 0.99).accuracy());
        assertEquals(4, Coverage.table(p).get(0).answered());
        assertEquals(0.8f, Coverage.threshold(p, 0.95).getAsDouble());
        assertEquals(0.6f, Coverage.threshold(p, 0.75).getAsDouble());
        List<Integer> answered =
                Coverage.curve(p).stream().map(Coverage.Point::answered).toList();
        assertEquals(List.of(1, 2, 3, 4), answered);
        Predictions wrong = new Predictions(new float[][] {{0.9f, 0.1f}}, new int[] {1}, new int[1]);
        assertTrue(Coverage.threshold(wrong, 0.5).isEmpty());
    }

    @Test
    void viewsAreAveraged() {
        assertArrayEquals(
                new float[] {0.5f, 0.5f},
                Temperature.mean(List.of(new float[] {0.9f, 0.1f}, new float[] {0.1f, 0.9f})));
    }
}
