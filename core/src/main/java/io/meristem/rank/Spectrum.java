package io.meristem.rank;

import io.meristem.engine.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Singular values of matrices with few rows or few columns. */
final class Spectrum {

    private Spectrum() {}

    /**
     * The squares of the singular values of {@code matrix}, (rows, columns), greatest first, {@code min(rows, columns)} of them: eigenvalues of its smaller
     * Gram matrix, in float64. Those that rounding makes negative are 0.
     */
    static double[] ofRows(Tensor matrix) {
        Tensor x = matrix.to(ScalarType.Double);
        Tensor gram = x.size(0) <= x.size(1) ? x.matmul(x.t()) : x.t().matmul(x);
        double[] ascending = Tensors.toDoubles(torch.linalg_eigvalsh(gram));
        double[] spectrum = new double[ascending.length];
        for (int i = 0; i < spectrum.length; i++) {
            spectrum[i] = Math.max(0, ascending[spectrum.length - 1 - i]);
        }
        return spectrum;
    }
}
