package io.meristem.nn;

import io.meristem.engine.Precision;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The mean over all positions: (N, C, H, W) of any precision to (N, C) of float32. */
public final class GlobalPool extends Layer {

    private static final long[] POSITIONS = {2, 3};

    @Override
    public Tensor forward(Tensor x, Tape tape) {
        if (tape.flowing()) {
            long[] shape = x.shape();
            ScalarType type = x.scalar_type();
            tape.push((g, mine) -> g.div(new Scalar((double) shape[2] * shape[3]))
                    .to(type)
                    .view(shape[0], shape[1], 1, 1)
                    .expand(shape)
                    .contiguous(MemoryFormat.ChannelsLast));
        }
        return x.mean(POSITIONS, false, new ScalarTypeOptional(Precision.FP32.type()));
    }

    @Override
    public <V> V describe(V x, GraphOps<V> ops) {
        return ops.flatten(ops.mean(x));
    }
}
