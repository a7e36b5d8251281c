package io.meristem.kernel;

import io.meristem.engine.Tensors;
import java.lang.ref.Reference;
import java.util.Arrays;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The input gradient of a depthwise convolution with a 3x3 kernel, stride 2 and padding 1, in channels-last layout on the CPU, many times faster
 * than the engine's own in bfloat16.
 *
 * <p>Two rows of it, 2m and 2m + 1, depend on two rows of g, m and m + 1. They are computed in Java arrays that stay in the processor's cache and
 * written to the engine's memory at once. Sums are float32, rounded once.
 *
 * <p>Needs the module jdk.incubator.vector ({@link io.meristem.engine.Vectors}).
 */
public final class DepthwiseInputGradient {

    private static final int KERNEL = 3;
    private static final int STRIDE = 2;
    private static final int PADDING = 1;

    private static final ThreadLocal<Room> ROOMS = ThreadLocal.withInitial(Room::new);

    /** Rows of g and of the gradient, in arrays that a thread keeps from one call to the next; used are those of one type. */
    private static final class Room {
        private short[] halfAbove = new short[0];
        private short[] halfBelow = new short[0];
        private short[] halfEven = new short[0];
        private short[] halfOdd = new short[0];
        private float[] above = new float[0];
        private float[] below = new float[0];
        private float[] even = new float[0];
        private float[] odd = new float[0];
    }

    private final Images g;
    private final Images gradient;
    /** Channels that are computed at once. */
    private final int block;
    /** Block after block and tap after tap, one number for each channel, in the order that {@link DepthwiseLanes} wants. */
    private final float[] taps;
    /** Rows of g in a piece of work, and pieces in an image. */
    private final int band;

    private final int bands;
    /** Numbers in a row of g and of the gradient as held. */
    private final int gRow;

    private final int row;

    private DepthwiseInputGradient(Images g, Images gradient, float[] weight, int threads) {
        this.g = g;
        this.gradient = gradient;
        int wanted = Math.max(1, Math.min(g.height(), up(4 * threads, g.count())));
        band = up(g.height(), wanted);
        bands = up(g.height(), band);
        boolean half = g.halves() != null;
        int lanes = DepthwiseLanes.LANES;
        block = half ? 2 * lanes : lanes;
        int channels = g.channels();
        // Vectors may reach beyond the end where there are fewer channels than a block has.
        gRow = (g.width() + 1) * channels + block;
        row = 2 * g.width() * channels + block;
        int count = KERNEL * KERNEL;
        taps = new float[up(channels, block) * count * block];
        for (int i = 0; i < taps.length; i++) {
            int lane = i % block;
            int channel = start(i / (count * block)) + (half ? lane % lanes * 2 + lane / lanes : lane);
            taps[i] = channel < channels ? weight[channel * count + i / block % count] : 0;
        }
    }

    private static int up(int a, int b) {
        return (a + b - 1) / b;
    }

    /** Whether {@link #compute} can run here. */
    public static boolean present() {
        return DepthwiseWeightGradient.fast();
    }

    /**
     * The gradient (N, C, H, W), of the type of g, dense in channels-last layout, owned by the current scope, for output gradient g (N, C, H', W')
     * and weight (C, 1, k, k), both bfloat16 or both float32.
     */
    public static Tensor compute(Tensor g, Tensor weight, long[] inputShape, int threads) {
        if (!present()) {
            throw new IllegalArgumentException("the vector module is missing");
        }
        ScalarType type = g.scalar_type().intern();
        if (type != weight.scalar_type().intern() || type != ScalarType.BFloat16 && type != ScalarType.Float) {
            throw new IllegalArgumentException("g and weight must be both bfloat16 or both float32");
        }
        long[] shape = {inputShape[0], inputShape[1], up(inputShape[2]), up(inputShape[3])};
        long[] weightShape = {inputShape[1], 1, KERNEL, KERNEL};
        if (!Arrays.equals(shape, g.shape()) || !Arrays.equals(weightShape, weight.shape())) {
            throw new IllegalArgumentException("the shapes of g, weight and input do not belong together");
        }
        Tensor gradient = torch.empty(inputShape, g.options(), new MemoryFormatOptional(MemoryFormat.ChannelsLast));
        Tensor dense = Tensors.channelsLast(g);
        DepthwiseInputGradient work =
                new DepthwiseInputGradient(Images.of(dense), Images.of(gradient), Tensors.toFloats(weight), threads);
        KernelThreads.run(work.g.count() * work.bands, threads, work.g.halves() == null ? work::floats : work::halves);
        Reference.reachabilityFence(dense);
        Reference.reachabilityFence(gradient);
        return gradient;
    }

    /** Height or width of g for that of the input. */
    private static long up(long size) {
        return (size + 2 * PADDING - KERNEL) / STRIDE + 1;
    }

    private void halves(int number) {
        int image = number / bands;
        int first = number % bands * band;
        Room room = ROOMS.get();
        if (room.halfAbove.length < gRow || room.halfEven.length < row) {
            room.halfAbove = new short[gRow];
            room.halfBelow = new short[gRow];
            room.halfEven = new short[row];
            room.halfOdd = new short[row];
        }
        int channels = g.channels();
        int wide = gradient.width() * channels;
        load(image, first, room.halfAbove);
        for (int y = first; y < Math.min(first + band, g.height()); y++) {
            load(image, y + 1, room.halfBelow);
            for (int b = 0; b * block < channels; b++) {
                DepthwiseLanes.backHalves(
                        room.halfAbove,
                        room.halfBelow,
                        start(b),
                        channels,
                        g.width(),
                        taps,
                        b * KERNEL * KERNEL * block,
                        room.halfEven,
                        room.halfOdd);
            }
            gradient.halves()[image].put(2 * y * wide, room.halfEven, 0, wide);
            if (2 * y + 1 < gradient.height()) {
                gradient.halves()[image].put((2 * y + 1) * wide, room.halfOdd, 0, wide);
            }
            short[] done = room.halfAbove;
            room.halfAbove = room.halfBelow;
            room.halfBelow = done;
        }
    }

    private void floats(int number) {
        int image = number / bands;
        int first = number % bands * band;
        Room room = ROOMS.get();
        if (room.above.length < gRow || room.even.length < row) {
            room.above = new float[gRow];
            room.below = new float[gRow];
            room.even = new float[row];
            room.odd = new float[row];
        }
        int channels = g.channels();
        int wide = gradient.width() * channels;
        load(image, first, room.above);
        for (int y = first; y < Math.min(first + band, g.height()); y++) {
            load(image, y + 1, room.below);
            for (int b = 0; b * block < channels; b++) {
                DepthwiseLanes.backFloats(
                        room.above,
                        room.below,
                        start(b),
                        channels,
                        g.width(),
                        taps,
                        b * KERNEL * KERNEL * block,
                        room.even,
                        room.odd);
            }
            gradient.floats()[image].put(2 * y * wide, room.even, 0, wide);
            if (2 * y + 1 < gradient.height()) {
                gradient.floats()[image].put((2 * y + 1) * wide, room.odd, 0, wide);
            }
            float[] done = room.above;
            room.above = room.below;
            room.below = done;
        }
    }

    /**
     * The first channel of a block. The last block ends with the channels, so that some are computed twice. With fewer channels than a block has,
     * the only one reaches into the next position, which is written later.
     */
    private int start(int number) {
        return Math.max(0, Math.min(number * block, g.channels() - block));
    }

    /** Brings a row of g, with zeros behind it; the row below the last is zero. */
    private void load(int image, int y, short[] to) {
        int count = y < g.height() ? g.width() * g.channels() : 0;
        g.halves()[image].get(count == 0 ? 0 : y * count, to, 0, count);
        Arrays.fill(to, count, gRow, (short) 0);
    }

    private void load(int image, int y, float[] to) {
        int count = y < g.height() ? g.width() * g.channels() : 0;
        g.floats()[image].get(count == 0 ? 0 : y * count, to, 0, count);
        Arrays.fill(to, count, gRow, 0);
    }
}
