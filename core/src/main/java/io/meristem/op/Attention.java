package io.meristem.op;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Scaled dot-product attention of several heads (Vaswani et al. 2017): {@code softmax(q k' / sqrt(width)) v} in each head. Input: (N, ..., 3 C), tokens or a map, with queries, keys and
 * values beside each other, each head after head; output (N, ..., C).
 */
public record Attention(int heads) implements Differentiated {

    @Override
    public Shape shape(List<Shape> inputs) {
        Shape x = inputs.get(0);
        if (x.rank() < 2 || x.size(-1) % (3 * heads) != 0) {
            throw new IllegalArgumentException("attention of " + heads + " heads does not take " + x);
        }
        return x.withLast(x.size(-1) / 3);
    }

    @Override
    public Tensor compute(Tensor... inputs) {
        Tensor x = inputs[0];
        long[] shape = x.shape();
        shape[shape.length - 1] /= 3;
        long width = shape[shape.length - 1] / heads;
        Tensor parts = x.reshape(shape[0], -1, 3, heads, width).permute(2, 0, 3, 1, 4); // (3, N, heads, T, width)
        return torch.scaled_dot_product_attention(parts.select(0, 0), parts.select(0, 1), parts.select(0, 2))
                .transpose(1, 2)
                .reshape(shape);
    }

    @Override
    public <R> R accept(OpVisitor<R> visitor) {
        return visitor.visit(this);
    }
}
