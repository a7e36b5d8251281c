package io.meristem.rank;

import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import io.meristem.op.Conv2d;
import io.meristem.op.Frame;
import io.meristem.op.Linear;
import io.meristem.op.WeightedLayer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Diagonals of the second moments at one layer, over photos and places: {@code P = E gg'} of the gradients that come back to its output, and {@code Q = E xx'} of the
 * vectors that its weight, as a matrix (out, m), is multiplied with. In a grouped convolution each group has a Q of its own. Zeros beyond the border count.
 */
final class SecondMoments implements WeightedLayer.Form, AutoCloseable {

    /**
     * What is added to P and Q before anything is divided by them, as a share of their means over the layer: enough against dividing by nothing, and too little for
     * large channels to hide small ones.
     */
    static final double DAMPING = 1e-6;

    private final WeightedLayer layer;
    private Tensor gradients; // (out), sums of squares, of the loss of one photo
    private Tensor inputs; // (out or 1, m), sums of squares
    private long photos;
    private long places;

    SecondMoments(WeightedLayer layer) {
        this.layer = layer;
    }

    /** The layer's own function. */
    @Override
    public Tensor forward(WeightedLayer self, Frame frame, Tensor x) {
        Tensor w = self.readyWeight();
        if (frame.flows()) {
            frame.save(w);
        }
        return self.apply(x, w, self.readyBias());
    }

    /** Hands on the weight's gradient, and looks. */
    @Override
    public Tensor gradient(WeightedLayer self, Frame frame, Tensor g, Tensor x, boolean through) {
        Tensor w = frame.saved(0);
        self.weight().setGradient(self.weightGradient(g, x, w));
        add(g, x);
        return through ? self.inputGradient(g, x, w) : null;
    }

    /** @param g gradient of the mean loss of the photos in {@code x} */
    private void add(Tensor g, Tensor x) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            long n = x.size(0);
            Tensor squares = Precision.FP32.of(g).mul(new Scalar((double) n)).square();
            Tensor ofGradients =
                    layer.op() instanceof Linear ? Linear.rows(squares).sum(0) : squares.sum(0, 2, 3);
            // The gradient of the weight adds up g x over photos and places: with ones for g and squares for x, those
            // of each column.
            Tensor ones = torch.ones_like(squares);
            Tensor weight = Precision.FP32.of(layer.readyWeight());
            if (!layer.isGrouped()) { // all rows are alike
                ones = ones.narrow(layer.op() instanceof Conv2d ? 1 : ones.dim() - 1, 0, 1)
                        .contiguous();
                weight = weight.narrow(0, 0, 1).contiguous();
            }
            Tensor ofInputs = layer.weightGradient(ones, Precision.FP32.of(x).square(), weight)
                    .reshape(ones.numel() == squares.numel() ? layer.outFeatures() : 1, layer.columns());
            gradients = sum(gradients, ofGradients);
            inputs = sum(inputs, ofInputs);
            photos += n;
            places = squares.numel() / (n * layer.outFeatures());
        }
    }

    private static Tensor sum(Tensor sum, Tensor part) {
        return sum == null ? Tensors.keep(part.clone()) : Tensors.inPlace(sum, sum.add_(part));
    }

    /**
     * What a gradient of the loss is divided by, entry by entry, to be whitened: {@code sqrt((P + eps) (T Q + eps))}, T the places of a photo, over which the gradient is
     * a sum. The caller's scope owns it.
     *
     * @return (out, m), float32; null where no gradient came back
     */
    Tensor deviations() {
        if (gradients == null) {
            return null;
        }
        try (NoGradGuard guard = new NoGradGuard()) {
            double seen = (double) photos * places;
            Tensor p = damped(gradients.div(new Scalar(seen))).unsqueeze(1); // (out, 1)
            Tensor tq = damped(inputs.div(new Scalar((double) photos)));
            return p.mul(tq).sqrt();
        }
    }

    private static Tensor damped(Tensor moments) {
        return moments.add(moments.mean().mul(new Scalar(DAMPING)));
    }

    @Override
    public void close() {
        Tensors.free(gradients);
        Tensors.free(inputs);
    }
}
