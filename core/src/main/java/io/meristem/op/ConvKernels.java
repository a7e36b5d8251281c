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
    private static final long[] NONE = {0, 0};

    /** The usual choice for a layer, where nothing has been measured: the engine's own has pitfalls on depthwise layers only. */
    public static ConvKernels usual(Conv2d layer, Precision precision) {
        Input input = Input.NATIVE;
        if (depthwise(layer) && layer.stride() > 1) {
            input = first(Input.NATIVE, kernel -> kernel.fits(layer, precision), List.of(Input.LANES, Input.FLOAT32));
        }
        Weight weight = Weight.NATIVE;
        if (depthwise(layer) && layer.window().height() * layer.window().width() > 9) {
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
                Window window = layer.window();
                return depthwise(layer)
                        && (!(window.padding() instanceof Padding.Fixed around)
                                || Math.max(around.top(), around.bottom()) < window.height()
                                        && Math.max(around.left(), around.right()) < window.width());
            }

            @Override
            public Tensor compute(Conv2d layer, Tensor g, Tensor x, Tensor weight) {
                Window window = layer.window();
                Padding.Fixed around = window.around(x);
                long[] before = {window.height() - 1L - around.top(), window.width() - 1L - around.left()};
                boolean symmetric = around.isSymmetric();
                return torch.conv2d(
                        symmetric ? spread(layer, g, x, before) : surrounded(layer, g, x, before),
                        weight.flip(2, 3),
                        new TensorOptional(),
                        ONE,
                        symmetric ? before : NONE,
                        ONE,
                        layer.groups());
            }
        },
        /** For depthwise layers with a 3x3 kernel, stride 2, and padding 1 or TensorFlow's: Java's vectors, where the JVM has them. */
        LANES {
            @Override
            public boolean fits(Conv2d layer, Precision precision) {
                Window window = layer.window();
                return depthwise(layer)
                        && DepthwiseInputGradient.present()
                        && (window.equals(HALVING) || window.equals(HALVING_AS_TENSORFLOW));
            }

            @Override
            public Tensor compute(Conv2d layer, Tensor g, Tensor x, Tensor weight) {
                Padding.Fixed around = layer.window().around(x);
                int threads = torch.get_num_threads();
                if (around.top() == 1 && around.left() == 1) {
                    return DepthwiseInputGradient.compute(g, weight, x.shape(), threads);
                }
                // A side of even length has nothing before it. With one zero more before x, and one more before g, it
                // is a convolution with padding 1.
                Padding.Fixed before = new Padding.Fixed(1 - around.top(), 1 - around.left(), 0, 0);
                long[] shape = x.shape();
                shape[2] += before.top();
                shape[3] += before.left();
                Tensor wide = DepthwiseInputGradient.compute(Window.pad(g, before, 0), weight, shape, threads);
                return Window.unpad(wide, before, x);
            }
        };

        private static final Window HALVING = Window.square(3, 2, 1);
        private static final Window HALVING_AS_TENSORFLOW = Window.same(3, 2);

        /** Whether this can compute the gradient of the layer at all, run in {@code precision}. */
        public abstract boolean fits(Conv2d layer, Precision precision);

        public abstract Tensor compute(Conv2d layer, Tensor g, Tensor x, Tensor weight);

        /** Zeros between the entries of {@code g}, so that the output of a stride-1 convolution has the size of {@code x}. */
        private static Tensor spread(Conv2d layer, Tensor g, Tensor x, long[] around) {
            Window window = layer.window();
            if (window.stride() == 1) {
                return g;
            }
            Tensor wide = zeros(
                    x, x.size(2) + window.height() - 1 - 2 * around[0], x.size(3) + window.width() - 1 - 2 * around[1]);
            strided(strided(wide, 2, 0, g.size(2), window.stride()), 3, 0, g.size(3), window.stride())
                    .copy_(g);
            return wide;
        }

        /** The same with zeros around it, so that the convolution needs no padding. */
        private static Tensor surrounded(Conv2d layer, Tensor g, Tensor x, long[] before) {
            Window window = layer.window();
            Tensor wide = zeros(x, x.size(2) + window.height() - 1, x.size(3) + window.width() - 1);
            Tensor rows = strided(wide, 2, before[0], g.size(2), window.stride());
            strided(rows, 3, before[1], g.size(3), window.stride()).copy_(g);
            return wide;
        }

        private static Tensor zeros(Tensor x, long height, long width) {
            return torch.empty(
                            new long[] {x.size(0), x.size(1), height, width},
                            x.options(),
                            new org.bytedeco.pytorch.MemoryFormatOptional(MemoryFormat.ChannelsLast))
                    .zero_();
        }

        private static Tensor strided(Tensor wide, int dim, long from, long count, int stride) {
            return wide.slice(
                    dim,
                    new org.bytedeco.pytorch.LongOptional(from),
                    new org.bytedeco.pytorch.LongOptional(from + (count - 1) * stride + 1),
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
                Window window = layer.window();
                return depthwise(layer) && window.height() == window.width() && DepthwiseWeightGradient.fast();
            }

            @Override
            public Tensor compute(Conv2d layer, Tensor g, Tensor x, Tensor weight) {
                Window window = layer.window();
                Padding.Fixed around = window.around(x);
                boolean alike = around.isSymmetric() && around.top() == around.left();
                return DepthwiseWeightGradient.compute(
                        alike ? x : Window.pad(x, around, 0),
                        g,
                        window.height(),
                        window.stride(),
                        alike ? around.top() : 0,
                        torch.get_num_threads());
            }
        };

        /** Whether this can compute the gradient of the layer at all, run in {@code precision}. */
        public abstract boolean fits(Conv2d layer, Precision precision);

        public abstract Tensor compute(Conv2d layer, Tensor g, Tensor x, Tensor weight);
    }
}
