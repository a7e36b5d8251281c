package io.meristem.rank;

import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Products of features with themselves. */
final class Gram {

    private Gram() {}

    /**
     * {@code (X - x0)(X - x0)'} with x0 the first row, (n, n) of float32, owned by the current scope. Columns that do not vary are zero exactly; all
     * the same for HSIC as {@code XX'}, and accurate however large the mean is.
     *
     * @param rows X, (n, features), not overwritten
     * @param channelScale divides feature {@code i} by entry {@code i modulo its length}; null for ones
     */
    static Tensor of(Tensor rows, Tensor channelScale) {
        boolean halves = rows.scalar_type().intern() == ScalarType.BFloat16 && Engine.multipliesBf16();
        Tensor x = halves ? rows : rows.to(ScalarType.Float);
        Tensor d = x.sub(x.narrow(0, 0, 1));
        if (channelScale != null) {
            Tensor inverse = channelScale.reciprocal().to(d.scalar_type());
            Tensor channels = d.view(d.size(0), -1, channelScale.size(0));
            Tensors.inPlace(channels, channels.mul_(inverse));
        }
        Tensor g = d.matmul(d.t());
        if (!halves) {
            return g;
        }
        // The product is summed in float32 and rounded at the end: a second product brings in what the rounding took.
        Tensor rest = torch.addmm(g.neg(), d, d.t());
        return g.to(ScalarType.Float).add(rest.to(ScalarType.Float));
    }
}
