package io.meristem.kernel;

import io.meristem.engine.ComputeDevice;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.engine.Vectors;
import java.lang.ref.Reference;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.pytorch.LongArrayRefOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The weight gradient of a depthwise convolution in channels-last layout on the CPU, many times faster than the engine's own.
 *
 * <p>One piece of work is one image: its rows are brought block by block from the engine's memory into Java arrays that stay in the
 * processor's cache, as float32 and channel block after channel block, and each block of rows adds its part to the sums of all taps. The sums of
 * the images are added in their order, so that the result does not depend on the number of threads.
 *
 * <p>Needs the module jdk.incubator.vector ({@link Vectors}); without it the engine computes, in float32.
 */
public final class DepthwiseWeightGradient {

    /** Floats of x and g that one thread holds at once: 400 KB, to stay in the second cache. */
    private static final int CACHED = 100 * 1024;

    /** Fewest channels in a piece of work that is less than an image. */
    private static final int SPLIT = 32;

    private static final ThreadLocal<Room> ROOMS = ThreadLocal.withInitial(Room::new);

    /** Arrays that a thread keeps from one call to the next. */
    private static final class Room {
        private short[] shorts = new short[0];
        private float[] floats = new float[0];
        private float[] x = new float[0];
        private float[] g = new float[0];
        /** The {@link #call} whose padding x and g have. */
        private Object call;
    }

    private final Images x;
    private final Images g;
    private final int kernel;
    private final int stride;
    private final int padding;
    /** Channels in a piece of work, blocks of LANES channels in it, and pieces in an image. */
    private final int channels;

    private final int blocks;
    private final int groups;
    /** Floats between two rows of one block as held. */
    private final int xRow;

    private final int gRow;
    /** Rows that are held at once. */
    private final int xRows;

    private final int gRows;
    private final Object call = new Object();
    /** Piece after piece: per block of channels and per tap, LANES sums. */
    private final float[] parts;

    private DepthwiseWeightGradient(Images x, Images g, int kernel, int stride, int padding, int threads) {
        this.x = x;
        this.g = g;
        this.kernel = kernel;
        this.stride = stride;
        this.padding = padding;
        int lanes = DepthwiseLanes.LANES;
        int wanted = up(2 * threads, x.count());
        int unit = Math.max(lanes, SPLIT);
        channels = x.count() >= 2 * threads
                ? x.channels()
                : Math.min(x.channels(), up(up(x.channels(), wanted), unit) * unit);
        groups = up(x.channels(), channels);
        blocks = up(channels, lanes);
        int positions = up(g.width(), DepthwiseLanes.TILE) * DepthwiseLanes.TILE;
        gRow = positions * lanes;
        xRow = ((positions - 1) * stride + kernel) * lanes;
        int fit = (CACHED / blocks - (kernel - stride) * xRow) / (stride * xRow + gRow);
        gRows = Math.max(1, Math.min(fit, g.height()));
        xRows = (gRows - 1) * stride + kernel;
        parts = new float[x.count() * groups * sums()];
    }

    private static int up(int a, int b) {
        return (a + b - 1) / b;
    }

    /** Numbers in the part of one piece. */
    private int sums() {
        return blocks * kernel * kernel * DepthwiseLanes.LANES;
    }

    /** Whether the fast way is there: tensors are in the JVM's memory, and {@link Vectors} are present. */
    public static boolean fast() {
        return Vectors.present() && Engine.device() == ComputeDevice.CPU;
    }

    /**
     * The gradient (C, 1, k, k), float32, owned by the current scope, for input x (N, C, H, W) and output gradient g (N, C, H', W'), both dense in
     * channels-last layout and both bfloat16 or both float32.
     */
    public static Tensor compute(Tensor x, Tensor g, int kernel, int stride, int padding, int threads) {
        ScalarType type = x.scalar_type().intern();
        if (type != g.scalar_type().intern() || type != ScalarType.BFloat16 && type != ScalarType.Float) {
            throw new IllegalArgumentException("x and g must be both bfloat16 or both float32");
        }
        if (x.size(0) != g.size(0)
                || x.size(1) != g.size(1)
                || (x.size(2) + 2L * padding - kernel) / stride + 1 != g.size(2)
                || (x.size(3) + 2L * padding - kernel) / stride + 1 != g.size(3)) {
            throw new IllegalArgumentException("the shapes of x and g do not belong together");
        }
        if (!Vectors.present()) {
            return byEngine(x, g, kernel, stride, padding);
        }
        Tensor denseX = Tensors.channelsLast(x);
        Tensor denseG = Tensors.channelsLast(g);
        DepthwiseWeightGradient work =
                new DepthwiseWeightGradient(Images.of(denseX), Images.of(denseG), kernel, stride, padding, threads);
        KernelThreads.run(work.x.count() * work.groups, threads, work::piece);
        Reference.reachabilityFence(denseX);
        Reference.reachabilityFence(denseG);
        return Tensors.of(work.total(), x.size(1), 1, kernel, kernel);
    }

    /** The same by the engine, in float32. */
    static Tensor byEngine(Tensor x, Tensor g, int kernel, int stride, int padding) {
        try (BoolPointer which = new BoolPointer(3)) {
            which.put(0, false).put(1, true).put(2, false);
            return torch.convolution_backward(
                            g.to(ScalarType.Float),
                            x.to(ScalarType.Float),
                            torch.empty(x.size(1), 1, kernel, kernel),
                            new LongArrayRefOptional(),
                            new long[] {stride, stride},
                            new long[] {padding, padding},
                            new long[] {1, 1},
                            false,
                            new long[] {0, 0},
                            x.size(1),
                            which)
                    .get1();
        }
    }

    /** Computes the part of one group of channels of one image. */
    private void piece(int number) {
        int image = number / groups;
        int first = number % groups * channels;
        Room room = ROOMS.get();
        if (room.call != call) {
            room.x = zeroed(room.x, blocks * xRows * xRow);
            room.g = zeroed(room.g, blocks * gRows * gRow);
            room.call = call;
        }
        int held = 0;
        for (int y = 0; y < g.height(); y += gRows) {
            int rows = Math.min(gRows, g.height() - y);
            for (int r = 0; r < rows; r++) {
                load(g, image, first, y + r, room, room.g, r * gRow, gRows * gRow, 0);
            }
            for (int r = held; r < (rows - 1) * stride + kernel; r++) {
                load(x, image, first, y * stride - padding + r, room, room.x, r * xRow, xRows * xRow, padding);
            }
            for (int b = 0; b < blocks; b++) {
                for (int r = 0; r < rows; r++) {
                    row(room, b, r, number * sums() + b * kernel * kernel * DepthwiseLanes.LANES);
                }
            }
            held = Math.max(0, kernel - stride);
            for (int b = 0; b < blocks && y + gRows < g.height(); b++) {
                int start = b * xRows * xRow;
                System.arraycopy(room.x, start + gRows * stride * xRow, room.x, start, held * xRow);
            }
        }
    }

    private static float[] zeroed(float[] room, int length) {
        if (room.length < length) {
            return new float[length];
        }
        Arrays.fill(room, 0, length, 0);
        return room;
    }

    /** Brings one row of an image into its blocks, {@code edge} positions from their left end; a row outside of the image is zero. */
    @SuppressWarnings("ReferenceEquality")
    private void load(
            Images from, int image, int first, int y, Room room, float[] to, int start, int blockStep, int edge) {
        int lanes = DepthwiseLanes.LANES;
        int wide = from == x ? xRow : gRow;
        if (y < 0 || y >= from.height()) {
            for (int b = 0; b < blocks; b++) {
                int at = start + b * blockStep;
                Arrays.fill(to, at, at + wide, 0);
            }
            return;
        }
        int positions = Math.min(from.width(), wide / lanes - edge);
        int count = Math.min(channels, from.channels() - first);
        if (from.halves() != null) {
            if (room.shorts.length < positions * count) {
                room.shorts = new short[positions * count];
            }
            read(from.halves()[image], y * from.width(), from.channels(), first, positions, count, room.shorts);
        } else {
            if (room.floats.length < positions * count) {
                room.floats = new float[positions * count];
            }
            read(from.floats()[image], y * from.width(), from.channels(), first, positions, count, room.floats);
        }
        for (int b = 0; b < blocks; b++) {
            int at = start + b * blockStep + edge * lanes;
            int here = Math.min(lanes, count - b * lanes);
            if (here < lanes) {
                rest(from.halves() != null, room, b * lanes, here, count, positions, to, at);
            } else if (from.halves() != null) {
                DepthwiseLanes.widen(room.shorts, b * lanes, count, positions, to, at);
            } else {
                DepthwiseLanes.copy(room.floats, b * lanes, count, positions, to, at);
            }
        }
    }

    private static void read(
            ShortBuffer image, int position, int channels, int first, int positions, int count, short[] to) {
        if (count == channels) {
            image.get(position * channels, to, 0, positions * channels);
            return;
        }
        for (int p = 0; p < positions; p++) {
            image.get((position + p) * channels + first, to, p * count, count);
        }
    }

    private static void read(
            FloatBuffer image, int position, int channels, int first, int positions, int count, float[] to) {
        if (count == channels) {
            image.get(position * channels, to, 0, positions * channels);
            return;
        }
        for (int p = 0; p < positions; p++) {
            image.get((position + p) * channels + first, to, p * count, count);
        }
    }

    /** Takes the channels of a last block that is not full. */
    private static void rest(
            boolean half, Room room, int from, int count, int step, int positions, float[] to, int at) {
        for (int p = 0; p < positions; p++) {
            for (int c = 0; c < count; c++) {
                int i = from + p * step + c;
                to[at + p * DepthwiseLanes.LANES + c] =
                        half ? Float.intBitsToFloat(room.shorts[i] << 16) : room.floats[i];
            }
        }
    }

    /** Adds what one row of g gives to the sums of one block, which begin at {@code to}. */
    private void row(Room room, int block, int r, int to) {
        int lanes = DepthwiseLanes.LANES;
        int atG = (block * gRows + r) * gRow;
        int atX = (block * xRows + r * stride) * xRow;
        int tiles = gRow / lanes / DepthwiseLanes.TILE;
        if (kernel == 3 && stride == 1) {
            DepthwiseLanes.three(room.x, atX, xRow, room.g, atG, tiles, parts, to);
        } else if (kernel == 3 && stride == 2) {
            DepthwiseLanes.threeByTwo(room.x, atX, xRow, room.g, atG, tiles, parts, to);
        } else if (kernel == 7 && stride == 1) {
            for (int i = 0; i < 7; i++) {
                DepthwiseLanes.seven(room.x, atX + i * xRow, room.g, atG, tiles, parts, to + i * 7 * lanes);
            }
        } else {
            for (int tap = 0; tap < kernel * kernel; tap++) {
                int at = atX + tap / kernel * xRow + tap % kernel * lanes;
                DepthwiseLanes.tap(room.x, at, stride * lanes, room.g, atG, g.width(), parts, to + tap * lanes);
            }
        }
    }

    /** The sums of all images, channel after channel. */
    private float[] total() {
        int lanes = DepthwiseLanes.LANES;
        int taps = kernel * kernel;
        float[] all = new float[groups * sums()];
        for (int image = 0; image < x.count(); image++) {
            DepthwiseLanes.add(parts, image * all.length, all.length, all);
        }
        float[] gradient = new float[x.channels() * taps];
        for (int c = 0; c < x.channels(); c++) {
            int inGroup = c % channels;
            int at = c / channels * sums() + inGroup / lanes * taps * lanes + inGroup % lanes;
            for (int tap = 0; tap < taps; tap++) {
                gradient[c * taps + tap] = all[at + tap * lanes];
            }
        }
        return gradient;
    }
}
