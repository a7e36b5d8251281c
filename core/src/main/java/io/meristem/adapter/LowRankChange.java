package io.meristem.adapter;

import io.meristem.engine.Tensors;
import io.meristem.weights.SavedTensors;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** Norms of low-rank updates from their factors: rank x rank products are formed, and the full matrix only where it is the smaller one. */
public final class LowRankChange {

    /** Products of ranks up to which loops are used. */
    private static final long LOOPS = 64 * 64;

    private LowRankChange() {}

    /** Factors of {@code B A}, row-major: b (out, rank), a (rank, columns). */
    public record Factors(double[] b, double[] a, int out, int columns, int rank) {

        private Tensor matrixA() {
            return Tensors.of(a, rank, columns);
        }

        private Tensor matrixB() {
            return Tensors.of(b, out, rank);
        }

        private Tensor product() {
            return matrixB().matmul(matrixA());
        }

        /** Puts them, in float64, among {@code tensors} to be saved; the current scope owns them. */
        void save(String name, Map<String, Tensor> tensors) {
            tensors.put(name + ".A", Tensors.of(a, rank, columns));
            tensors.put(name + ".B", Tensors.of(b, out, rank));
        }

        /** What {@link #save} has put there. */
        static Factors load(String name, SavedTensors saved) {
            try (PointerScope scope = new PointerScope()) {
                Tensor a = saved.read(name + ".A");
                Tensor b = saved.read(name + ".B");
                return new Factors(
                        Tensors.toDoubles(b),
                        Tensors.toDoubles(a),
                        Math.toIntExact(b.size(0)),
                        Math.toIntExact(a.size(1)),
                        Math.toIntExact(a.size(0)));
            }
        }
    }

    /**
     * {@code || B1 A1 - B0 A0 ||_F}; {@code before} null counts as zero.
     *
     * <p>Factors of equal rank are subtracted first, {@code (B1 - B0) A1 + B0 (A1 - A0)}: the textbook sum of two large norms less twice their
     * inner product would lose every change below 1e-8 of the update.
     */
    public static double distance(Factors now, Factors before) {
        int least = before == null ? now.rank : Math.min(now.rank, before.rank);
        if ((long) least * least > LOOPS && least >= Math.min(now.out, now.columns)) {
            return direct(now, before);
        }
        if (before == null) {
            return Math.sqrt(Math.max(0, inner(now, now)));
        }
        double squared;
        if (now.rank == before.rank) {
            Factors left = new Factors(minus(now.b, before.b), now.a, now.out, now.columns, now.rank);
            Factors right = new Factors(before.b, minus(now.a, before.a), now.out, now.columns, now.rank);
            squared = inner(left, left) + inner(right, right) + 2 * inner(left, right);
        } else {
            squared = inner(now, now) + inner(before, before) - 2 * inner(now, before);
        }
        return Math.sqrt(Math.max(0, squared));
    }

    private static double[] minus(double[] one, double[] zero) {
        double[] difference = new double[one.length];
        for (int i = 0; i < one.length; i++) {
            difference[i] = one[i] - zero[i];
        }
        return difference;
    }

    /** Of factors of so great a rank that the full matrices cost less. */
    private static double direct(Factors now, Factors before) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor product = now.product();
            return (before == null ? product : product.sub(before.product()))
                    .norm()
                    .item_double();
        }
    }

    /**
     * {@code <B1 A1, B0 A0> = tr((B1' B0) (A0 A1'))}. Large factors go to the engine: for ranks of hundreds the loops would take minutes, while it takes
     * no longer than a training step that forms {@code B A}.
     */
    static double inner(Factors one, Factors zero) {
        if ((long) one.rank * zero.rank > LOOPS) {
            try (PointerScope scope = new PointerScope();
                    NoGradGuard guard = new NoGradGuard()) {
                Tensor bb = one.matrixB().t().matmul(zero.matrixB()); // (rank1, rank0)
                Tensor aa = one.matrixA().matmul(zero.matrixA().t()); // (rank1, rank0)
                return bb.mul(aa).sum().item_double();
            }
        }
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
