package io.meristem.adapter;

import io.meristem.engine.Tensors;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * How gradients pass from A and B to P, lambda and Q, and the gradient of the penalty {@code ||G||_F} with {@code G = X'X - I}, which is {@code 2 X G /
 * ||G||_F}; where the norm is zero it counts as zero.
 */
final class TripletGradients {

    private TripletGradients() {}

    /**
     * Puts the gradients of P (which is B), lambda and Q into their {@code grad}, from those of A and B.
     *
     * @param q (rank, columns) by layer, and {@code lambdas} of all layers in the order of {@code adapters}
     * @param weight of the penalty's mean over all P and transposed Q
     */
    static void pullBack(Map<String, LowRankAdapter> adapters, Map<String, Tensor> q, Tensor lambdas, double weight) {
        double share = weight / (2 * adapters.size());
        TensorVector ofLambdas = new TensorVector();
        int at = 0;
        for (Map.Entry<String, LowRankAdapter> entry : adapters.entrySet()) {
            LowRankAdapter adapter = entry.getValue();
            Tensor rows = q.get(entry.getKey());
            Tensor ofA = Tensors.own(adapter.a().grad());
            ofLambdas.push_back(ofA.mul(rows).sum(1));
            Tensor ofQ = ofA.mul(lambdas.narrow(0, at, adapter.rank()).unsqueeze(1));
            if (share > 0) {
                ofColumns(Tensors.own(adapter.b().grad()), adapter.b(), share);
                ofRows(ofQ, rows, share);
            }
            rows.mutable_grad().put(ofQ);
            at += adapter.rank();
        }
        lambdas.mutable_grad().put(torch.cat(ofLambdas));
    }

    /** Adds {@code weight} times the penalty's to {@code gradient}, for the columns of {@code x}; both (rows, columns), float32. */
    static void ofColumns(Tensor gradient, Tensor x, double weight) {
        Tensor g = overlap(x.t(), x);
        double norm = g.norm().item_double();
        if (norm > 0) {
            Tensors.inPlace(gradient, gradient.addmm_(x, g, new Scalar(1.0), new Scalar(2 * weight / norm)));
        }
    }

    /** The same for the rows of {@code x}, with {@code G = X X' - I}. */
    static void ofRows(Tensor gradient, Tensor x, double weight) {
        Tensor g = overlap(x, x.t());
        double norm = g.norm().item_double();
        if (norm > 0) {
            Tensors.inPlace(gradient, gradient.addmm_(g, x, new Scalar(1.0), new Scalar(2 * weight / norm)));
        }
    }

    private static Tensor overlap(Tensor left, Tensor right) {
        Tensor one = torch.eye(left.size(0), left.options());
        return torch.addmm(one, left, right, new Scalar(-1.0), new Scalar(1.0));
    }
}
