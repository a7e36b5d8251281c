package io.meristem.rank;

import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.engine.Seeds;
import io.meristem.engine.Tensors;
import io.meristem.execute.LabelledFeed;
import io.meristem.execute.Network;
import io.meristem.op.Init;
import io.meristem.op.WeightedLayer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The directions in which a layer's input matters most for the loss: the leading right singular vectors of {@code dL/dW} as a matrix (out, columns). L is the mean cross
 * entropy of all calibration photos through the head as it is (whoever drew it at random fits one first), W the weight that the layer runs with, the normalisation that follows taken in. After one step of
 * gradient descent the change of W has just these rows to be made of (Zhang et al. 2025, arXiv 2502.01235).
 */
public final class GradientDirections {

    /** Singular values below this share of the greatest are rounding. */
    private static final double NOISE = 1e-5;

    /** Up to this side a Gram matrix is decomposed whole; above, only the leading subspace is looked for. */
    private static final int EXACT_SIDE = 512;

    /** Of the search for a subspace (Halko et al. 2011): vectors beside those that are wanted, and passes. */
    private static final int BESIDE = 8;

    private static final int PASSES = 4;

    private GradientDirections() {}

    /**
     * Looks at the network as it is now, which is left as it was, in evaluation mode.
     *
     * @param layers by name
     * @param most directions by layer
     * @return orthonormal rows (at most as many as asked for, columns), float32, the most important first; a layer whose gradient has fewer gets fewer, and one without any
     *     is left out. The caller's scope owns them
     */
    public static Map<String, Tensor> of(
            Network network, Map<String, WeightedLayer> layers, Map<String, Integer> most, LabelledFeed photos) {
        Map<String, Tensor> sums = new LinkedHashMap<>();
        List<String> names = List.copyOf(layers.keySet());
        try (WeightGradients gradients = new WeightGradients(network, layers.values())) {
            photos.forEachLabelled((images, labels) -> {
                gradients.backward(images, labels);
                for (int i = 0; i < names.size(); i++) {
                    add(gradients, i, names.get(i), sums);
                }
            });
        }
        Map<String, Tensor> directions = new LinkedHashMap<>();
        sums.forEach((name, gradient) -> {
            try (PointerScope scope = new PointerScope();
                    NoGradGuard guard = new NoGradGuard()) {
                Tensor rows = leading(gradient, most.get(name), name);
                if (rows.size(0) > 0) {
                    directions.put(name, Tensors.keep(rows));
                }
            }
            Tensors.free(gradient);
        });
        directions.replaceAll((name, rows) -> Tensors.lend(rows));
        return directions;
    }

    private static void add(WeightGradients gradients, int layer, String name, Map<String, Tensor> sums) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor gradient = gradients.of(layer);
            if (gradient == null) {
                return;
            }
            Tensor matrix = Precision.FP32.of(gradient);
            Tensor sum = sums.get(name);
            if (sum == null) {
                sums.put(name, Tensors.keep(matrix.clone()));
            } else {
                Tensors.inPlace(sum, sum.add_(matrix));
            }
        }
    }

    /**
     * The leading right singular vectors of {@code matrix} (out, columns) as rows, as many as {@code most} and as are no rounding.
     *
     * @param name from which a search is drawn
     */
    static Tensor leading(Tensor matrix, int most, String name) {
        long side = Math.min(matrix.size(0), matrix.size(1));
        long wanted = Math.min(most, side);
        if (side <= EXACT_SIDE || wanted + BESIDE >= side) {
            return ofGram(matrix.to(ScalarType.Double), wanted);
        }
        Tensor start = torch.empty(matrix.size(1), wanted + BESIDE);
        Init.normal(1).fill(start, torch.make_generator_cpu(Seeds.of(0, "directions", name)));
        Tensor basis = span(matrix.matmul(Engine.onDevice(start))); // (out, wanted + BESIDE)
        for (int pass = 0; pass < PASSES; pass++) {
            basis = span(matrix.matmul(span(matrix.t().matmul(basis))));
        }
        return ofGram(basis.t().matmul(matrix).to(ScalarType.Double), wanted);
    }

    private static Tensor span(Tensor columns) {
        return Tensors.own(torch.linalg_qr(columns).get0());
    }

    /** Through the eigenvectors of the smaller Gram matrix; float64 in, float32 out. */
    private static Tensor ofGram(Tensor matrix, long wanted) {
        boolean wide = matrix.size(0) < matrix.size(1);
        Tensor gram = wide ? matrix.matmul(matrix.t()) : matrix.t().matmul(matrix);
        T_TensorTensor_T eigen = torch.linalg_eigh(gram);
        double[] squares = Tensors.toDoubles(Tensors.own(eigen.get0())); // the least first
        double greatest = squares[squares.length - 1];
        int found = 0;
        while (found < wanted && squares[squares.length - 1 - found] > greatest * NOISE * NOISE && greatest > 0) {
            found++;
        }
        Tensor vectors = Tensors.own(eigen.get1()).t().flip(0).narrow(0, 0, found); // rows, the most important first
        if (wide) {
            Tensor rows = vectors.matmul(matrix);
            vectors = rows.div(rows.square().sum(1).sqrt().unsqueeze(1));
        }
        return vectors.to(ScalarType.Float).contiguous();
    }
}
