package io.meristem.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ScoresTest {

    private static final double EXACT = 1e-7;
    private static final List<String> ABC = List.of("a", "b", "c");

    /** Worked by hand. */
    @Test
    void handWorkedExample() {
        float[][] p = {
            {0.7f, 0.2f, 0.1f}, // a, called a
            {0.3f, 0.6f, 0.1f}, // a, called b
            {0.1f, 0.8f, 0.1f}, // b, called b
            {0.2f, 0.3f, 0.5f}, // c, called c
            {0.4f, 0.1f, 0.5f}, // b, called c
        };
        Scores s = scores(p, new int[] {0, 0, 1, 2, 1}, ABC);
        assertEquals(5, s.photos());
        assertEquals(0.6, s.accuracy(), EXACT);
        assertArrayEquals(new int[] {1, 1, 0}, s.confusion()[0]);
        assertArrayEquals(new int[] {0, 1, 1}, s.confusion()[1]);
        assertArrayEquals(new int[] {0, 0, 1}, s.confusion()[2]);
        check(s.classes().get(0), "a", 2, 1, 0.5, 2 / 3.0);
        check(s.classes().get(1), "b", 2, 0.5, 0.5, 0.5);
        check(s.classes().get(2), "c", 1, 0.5, 1, 2 / 3.0);
        assertEquals((2 / 3.0 + 0.5 + 2 / 3.0) / 3, s.macroF1(), EXACT);
        // a by falling probability: a .7, b .4, a .3: 1/2 * 1 + 1/2 * 2/3.
        assertEquals(5 / 6.0, s.classes().get(0).averagePrecision(), EXACT);
        // b: b .8, a .6, c .3, a .2, b .1: 1/2 * 1 + 1/2 * 2/5.
        assertEquals(0.7, s.classes().get(1).averagePrecision(), EXACT);
        // c: c and b tie at .5, one threshold: precision 1/2 at full recall.
        assertEquals(0.5, s.classes().get(2).averagePrecision(), EXACT);
        assertEquals((5 / 6.0 + 0.7 + 0.5) / 3, s.meanAveragePrecision(), EXACT);
        double loss = -(Math.log(0.7) + Math.log(0.3) + Math.log(0.8) + Math.log(0.5) + Math.log(0.1)) / 5;
        assertEquals(loss, s.logLoss(), 1e-6);
    }

    private static void check(
            Scores.ClassScore c, String name, int photos, double precision, double recall, double f1) {
        assertEquals(name, c.name());
        assertEquals(photos, c.photos());
        assertEquals(precision, c.precision(), EXACT);
        assertEquals(recall, c.recall(), EXACT);
        assertEquals(f1, c.f1(), EXACT);
    }

    @Test
    void perfectAndWorst() {
        float[][] eye = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
        Scores perfect = scores(eye, new int[] {0, 1, 2}, ABC);
        assertEquals(1, perfect.accuracy());
        assertEquals(1, perfect.macroF1());
        assertEquals(1, perfect.meanAveragePrecision());
        assertEquals(0, perfect.logLoss());
        Scores worst = scores(eye, new int[] {1, 2, 0}, ABC);
        assertEquals(0, worst.accuracy());
        assertEquals(0, worst.macroF1());
        // The true photo ties with one other at the bottom: precision 1/3 at full recall.
        assertEquals(1 / 3.0, worst.meanAveragePrecision(), EXACT);
        assertEquals(-Math.log(1e-12), worst.logLoss(), 1e-6);
    }

    @Test
    void aClassWithoutPhotosDoesNotCountInTheMeans() {
        float[][] p = {{0.6f, 0.3f, 0.1f}, {0.2f, 0.7f, 0.1f}, {0.2f, 0.2f, 0.6f}};
        Scores s = scores(p, new int[] {0, 1, 0}, ABC);
        Scores.ClassScore absent = s.classes().get(2);
        assertEquals(0, absent.photos());
        assertEquals(0, absent.precision());
        assertNull(absent.recall());
        assertNull(absent.f1());
        assertNull(absent.averagePrecision());
        assertEquals(List.of("c"), s.absent());
        assertEquals((2 / 3.0 + 1) / 2, s.macroF1(), EXACT);
        double firstAp = (1 + 2 / 3.0) / 2; // a .6, then a and b tie at .2
        assertEquals((firstAp + 1) / 2, s.meanAveragePrecision(), EXACT);
    }

    @Test
    void noPhotosGiveZeros() {
        Scores none = scores(new float[0][], new int[0], ABC);
        assertEquals(0, none.photos());
        assertEquals(0, none.accuracy());
        assertEquals(0, none.meanAveragePrecision());
    }

    @Test
    void theLowerClassWinsATie() {
        assertEquals(
                0,
                predictions(new float[][] {{0.4f, 0.4f, 0.2f}}, new int[] {1}).top(0));
        assertEquals(
                1,
                predictions(new float[][] {{0.2f, 0.4f, 0.4f}}, new int[] {1}).top(0));
    }

    /** Precision and recall at every threshold from their definitions, quadratic and plain; many ties. */
    @Test
    void averagePrecisionEqualsAPlainReference() {
        Random random = new Random(1);
        for (int trial = 0; trial < 200; trial++) {
            int n = 1 + random.nextInt(40);
            int levels = 1 + random.nextInt(30);
            float[][] p = new float[n][2];
            int[] labels = new int[n];
            for (int i = 0; i < n; i++) {
                p[i][0] = random.nextInt(levels) / (float) levels;
                p[i][1] = 1 - p[i][0];
                labels[i] = random.nextInt(2);
            }
            assertEquals(plain(p, labels), Scores.averagePrecision(predictions(p, labels), 0), 1e-12);
        }
    }

    private static double plain(float[][] p, int[] labels) {
        double[] thresholds = IntStream.range(0, p.length)
                .mapToDouble(i -> -p[i][0])
                .distinct()
                .sorted()
                .map(v -> -v)
                .toArray();
        double positives = Arrays.stream(labels).filter(l -> l == 0).count();
        double area = 0;
        double before = 0;
        for (double threshold : thresholds) {
            double called = 0;
            double hits = 0;
            for (int i = 0; i < p.length; i++) {
                called += p[i][0] >= threshold ? 1 : 0;
                hits += p[i][0] >= threshold && labels[i] == 0 ? 1 : 0;
            }
            area += positives == 0 ? 0 : (hits / positives - before) * hits / called;
            before = positives == 0 ? 0 : hits / positives;
        }
        return area;
    }

    @Test
    void doesNotDependOnTheOrderOfPhotos() {
        Random random = new Random(2);
        float[][] p = new float[30][3];
        int[] labels = new int[30];
        for (int i = 0; i < 30; i++) {
            p[i] = new float[] {random.nextInt(5) / 5f, random.nextInt(5) / 5f, random.nextInt(5) / 5f};
            labels[i] = random.nextInt(3);
        }
        float[][] turned = new float[30][];
        int[] turnedLabels = new int[30];
        for (int i = 0; i < 30; i++) {
            turned[i] = p[29 - i];
            turnedLabels[i] = labels[29 - i];
        }
        Scores one = scores(p, labels, ABC);
        Scores two = scores(turned, turnedLabels, ABC);
        assertEquals(one.classes(), two.classes());
        assertEquals(one.accuracy(), two.accuracy());
        assertEquals(one.logLoss(), two.logLoss(), 1e-12);
        assertTrue(Arrays.deepEquals(one.confusion(), two.confusion()));
    }

    private static Scores scores(float[][] p, int[] labels, List<String> names) {
        return Scores.of(predictions(p, labels), names);
    }

    private static Predictions predictions(float[][] p, int[] labels) {
        return new Predictions(p, labels, IntStream.range(0, labels.length).toArray());
    }
}
