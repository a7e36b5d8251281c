package io.meristem.adapter;

import io.meristem.engine.Engine;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A finished update of one weight, {@code W' = W + reshape(B A, W.shape)}, every scale in B. The tensors belong to the scope that they were made in.
 *
 * @param b (out, rank), float32
 * @param a (rank, columns), float32
 */
public record LowRankUpdate(Tensor b, Tensor a) {

    /** Whether the factors multiply, and to the size of a weight (out, columns). */
    public static boolean fits(Tensor b, Tensor a, int out, int columns) {
        return a.dim() == 2
                && b.dim() == 2
                && a.size(0) == b.size(1)
                && a.size(0) > 0
                && b.size(0) == out
                && a.size(1) == columns;
    }

    public int rank() {
        return Math.toIntExact(a.size(0));
    }

    /** {@code reshape(B A, shape)}; the caller's scope owns it. */
    public Tensor change(long[] shape) {
        try (NoGradGuard guard = new NoGradGuard()) {
            return b.matmul(a).reshape(shape);
        }
    }

    /** The first rows of A and columns of B, as many as {@code rank} or as there are, times {@code factor}. */
    public LowRankUpdate cut(int rank, double factor) {
        try (NoGradGuard guard = new NoGradGuard()) {
            long kept = Math.min(rank, rank());
            return new LowRankUpdate(b.narrow(1, 0, kept).mul(new Scalar(factor)), a.narrow(0, 0, kept));
        }
    }

    /** Takes this update out of a weight that holds it, and puts {@code other} in its place. */
    public void replace(LowRankUpdate other, Tensor weight) {
        try (NoGradGuard guard = new NoGradGuard()) {
            weight.add_(Engine.onDevice(other.change(weight.shape()).sub(change(weight.shape()))));
        }
    }

    /** The same change in factors of no more than the weight's full rank: one of them becomes the identity where there were more. */
    public LowRankUpdate atFullRank() {
        long out = b.size(0);
        long columns = a.size(1);
        if (rank() <= Math.min(out, columns)) {
            return this;
        }
        Tensor whole = change(new long[] {out, columns});
        return out <= columns ? new LowRankUpdate(torch.eye(out), whole) : new LowRankUpdate(whole, torch.eye(columns));
    }
}
