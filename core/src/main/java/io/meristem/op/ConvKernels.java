package io.meristem.op;

import io.meristem.engine.Precision;
import io.meristem.kernel.DepthwiseInputGradient;
import io.meristem.kernel.DepthwiseWeightGradient;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/**
 * How the gradients of a convolution are computed. All ways give the same numbers but for rounding; the engine's own is not always the fastest: on
 * depthwise layers some of its kernels take ten times what the forward pass does.
 */
public record ConvKernels(Input input, Weight weight) {

    public ConvKernels {
        Objects.requireNonNull(input, "it lacks input");
        Objects.requireNonNull(weight, "it lacks weight");
    }

    public static final ConvKernels NATIVE = new ConvKernels(Input.NATIVE, Weight.NATIVE);

    private static final long[] ONE = {1, 1};

    /** The usual choice for a layer, where nothing has been measured: the engine's own has pitfalls on depthwise layers only. */
    public static ConvKernels usual(Conv2d layer, Precision precision) {
        Input input = Input.NATIVE;
        if (depthwise(layer) && layer.stride() > 1) {
            input = first(Input.NATIVE, kernel -> kernel.fits(layer, precision), List.of(Input.LANES, Input.FLOAT32));
        }
        Weight weight = Weight.NATIVE;
        if (depthwise(layer) && layer.kernel() > 3) {
            weight = first(
                    Weight.NATIVE, kernel -> kernel.fits(layer, precision), List.of(Weight.LANES, Weight.FLOAT32));
        }
        return new ConvKernels(input, weight);
    }

    /** Whether both can be computed here, for the layer run in {@code precision}. */
    public boolean fits(Conv2d layer, Precision precision) {
        return input.fits(layer, precision) && weight.fits(layer, precision);
    }

    /** Whether Java's vectors are there, which {@link #usual} then chooses for some layers. */
    public static boolean vectors() {
        return DepthwiseWeightGradient.fast();
    }

    private static <K> K first(K otherwise, Predicate<K> fits, List<K> kernels) {
        return kernels.stream().filter(fits).findFirst().orElse(otherwise);
    }

    /** Whether the layer has one filter for each channel. */
    private static boolean depthwise(Conv2d layer) {
        return layer.groups() > 1 && layer.groups() == layer.in() && layer.out() == layer.in();
    }

    /** Gradient for the input. */
    public enum Input {
        /** The engine's. */
        NATIVE {
            @Override
            public boolean fits(Conv2d layer, Precision precision) {
                return true;
            }

            @Override
            public Tensor compute(Conv2d layer, Tensor g, Tensor x, Tensor weight) {
                return layer.inputGradient(g, x, weight);
            }
        },
        /** The engine's in float32, cast before and after. */
        FLOAT32 {
            @Override
            public boolean fits(Conv2d layer, Precision precision) {
                return precision == Precision.BF16;
            }

            @Override
            public Tensor compute(Conv2d layer, Tensor g, Tensor x, Tensor weight) {
                Precision p = Precision.FP32;
                return NATIVE.compute(layer, p.of(g), p.of(x), p.of(weight)).to(x.scalar_type());
            }
        },
        /** For depthwise layers: the gradient, spread out by the stride, convolved with the mirrored weight by the forward kernel. */
        MIRRORED {
            @Override
            public boolean fits(Conv2d layer, Precision precision) {
                return depthwise(layer) && layer.padding() < layer.kernel();
            }

            @Override
            public Tensor compute(Conv2d layer, Tensor g, Tensor x, Tensor weight) {
                Tensor mirrored = weight.flip(2, 3);
                long back = layer.kernel() - 1L - layer.padding();
                return torch.conv2d(
                        spread(layer, g, x),
                        mirrored,
                        new TensorOptional(),
                        ONE,
                        new long[] {back, back},
                        ONE,
                        layer.groups());
            }
        },
        /** For depthwise layers with a 3x3 kernel, stride 2 and padding 1: Java's vectors, where the JVM has them. */
        LANES {
            @Override
            public boolean fits(Conv2d layer, Precision precision) {
                return depthwise(layer)
                        && DepthwiseInputGradient.handles(layer.kernel(), layer.stride(), layer.padding());
            }

            @Override
            public Tensor compute(Conv2d layer, Tensor g, Tensor x, Tensor weight) {
                return DepthwiseInputGradient.compute(
                        g, weight, x.shape(), layer.kernel(), layer.stride(), layer.padding(), torch.get_num_threads());
            }
        };

        /** Whether this can compute the gradient of the layer at all, run in {@code precision}. */
        public abstract boolean fits(Conv2d layer, Precision precision);

        public abstract Tensor compute(Conv2d layer, Tensor g, Tensor x, Tensor weight);

        /** Zeros between the entries of {@code g}, so that the output of a stride-1 convolution has the size of {@code x}. */
        private static Tensor spread(Conv2d layer, Tensor g, Tensor x) {
            int stride = layer.stride();
            if (stride == 1) {
                return g;
            }
            long shrink = layer.kernel() - 1L - 2L * layer.padding();
            Tensor wide = torch.empty(
                            new long[] {x.size(0), x.size(1), x.size(2) - shrink, x.size(3) - shrink},
                            x.options(),
                            new org.bytedeco.pytorch.MemoryFormatOptional(MemoryFormat.ChannelsLast))
                    .zero_();
            strided(strided(wide, 2, g.size(2), stride), 3, g.size(3), stride).copy_(g);
            return wide;
        }

        private static Tensor strided(Tensor wide, int dim, long count, int stride) {
            return wide.slice(
                    dim,
                    new org.bytedeco.pytorch.LongOptional(0),
                    new org.bytedeco.pytorch.LongOptional((count - 1) * stride + 1),
                    stride);
        }
    }

    /** Gradient for the weight. */
    public enum Weight {
        /** The engine's. */
        NATIVE {
            @Override
            public boolean fits(Conv2d layer, Precision precision) {
                return true;
            }

            @Override
            public Tensor compute(Conv2d layer, Tensor g, Tensor x, Tensor weight) {
                return layer.weightGradient(g, x, weight);
            }
        },
        /** The engine's in float32, cast before. */
        FLOAT32 {
            @Override
            public boolean fits(Conv2d layer, Precision precision) {
                return precision == Precision.BF16;
            }

            @Override
            public Tensor compute(Conv2d layer, Tensor g, Tensor x, Tensor weight) {
                Precision p = Precision.FP32;
                return NATIVE.compute(layer, p.of(g), p.of(x), p.of(weight));
            }
        },
        /** For depthwise layers: Java's vectors, where the JVM has them. The gradient is float32. */
        LANES {
            @Override
            public boolean fits(Conv2d layer, Precision precision) {
                return depthwise(layer) && DepthwiseWeightGradient.fast();
            }

            @Override
            public Tensor compute(Conv2d layer, Tensor g, Tensor x, Tensor weight) {
                return DepthwiseWeightGradient.compute(
                        x, g, layer.kernel(), layer.stride(), layer.padding(), torch.get_num_threads());
            }
        };

        /** Whether this can compute the gradient of the layer at all, run in {@code precision}. */
        public abstract boolean fits(Conv2d layer, Precision precision);

        public abstract Tensor compute(Conv2d layer, Tensor g, Tensor x, Tensor weight);
    }
}
