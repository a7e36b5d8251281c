package io.meristem.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Tensors;
import java.util.Random;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Changes of one layer's rank against plain matrices in float64. */
class RankChangeTest {

    private static final int OUT = 7;
    private static final int COLUMNS = 9;
    private static final int RANK = 4;

    private static double[][] random(Random random, int rows, int columns) {
        double[][] matrix = new double[rows][columns];
        for (double[] row : matrix) {
            for (int j = 0; j < columns; j++) {
                row[j] = (float) random.nextGaussian();
            }
        }
        return matrix;
    }

    private static double[][] times(double[][] a, double[][] b) {
        double[][] c = new double[a.length][b[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int k = 0; k < b.length; k++) {
                for (int j = 0; j < b[0].length; j++) {
                    c[i][j] += a[i][k] * b[k][j];
                }
            }
        }
        return c;
    }

    private static double[][] times(double factor, double[][] a) {
        double[][] c = new double[a.length][a[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[0].length; j++) {
                c[i][j] = factor * a[i][j];
            }
        }
        return c;
    }

    private static double[][] transposed(double[][] a) {
        double[][] c = new double[a[0].length][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[0].length; j++) {
                c[j][i] = a[i][j];
            }
        }
        return c;
    }

    private static double squares(double[][] a) {
        double sum = 0;
        for (double[] row : a) {
            for (double value : row) {
                sum += value * value;
            }
        }
        return sum;
    }

    private static double distance(double[][] a, double[][] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[0].length; j++) {
                sum += (a[i][j] - b[i][j]) * (a[i][j] - b[i][j]);
            }
        }
        return Math.sqrt(sum);
    }

    private static Tensor tensor(double[][] matrix) {
        float[] flat = new float[matrix.length * matrix[0].length];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = (float) matrix[i / matrix[0].length][i % matrix[0].length];
        }
        return Tensors.of(flat, matrix.length, matrix[0].length);
    }

    private static double[][] matrix(Tensor tensor) {
        double[] flat = Tensors.toDoubles(tensor);
        int columns = Math.toIntExact(tensor.size(1));
        double[][] matrix = new double[flat.length / columns][columns];
        for (int i = 0; i < flat.length; i++) {
            matrix[i / columns][i % columns] = flat[i];
        }
        return matrix;
    }

    /** The factors after a change, and what the update's gradient gives for them, against what the change makes of the gradients before. */
    private static void checkMaps(RankChange change, double[][] a, double[][] b, double s, double now, Random random) {
        double[][] newA = matrix(change.ofA().values(tensor(a), tensor(a)));
        double[][] newB = matrix(change.ofB().values(tensor(b), tensor(b)));
        double[][] gradient = random(random, OUT, COLUMNS); // of the weight
        double[][] gA = times(s, times(transposed(b), gradient));
        double[][] gB = times(s, times(gradient, transposed(a)));
        double[][] ofA = times(now, times(transposed(newB), gradient));
        double[][] ofB = times(now, times(gradient, transposed(newA)));
        double[][] mappedA = matrix(change.ofA().moments(tensor(gA)));
        double[][] mappedB = matrix(change.ofB().moments(tensor(gB)));
        assertEquals(0, distance(ofA, mappedA), 1e-4 * Math.sqrt(squares(ofA)));
        assertEquals(0, distance(ofB, mappedB), 1e-4 * Math.sqrt(squares(ofB)));

        // Squares of gradients that have nothing to do with each other: unit vectors one by one.
        double[][] v = times(1, random(random, a.length, COLUMNS));
        double[][] expectedA = new double[newA.length][COLUMNS];
        double[][] expectedB = new double[OUT][newA.length];
        double[][] w = random(random, OUT, a.length);
        for (double[] row : v) {
            IntStream.range(0, row.length).forEach(j -> row[j] = Math.abs(row[j]));
        }
        for (double[] row : w) {
            IntStream.range(0, row.length).forEach(j -> row[j] = Math.abs(row[j]));
        }
        for (int k = 0; k < a.length; k++) {
            double[][] unitA = new double[a.length][1];
            unitA[k][0] = 1;
            double[][] ofUnitA = matrix(change.ofA().moments(tensor(unitA)));
            double[][] unitB = new double[1][a.length];
            unitB[0][k] = 1;
            double[][] ofUnitB = matrix(change.ofB().moments(tensor(unitB)));
            for (int i = 0; i < newA.length; i++) {
                for (int j = 0; j < COLUMNS; j++) {
                    expectedA[i][j] += ofUnitA[i][0] * ofUnitA[i][0] * v[k][j];
                }
                for (int o = 0; o < OUT; o++) {
                    expectedB[o][i] += ofUnitB[0][i] * ofUnitB[0][i] * w[o][k];
                }
            }
        }
        double[][] squaresA = matrix(change.ofA().squares(tensor(v)));
        double[][] squaresB = matrix(change.ofB().squares(tensor(w)));
        assertEquals(0, distance(expectedA, squaresA), 1e-4 * Math.sqrt(squares(expectedA)));
        assertEquals(0, distance(expectedB, squaresB), 1e-4 * Math.sqrt(squares(expectedB)));
        for (double[] row : squaresA) {
            for (double value : row) {
                assertTrue(value >= 0);
            }
        }
    }

    @Test
    void aRotationKeepsTheUpdateAndTurnsTheGradients() {
        Random random = new Random(1);
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            for (int trial = 0; trial < 10; trial++) {
                double[][] a = random(random, RANK, COLUMNS);
                double[][] b = times(0.1, random(random, OUT, RANK));
                double s = 2;
                double now = trial % 2 == 0 ? 2 : 0.5;
                RankChange change = RankChange.rotated(tensor(a), tensor(b), RANK, s / now);
                double[][] newA = matrix(change.ofA().values(tensor(a), tensor(a)));
                double[][] newB = matrix(change.ofB().values(tensor(b), tensor(b)));
                double[][] before = times(s, times(b, a));
                assertEquals(0, distance(before, times(now, times(newB, newA))), 1e-6 * Math.sqrt(squares(before)));
                checkMaps(change, a, b, s, now, random);
                // What stood for the factors, such as their averages, goes on as the same update, too.
                double[][] a2 = random(random, RANK, COLUMNS);
                double[][] b2 = random(random, OUT, RANK);
                double[][] meanA = matrix(change.ofA().values(tensor(a2), tensor(a2)));
                double[][] meanB = matrix(change.ofB().values(tensor(b2), tensor(b2)));
                double[][] mean = times(s, times(b2, a2));
                assertEquals(0, distance(mean, times(now, times(meanB, meanA))), 1e-5 * Math.sqrt(squares(mean)));

                // A's rows are orthogonal and as long as they were on average; B's columns are orthogonal, the longest
                // first.
                double[][] gram = times(newA, transposed(newA));
                double[][] other = times(transposed(newB), newB);
                for (int i = 0; i < RANK; i++) {
                    assertEquals(squares(a) / RANK, gram[i][i], 1e-5 * squares(a));
                    assertTrue(i == 0 || other[i][i] <= other[i - 1][i - 1] * 1.000001);
                    for (int j = 0; j < i; j++) {
                        assertEquals(0, gram[i][j], 1e-5 * squares(a));
                        assertEquals(0, other[i][j], 1e-5 * squares(newB));
                    }
                }
            }
        }
    }

    @Test
    void aRotationDropsTheSmallestSingularValues() {
        Random random = new Random(2);
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            // Orthogonal columns and rows of known length, mixed so that no rank is one of them.
            double[][] u = new double[OUT][3];
            double[][] v = new double[3][COLUMNS];
            double[] sigma = {3, 1, 0.25};
            for (int k = 0; k < 3; k++) {
                u[2 * k][k] = sigma[k];
                v[k][2 * k + 1] = 1;
            }
            double[][] mix = random(random, 3, 3);
            Tensor inverse = torch.linalg_inv(tensor(mix));
            double[][] b = times(u, mix);
            double[][] a = times(matrix(inverse), v);
            for (int rank = 1; rank <= 2; rank++) {
                RankChange change = RankChange.rotated(tensor(a), tensor(b), rank, 1);
                double[][] newA = matrix(change.ofA().values(tensor(a), torch.zeros(rank, 9)));
                double[][] newB = matrix(change.ofB().values(tensor(b), torch.zeros(7, rank)));
                assertEquals(rank, newA.length);
                double tail = 0;
                for (int k = rank; k < 3; k++) {
                    tail += sigma[k] * sigma[k];
                }
                assertEquals(Math.sqrt(tail), distance(times(u, v), times(newB, newA)), 1e-5);
            }
        }
    }

    @Test
    void withoutRotationTheSmallestRanksGo() {
        Random random = new Random(3);
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            double[][] a = random(random, RANK, COLUMNS);
            double[][] b = random(random, OUT, RANK);
            for (int o = 0; o < OUT; o++) {
                b[o][1] *= 0.01;
            }
            for (int j = 0; j < COLUMNS; j++) {
                a[2][j] *= 0.02;
            }
            RankChange change = RankChange.plain(tensor(a), tensor(b), 2, 4);
            double[][] newA = matrix(change.ofA().values(tensor(a), torch.zeros(2, 9)));
            double[][] newB = matrix(change.ofB().values(tensor(b), torch.zeros(7, 2)));
            assertArrayEquals(a[0], newA[0], 1e-6);
            assertArrayEquals(a[3], newA[1], 1e-6);
            for (int o = 0; o < OUT; o++) {
                assertEquals(4 * b[o][0], newB[o][0], 1e-5);
                assertEquals(4 * b[o][3], newB[o][1], 1e-5);
            }
            checkMapsOfPlain(change, a, b, random);
        }
    }

    private static void checkMapsOfPlain(RankChange change, double[][] a, double[][] b, Random random) {
        double[][] g = random(random, RANK, COLUMNS);
        double[][] mapped = matrix(change.ofA().moments(tensor(g)));
        assertArrayEquals(g[0], mapped[0], 1e-6);
        assertArrayEquals(g[3], mapped[1], 1e-6);
        double[][] h = random(random, OUT, RANK);
        double[][] ofB = matrix(change.ofB().moments(tensor(h)));
        double[][] squaresOfB = matrix(change.ofB().squares(tensor(h)));
        for (int o = 0; o < OUT; o++) {
            assertEquals(h[o][3] / 4, ofB[o][1], 1e-6);
            assertEquals(h[o][3] / 16, squaresOfB[o][1], 1e-6);
        }
        assertEquals(a.length, b[0].length);
    }

    /** Nothing trained yet, or rows that depend on each other: numbers all the same. */
    @Test
    void zerosAndDependentRowsDoNoHarm() {
        Random random = new Random(4);
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            double[][] a = random(random, RANK, COLUMNS);
            double[][] zero = new double[OUT][RANK];
            RankChange still = RankChange.rotated(tensor(a), tensor(zero), 2, 1);
            assertEquals(0, squares(matrix(still.ofB().values(tensor(zero), tensor(new double[OUT][2])))));
            double[][] moved = matrix(still.ofA().values(tensor(a), tensor(new double[2][COLUMNS])));
            assertTrue(Double.isFinite(squares(moved)) && squares(moved) > 0);

            a[2] = a[1].clone();
            double[][] b = random(random, OUT, RANK);
            RankChange plain = RankChange.rotated(tensor(a), tensor(b), 3, 1);
            double[][] newB = matrix(plain.ofB().values(tensor(b), tensor(new double[OUT][3])));
            for (int k = 0; k < 3; k++) {
                int column = k;
                assertTrue(
                        IntStream.range(0, RANK).anyMatch(j -> Math.abs(b[0][j] - newB[0][column]) < 1e-6),
                        "these are ranks as they were");
            }
        }
    }

    @Test
    void growthAddsNothingToTheUpdateAndTheMeanToTheSquares() {
        Random random = new Random(5);
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            double[][] a = random(random, 2, COLUMNS);
            double[][] b = random(random, OUT, 2);
            RankChange change = RankChange.growing(2, 4, 0.5);
            double[][] rows = random(random, 4, COLUMNS);
            double[][] columns = random(random, OUT, 4);
            double[][] newA = matrix(change.ofA().values(tensor(a), tensor(rows)));
            double[][] newB = matrix(change.ofB().values(tensor(b), tensor(columns)));
            assertArrayEquals(a[1], newA[1], 0);
            assertArrayEquals(rows[3], newA[3], 0);
            double[][] m = matrix(change.ofA().moments(tensor(a)));
            assertArrayEquals(new double[COLUMNS], m[2], 0);
            double[][] v = matrix(change.ofA().squares(tensor(a)));
            double[][] w = matrix(change.ofB().squares(tensor(b)));
            for (int j = 0; j < COLUMNS; j++) {
                assertEquals((a[0][j] + a[1][j]) / 2, v[2][j], 1e-6);
            }
            for (int o = 0; o < OUT; o++) {
                assertEquals(0.5 * b[o][0], newB[o][0], 1e-7);
                assertEquals(columns[o][2], newB[o][2], 1e-7);
                assertEquals(2 * (b[o][0] + b[o][1]), w[o][3], 1e-5);
                assertEquals(4 * b[o][1], w[o][1], 1e-5);
            }
        }
    }

    @Test
    void newRowsAreOrthogonalToTheOldAndFollowTheDirections() {
        Random random = new Random(6);
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            double[][] old = random(random, 3, COLUMNS);
            double[][] directions = new double[2][COLUMNS];
            directions[0] = old[0].clone(); // is there already
            directions[1][4] = 1;
            double[][] rows =
                    matrix(RankChange.more(tensor(old), tensor(directions), tensor(random(random, 4, COLUMNS))));
            assertEquals(4, rows.length);
            double[][] among = times(rows, transposed(rows));
            double[][] between = times(rows, transposed(old));
            for (int i = 0; i < 4; i++) {
                for (int j = 0; j < 4; j++) {
                    assertEquals(i == j ? 1 : 0, among[i][j], 1e-5);
                }
                for (int j = 0; j < 3; j++) {
                    assertEquals(0, between[i][j], 1e-5);
                }
            }
            // The first is what of the second direction lies outside the old rows.
            double[] inner = new double[COLUMNS];
            for (int j = 0; j < COLUMNS; j++) {
                inner[j] = directions[1][j];
            }
            double[][] rest = times(new double[][] {inner}, transposed(rows));
            assertTrue(rest[0][0] > 0.1);
            for (int i = 1; i < 4; i++) {
                assertEquals(0, rest[0][i], 1e-5);
            }
            assertEquals(
                    6,
                    matrix(RankChange.more(tensor(old), null, tensor(new double[6][COLUMNS]))).length,
                    "out of nothing");
        }
    }
}
