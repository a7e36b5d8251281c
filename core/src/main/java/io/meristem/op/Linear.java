package io.meristem.op;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Affine map of the last dimension.
 *
 * <p>Shapes: input (N, ..., in); weight (out, in); bias (out); output (N, ..., out).
 */
public record Linear(int in, int out, boolean bias, Init weightInit, Init biasInit) implements Weighted {

    private static final long[] STEP = {1, 1};
    private static final long[] NONE = {0, 0};

    /** Starts as PyTorch's does: uniform in +-1/sqrt(in). */
    public Linear(int in, int out, boolean bias) {
        this(in, out, bias, Init.uniform(1 / Math.sqrt(in)), Init.uniform(1 / Math.sqrt(in)));
    }

    @Override
    public List<Long> weightShape() {
        return List.of((long) out, (long) in);
    }

    @Override
    public String kind() {
        return "linear";
    }

    @Override
    public Shape shape(List<Shape> inputs) {
        Shape x = inputs.get(0);
        if (x.size(-1) != in) {
            throw new IllegalArgumentException("a linear map of " + in + " numbers does not take " + x);
        }
        return x.withLast(out);
    }

    @Override
    public Tensor apply(Tensor x, Tensor weight, Tensor bias) {
        TensorOptional b = bias == null ? new TensorOptional() : new TensorOptional(bias);
        if (!isPointwise(x)) {
            return torch.linear(x, weight, b);
        }
        Tensor kernel = weight.view(weight.size(0), weight.size(1), 1, 1);
        return torch.conv2d(asImage(x), kernel, b, STEP, NONE, STEP, 1).permute(0, 2, 3, 1);
    }

    /**
     * Whether a linear map of {@code x} is better computed as a pointwise convolution, which it equals on a map (N, H, W, C): measured 5 to 18 %
     * faster in bfloat16, and slower in float32.
     */
    public static boolean isPointwise(Tensor x) {
        return x.dim() == 4 && x.scalar_type().intern() == torch.ScalarType.BFloat16;
    }

    /** A map (N, H, W, C) as an image (N, C, H, W) with channels innermost, the same memory. */
    public static Tensor asImage(Tensor map) {
        return map.permute(0, 3, 1, 2);
    }

    /** The gradient of the input needs the weight only. */
    @Override
    public boolean readsInput(int input, Outlook outlook) {
        return outlook.trains() && !outlook.casts();
    }

    @Override
    public Tensor inputGradient(Tensor g, Tensor x, Tensor weight) {
        return g.matmul(weight);
    }

    @Override
    public Tensor weightGradient(Tensor g, Tensor x, Tensor weight) {
        return rows(g).t().matmul(rows(x));
    }

    @Override
    public Tensor biasGradient(Tensor g) {
        return rows(g).sum(0);
    }

    /** (..., C) as (rows, C). */
    public static Tensor rows(Tensor map) {
        return map.reshape(-1, map.size(-1));
    }

    @Override
    public <R> R accept(OpVisitor<R> visitor) {
        return visitor.visit(this);
    }
}
