package io.meristem.adapter;

import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How one adapter is carried over to another rank. Where the rank grows, the update {@code s B A} stays what it is: A gets rows that are orthogonal to those it has, B columns
 * of zeros. Where it shrinks, whole ranks are dropped, either after a rotation or as they are.
 *
 * <p>With {@code B' = c B M} and {@code A' = M^-1 A}, where {@code c = s / s'} makes up for another scale, the update is the same, and the gradients are {@code g_A'
 * = M' g_A} and {@code g_B' = g_B M^-T / c}. The rotation is the M with which {@code A' = rho V'} and {@code B' = c U S / rho}, where {@code B A = U S V'} and rho is the
 * root mean square of the norms of A's rows: so the rows of A keep the size that they had, on which the learning rate acts.
 *
 * @param ofA of A's rows
 * @param ofB of B's columns
 */
record RankChange(Mixture ofA, Mixture ofB) {

    /** Diagonal entries of a triangular factor below this share of the greatest: rows of A that are made of the others, of which there is no inverse to speak of. */
    private static final double DEPENDENT = 1e-6;

    /** What must be left of a vector of norm 1 outside the others for it to count as a direction of its own. */
    private static final double OWN_SHARE = 0.1;

    /** Likewise of a drawn one, where any direction will do. */
    private static final double ANY_SHARE = 1e-3;

    /**
     * To a rank that is not less.
     *
     * @param c the scale before over that now
     */
    static RankChange growing(int before, int now, double c) {
        double[][] values = identity(before, before, 1);
        double[][] moments = identity(now, before, 1);
        double[][] squares = identity(now, before, 1);
        for (int i = before; i < now; i++) {
            Arrays.fill(squares[i], 1.0 / before);
        }
        return new RankChange(new Mixture(-1, 0, values, moments, squares), ofB(values, moments, squares, c));
    }

    private static Mixture ofB(double[][] values, double[][] moments, double[][] squares, double c) {
        return new Mixture(-1, 1, times(values, c), times(moments, 1 / c), times(squares, 1 / (c * c)));
    }

    /**
     * To a lower rank: the ranks of the greatest {@code ||B_k|| ||A_k||} stay, in their order.
     *
     * @param a (before, columns)
     * @param b (out, before)
     */
    static RankChange plain(Tensor a, Tensor b, int now, double c) {
        double[] ofA = Tensors.toDoubles(a.to(ScalarType.Double).square().sum(1));
        double[] ofB = Tensors.toDoubles(b.to(ScalarType.Double).square().sum(0));
        int[] kept = IntStream.range(0, ofA.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer k) -> -ofA[k] * ofB[k])
                        .thenComparingInt(k -> k))
                .limit(now)
                .sorted()
                .mapToInt(k -> k)
                .toArray();
        double[][] map = new double[now][ofA.length];
        for (int i = 0; i < now; i++) {
            map[i][kept[i]] = 1;
        }
        return new RankChange(new Mixture(-1, 0, map, map, map), ofB(map, map, map, c));
    }

    /**
     * To a rank that is not greater: the directions of the greatest singular values of {@code B A} stay, the greatest first. Where the rows of A depend on one
     * another, {@link #plain}.
     *
     * @param a (before, columns), no more rows than columns
     * @param b (out, before)
     */
    static RankChange rotated(Tensor a, Tensor b, int now, double c) {
        Tensor rows = a.to(ScalarType.Double).cpu();
        T_TensorTensor_T qr = torch.linalg_qr(rows.t());
        Tensor r = Tensors.own(qr.get1()); // (before, before), upper: A' = Q R
        double[] diagonal = Tensors.toDoubles(r.diagonal().abs());
        double greatest = Arrays.stream(diagonal).max().orElse(0);
        double least = Arrays.stream(diagonal).min().orElse(0);
        if (diagonal.length < a.size(0) || !(least > DEPENDENT * greatest)) {
            return plain(a, b, now, c);
        }
        Tensor core = b.to(ScalarType.Double).cpu().matmul(r.t()); // B A = core Q', (out, before)
        T_TensorTensor_T eigen = torch.linalg_eigh(core.t().matmul(core));
        Tensor z = Tensors.own(eigen.get1()).flip(1); // core = U S Z', the greatest first
        double rho = Math.sqrt(rows.square().sum().item_double() / a.size(0));
        double[][] m = matrix(r.t().matmul(z).div(new Scalar(rho)));
        double[][] inverse = matrix(z.t().matmul(torch.linalg_inv(r).t()).mul(new Scalar(rho)));
        double[][] left = Arrays.copyOf(inverse, now);
        double[][] right = Arrays.copyOf(transposed(m), now);
        return new RankChange(
                new Mixture(-1, 0, left, right, squares(right)),
                new Mixture(-1, 1, times(right, c), times(left, 1 / c), squares(times(left, 1 / c))));
    }

    /**
     * Rows of norm 1 that are orthogonal to {@code old} and each other.
     *
     * @param old (rank, columns)
     * @param first wanted directions of norm 1, the most important first, of which those are left out that lie within the others; or null
     * @param drawn as many as are asked for, (count, columns): what the rest is made of
     * @return (count, columns), float32, on the device; the current scope owns it
     */
    static Tensor more(Tensor old, Tensor first, Tensor drawn) {
        int columns = Math.toIntExact(old.size(1));
        int count = Math.toIntExact(drawn.size(0));
        List<double[]> basis = new ArrayList<>();
        for (double[] row : matrix(old)) {
            add(basis, row, ANY_SHARE);
        }
        int given = basis.size();
        if (first != null) {
            for (double[] row : matrix(first)) {
                if (basis.size() < given + count) {
                    add(basis, row, OWN_SHARE);
                }
            }
        }
        for (double[] row : matrix(drawn)) {
            if (basis.size() < given + count) {
                add(basis, row, ANY_SHARE);
            }
        }
        // Where what was drawn lies within the others, which chance does not do, axes do not all.
        for (int axis = 0; axis < columns && basis.size() < given + count; axis++) {
            double[] row = new double[columns];
            row[axis] = 1;
            add(basis, row, ANY_SHARE);
        }
        float[] rows = new float[count * columns];
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < columns; j++) {
                rows[i * columns + j] = (float) basis.get(given + i)[j];
            }
        }
        return Engine.onDevice(Tensors.of(rows, count, columns));
    }

    /** Adds what of {@code row} lies outside the basis, if that is not too small a share of it. */
    private static void add(List<double[]> basis, double[] row, double share) {
        double[] rest = row.clone();
        double whole = norm(rest);
        for (int pass = 0; pass < 2; pass++) { // the second takes away what rounding has left
            for (double[] direction : basis) {
                double inner = 0;
                for (int j = 0; j < rest.length; j++) {
                    inner += direction[j] * rest[j];
                }
                for (int j = 0; j < rest.length; j++) {
                    rest[j] -= inner * direction[j];
                }
            }
        }
        double left = norm(rest);
        if (left > share * whole) {
            for (int j = 0; j < rest.length; j++) {
                rest[j] /= left;
            }
            basis.add(rest);
        }
    }

    private static double norm(double[] row) {
        double sum = 0;
        for (double value : row) {
            sum += value * value;
        }
        return Math.sqrt(sum);
    }

    private static double[][] identity(int rows, int columns, double value) {
        double[][] matrix = new double[rows][columns];
        for (int i = 0; i < Math.min(rows, columns); i++) {
            matrix[i][i] = value;
        }
        return matrix;
    }

    private static double[][] matrix(Tensor tensor) {
        int columns = Math.toIntExact(tensor.size(1));
        double[] flat = Tensors.toDoubles(tensor);
        double[][] rows = new double[Math.toIntExact(tensor.size(0))][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = Arrays.copyOfRange(flat, i * columns, (i + 1) * columns);
        }
        return rows;
    }

    private static double[][] transposed(double[][] matrix) {
        double[][] other = new double[matrix[0].length][matrix.length];
        for (int i = 0; i < matrix.length; i++) {
            for (int j = 0; j < matrix[i].length; j++) {
                other[j][i] = matrix[i][j];
            }
        }
        return other;
    }

    private static double[][] times(double[][] matrix, double factor) {
        return Arrays.stream(matrix)
                .map(row -> Arrays.stream(row).map(value -> value * factor).toArray())
                .toArray(double[][]::new);
    }

    private static double[][] squares(double[][] matrix) {
        return Arrays.stream(matrix)
                .map(row -> Arrays.stream(row).map(value -> value * value).toArray())
                .toArray(double[][]::new);
    }
}
