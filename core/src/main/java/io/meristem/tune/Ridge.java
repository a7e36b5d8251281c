package io.meristem.tune;

import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.op.WeightedLayer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Ridge regression of one-hot classes on features, with an intercept that is not penalised: {@code W = argmin ||Y - 1b' - XW||_F^2 + lambda ||W||_F^2}, in float64.
 *
 * <p>How strongly it is penalised, and what its outputs are multiplied by to be logits, is chosen to make the cross entropy of the leave-one-out
 * predictions least. Those follow from one fit: with the residual e and the leverage h of a photo, its own residual when it is left out is {@code e / (1 - h)}
 * (Allen 1974, PRESS).
 */
final class Ridge {

    /** Penalties tried, over the mean square of a principal direction: half decades from 1e-4 to 1e2. */
    private static final int LEAST_HALF_DECADE = -8;

    private static final int GREATEST_HALF_DECADE = 4;

    /** Directions with less than this of the greatest one's square are rounding. */
    private static final double NOISE = 1e-12;

    /** Keeps the prediction of a photo finite that the fit goes through whatever its class. */
    private static final double LEAST_FREEDOM = 1e-9;

    /**
     * A fitted head.
     *
     * @param weight (classes, features), row by row, of the logits
     * @param bias (classes), of the logits
     * @param lambda the penalty
     * @param scale what regression outputs were multiplied by to be logits
     * @param accuracy share of the photos that are named rightly when left out
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Fit(double[] weight, double[] bias, double lambda, double scale, int photos, double accuracy) {

        void putInto(WeightedLayer head) {
            try (PointerScope scope = new PointerScope()) {
                head.weight()
                        .set(Engine.onDevice(
                                Tensors.of(floats(weight), head.weight().shape())));
                head.bias().set(Engine.onDevice(Tensors.of(floats(bias), bias.length)));
            }
        }

        private static float[] floats(double[] values) {
            float[] floats = new float[values.length];
            for (int i = 0; i < values.length; i++) {
                floats[i] = (float) values[i];
            }
            return floats;
        }
    }

    /** X centred is {@code U diag(sqrt(squares)) V'}; {@code target} is U'Y with Y centred. */
    private record Decomposition(Tensor centred, Tensor mean, Tensor u, Tensor squares, Tensor target, Tensor share) {}

    private Ridge() {}

    /**
     * @param features (N, F)
     * @param labels (N), from 0 to {@code classes - 1}
     */
    static Fit fit(Tensor features, int[] labels, int classes) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Decomposition d = decompose(features.to(ScalarType.Double), labels, classes);
            // Features that do not vary have no directions, and any penalty will do.
            double unit = d.squares.numel() == 0 ? 1 : d.squares.mean().item_double();
            LeaveOneOut best = null;
            double lambda = 0;
            for (int half = LEAST_HALF_DECADE; half <= GREATEST_HALF_DECADE; half++) {
                double tried = unit * Math.pow(10, half / 2.0);
                LeaveOneOut out = new LeaveOneOut(predictions(d, labels, tried), labels, classes);
                if (best == null || out.loss() < best.loss()) {
                    best = out;
                    lambda = tried;
                }
            }
            return solve(d, lambda, best, labels.length, classes);
        }
    }

    private static Decomposition decompose(Tensor x, int[] labels, int classes) {
        double[] hot = new double[labels.length * classes];
        for (int i = 0; i < labels.length; i++) {
            hot[i * classes + labels[i]] = 1;
        }
        Tensor y = doubles(hot, labels.length, classes, x);
        Tensor share = y.mean(0);
        Tensor mean = x.mean(0);
        Tensor centred = x.sub(mean);
        boolean wide = x.size(0) < x.size(1);
        T_TensorTensor_T eigen = torch.linalg_eigh(
                wide ? centred.matmul(centred.t()) : centred.t().matmul(centred));
        Tensor values = Tensors.own(eigen.get0()); // ascending
        Tensor vectors = Tensors.own(eigen.get1());
        long kept =
                values.gt(new Scalar(NOISE * values.max().item_double())).sum().item_long();
        long first = values.size(0) - kept;
        Tensor squares = values.narrow(0, first, kept);
        Tensor directions = vectors.narrow(1, first, kept);
        Tensor u = wide ? directions : centred.matmul(directions).div(squares.sqrt());
        return new Decomposition(centred, mean, u, squares, u.t().matmul(y.sub(share)), share);
    }

    /** What each photo's one-hot target would be predicted as by a fit without the photo, (N, classes). */
    private static double[] predictions(Decomposition d, int[] labels, double lambda) {
        try (PointerScope scope = new PointerScope()) {
            Tensor shrink = d.squares.div(d.squares.add(new Scalar(lambda)));
            double[] fitted = Tensors.toDoubles(
                    d.u.matmul(d.target.mul(shrink.unsqueeze(1))).add(d.share));
            double[] leverage = Tensors.toDoubles(d.u.square().matmul(shrink));
            int classes = fitted.length / labels.length;
            for (int i = 0; i < labels.length; i++) {
                double free = Math.max(LEAST_FREEDOM, 1 - leverage[i] - 1.0 / labels.length);
                for (int c = 0; c < classes; c++) {
                    double target = c == labels[i] ? 1 : 0;
                    int at = i * classes + c;
                    fitted[at] = target - (target - fitted[at]) / free;
                }
            }
            return fitted;
        }
    }

    private static Fit solve(Decomposition d, double lambda, LeaveOneOut out, int photos, int classes) {
        Tensor inner = d.target.div(d.squares.add(new Scalar(lambda)).unsqueeze(1)); // (directions, classes)
        Tensor w = d.centred.t().matmul(d.u.matmul(inner)); // (features, classes)
        // Constants over the classes do not change probabilities: the mean goes.
        Tensor b = d.share.sub(d.mean.matmul(w)).sub(new Scalar(1.0 / classes));
        Scalar scale = new Scalar(out.scale());
        return new Fit(
                Tensors.toDoubles(w.mul(scale).t()),
                Tensors.toDoubles(b.mul(scale)),
                lambda,
                out.scale(),
                photos,
                out.accuracy());
    }

    private static Tensor doubles(double[] values, int rows, int columns, Tensor like) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return Tensors.of(floats, rows, columns).to(like.device(), ScalarType.Double);
    }
}
