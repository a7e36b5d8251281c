package io.meristem.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A function of each value; the shape stays.
 *
 * <p>It may overwrite its input, which must therefore be what a convolution, a linear map, a batch normalisation or a sum just gave: nothing
 * else reads that, and none of the four needs its output to compute gradients.
 */
public enum Activation {
    RELU {
        @Override
        public Tensor apply(Tensor x) {
            return x.relu_();
        }
    },
    /** {@code min(max(x, 0), 6)}; its gradient needs its input, so only a pass without gradients overwrites. */
    RELU6 {
        @Override
        public Tensor apply(Tensor x) {
            return x.requires_grad() ? torch.relu6(x) : torch.relu6_(x);
        }
    },
    SIGMOID {
        @Override
        public Tensor apply(Tensor x) {
            return x.sigmoid_();
        }
    },
    /** {@code x * Phi(x)} with the exact Gaussian distribution function; its gradient needs its input, as for {@link #RELU6}. */
    GELU {
        @Override
        public Tensor apply(Tensor x) {
            return x.requires_grad() ? torch.gelu(x) : torch.gelu_(x);
        }
    };

    /** @return the result, owned by the caller's scope; maybe {@code x} itself */
    public abstract Tensor apply(Tensor x);

    /** This function as a layer without parameters. */
    Layer layer() {
        return new Layer() {
            @Override
            public Tensor forward(Tensor x) {
                return apply(x);
            }
        };
    }
}
