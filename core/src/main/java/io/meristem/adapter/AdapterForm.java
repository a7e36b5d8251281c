package io.meristem.adapter;

import io.meristem.nn.Conv2d;
import io.meristem.nn.Linear;
import io.meristem.nn.WeightedLayer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The ways to compute an adapted layer. All give the same function and the same gradients; they differ in time and memory. */
public enum AdapterForm {

    /** One operation with {@code W + s B A}; autograd goes through the full weight gradient. Costs no extra activation. */
    MERGED {
        @Override
        Tensor forward(LowRankAdapter adapter, WeightedLayer layer, Tensor x) {
            return layer.apply(x, layer.runningWeight().add(adapter.runningDelta()), layer.runningBias());
        }
    },

    /** The frozen layer plus a narrow branch through the rank (for grouped convolutions: through the update as a second convolution). */
    TWO_BRANCH {
        @Override
        Tensor forward(LowRankAdapter adapter, WeightedLayer layer, Tensor x) {
            Tensor frozen = layer.apply(x, layer.runningWeight(), layer.runningBias());
            double p = adapter.activeDropout();
            Tensor input = p > 0 ? torch.dropout(x, p, true) : x;
            if (layer instanceof Conv2d conv && conv.groups() > 1) {
                return frozen.add(layer.apply(input, adapter.runningDelta(), null));
            }
            Tensor hidden;
            Tensor up;
            if (layer instanceof Linear) {
                hidden = torch.linear(input, adapter.a());
                up = torch.linear(hidden, adapter.runningB());
            } else {
                long[] shape = layer.weight().shape();
                hidden = layer.apply(input, adapter.a().reshape(adapter.rank(), shape[1], shape[2], shape[3]), null);
                up = torch.conv2d(hidden, adapter.runningB().reshape(shape[0], adapter.rank(), 1, 1));
            }
            return frozen.add(up);
        }
    };

    /** Dense k x k convolutions with at least this many input channels are faster in two branches. */
    private static final int WIDE = 192;

    abstract Tensor forward(LowRankAdapter adapter, WeightedLayer layer, Tensor x);

    WeightedLayer.Form of(LowRankAdapter adapter) {
        return (layer, x) -> forward(adapter, layer, x);
    }

    /** The faster form by the kind of layer, as measured (docs/performance.md); dropout on the adapter's input needs two branches. */
    static AdapterForm forLayer(WeightedLayer layer, double dropout) {
        if (dropout > 0 || layer instanceof Linear) {
            return TWO_BRANCH;
        }
        boolean wide = layer instanceof Conv2d conv
                && conv.kernel() > 1
                && conv.groups() == 1
                && layer.weight().shape()[1] >= WIDE;
        return wide ? TWO_BRANCH : MERGED;
    }
}
