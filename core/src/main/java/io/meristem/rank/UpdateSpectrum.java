package io.meristem.rank;

import io.meristem.adapter.LayerSize;
import io.meristem.engine.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What each direction of a trained update does to a layer's output, beside what the layer's weight does (after PARA, 2026). With {@code s B A = sum_k sigma_k u_k
 * v_k'} and {@code Q = E xx'} of the vectors that the weight is multiplied with:
 *
 * <pre>h(k) = sigma_k^2 v_k' Q v_k / tr(W Q W')</pre>
 */
public final class UpdateSpectrum {

    /** Of all h, in the ranks that are kept where no budget says how many. */
    private static final double SHARE = 0.95;

    private UpdateSpectrum() {}

    /**
     * @param b (out, r)
     * @param a (r, m)
     * @param scale s
     * @param inputs rows x, (n, m)
     * @param weight W, (out, m)
     * @return h, greatest first, at most r of them; zeros where the weight does nothing
     */
    public static double[] of(Tensor b, Tensor a, double scale, Tensor inputs, Tensor weight) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor left = b.to(ScalarType.Double);
            Tensor right = a.to(ScalarType.Double);
            Tensor x = inputs.to(ScalarType.Double);
            // sigma_k^2 v_k' Q v_k is the mean square of u_k' (sBA) x, and u_k are eigenvectors of BA (BA)' = B (AA')
            // B'. Through an
            // orthonormal basis of B's columns this is r x r.
            T_TensorTensor_T qr = torch.linalg_qr(left);
            Tensor basis = Tensors.own(qr.get0()); // (out, r)
            Tensor core = Tensors.own(qr.get1()).matmul(right); // (r, m)
            T_TensorTensor_T eigen = torch.linalg_eigh(core.matmul(core.t()));
            Tensor u = basis.matmul(Tensors.own(eigen.get1())); // (out, r)
            Tensor moved = u.t().matmul(left).matmul(right).matmul(x.t()); // (r, n)
            double whole =
                    weight.to(ScalarType.Double).matmul(x.t()).square().sum().item_double();
            double[] h = Tensors.toDoubles(moved.square().sum(1));
            double[] sorted = Arrays.stream(h)
                    .map(value -> whole > 0 ? scale * scale * value / whole : 0)
                    .sorted()
                    .toArray();
            double[] falling = new double[sorted.length];
            for (int i = 0; i < falling.length; i++) {
                falling[i] = sorted[sorted.length - 1 - i];
            }
            return falling;
        }
    }

    /**
     * Ranks from the spectra of all layers: with a budget by {@code h / c^p} in order, without one as many as hold 95 % of all h.
     *
     * @param spectra of {@link #of}, in the order of the layers
     */
    public static int[] ranks(List<LayerSize> layers, List<double[]> spectra, double costPower, RankOptions options) {
        return Directions.ranks(layers, spectra, costPower, options, SHARE);
    }
}
