package io.meristem.adapter;

import io.meristem.engine.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The gradient of {@code ||G||_F} with {@code G = X'X - I}, which is {@code 2 X G / ||G||_F}; where the norm is zero it counts as zero. */
final class Orthogonality {

    private Orthogonality() {}

    /** Adds {@code weight} times it to {@code gradient}, for the columns of {@code x}; both (rows, columns), float32. */
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
