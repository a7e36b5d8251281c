package io.meristem.op;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Scaled dot-product attention of several heads (Vaswani et al. 2017): {@code softmax(q k' / sqrt(width)) v} in each head. Input: (N, T, 3 C), with queries, keys and
 * values beside each other, each head after head; output (N, T, C).
 */
public record Attention(int heads) implements Differentiated {

    @Override
    public Shape shape(List<Shape> inputs) {
        Shape x = inputs.get(0).requireRank(2, "attention");
        if (x.size(1) % (3 * heads) != 0) {
            throw new IllegalArgumentException("attention of " + heads + " heads does not take " + x);
        }
        return x.withLast(x.size(1) / 3);
    }

    @Override
    public Tensor compute(Tensor... inputs) {
        Tensor x = inputs[0];
        long n = x.size(0);
        long t = x.size(1);
        long width = x.size(2) / 3 / heads;
        Tensor parts = x.reshape(n, t, 3, heads, width).permute(2, 0, 3, 1, 4); // (3, N, heads, T, width)
        return torch.scaled_dot_product_attention(parts.select(0, 0), parts.select(0, 1), parts.select(0, 2))
                .transpose(1, 2)
                .reshape(n, t, heads * width);
    }
}
