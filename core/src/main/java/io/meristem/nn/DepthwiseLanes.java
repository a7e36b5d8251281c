package io.meristem.nn;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner loops of {@link DepthwiseWeightGradient} and {@link DepthwiseInputGradient} on the processor's vectors. Load this class only where the module jdk.incubator.vector
 * is present.
 *
 * <p>Rows of x and g lie in blocks of {@link #LANES} channels: position after position, LANES floats each. In a sum, tap after tap, likewise.
 * Every loop is flat and its body spelled out on purpose: in JDK 17, vectors live in registers in the innermost loop of a method only.
 */
final class DepthwiseLanes {

    /** Positions of g that one turn of the loops takes. */
    static final int TILE = 4;

    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    static final int LANES = FLOATS.length();
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());
    private static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(LANES * Short.SIZE));

    private DepthwiseLanes() {}

    /** Adds one row's part to the seven sums of one row of a 7x7 kernel, stride 1. */
    static void seven(float[] x, int at, float[] g, int from, int tiles, float[] sums, int to) {
        FloatVector s0 = FloatVector.fromArray(FLOATS, sums, to);
        FloatVector s1 = FloatVector.fromArray(FLOATS, sums, to + 1 * LANES);
        FloatVector s2 = FloatVector.fromArray(FLOATS, sums, to + 2 * LANES);
        FloatVector s3 = FloatVector.fromArray(FLOATS, sums, to + 3 * LANES);
        FloatVector s4 = FloatVector.fromArray(FLOATS, sums, to + 4 * LANES);
        FloatVector s5 = FloatVector.fromArray(FLOATS, sums, to + 5 * LANES);
        FloatVector s6 = FloatVector.fromArray(FLOATS, sums, to + 6 * LANES);
        for (int t = 0; t < tiles; t++) {
            int q = from + t * 4 * LANES;
            FloatVector g0 = FloatVector.fromArray(FLOATS, g, q);
            FloatVector g1 = FloatVector.fromArray(FLOATS, g, q + 1 * LANES);
            FloatVector g2 = FloatVector.fromArray(FLOATS, g, q + 2 * LANES);
            FloatVector g3 = FloatVector.fromArray(FLOATS, g, q + 3 * LANES);
            int p0 = at + t * 4 * LANES;
            FloatVector v = FloatVector.fromArray(FLOATS, x, p0);
            s0 = g0.fma(v, s0);
            v = FloatVector.fromArray(FLOATS, x, p0 + 1 * LANES);
            s0 = g1.fma(v, s0);
            s1 = g0.fma(v, s1);
            v = FloatVector.fromArray(FLOATS, x, p0 + 2 * LANES);
            s0 = g2.fma(v, s0);
            s1 = g1.fma(v, s1);
            s2 = g0.fma(v, s2);
            v = FloatVector.fromArray(FLOATS, x, p0 + 3 * LANES);
            s0 = g3.fma(v, s0);
            s1 = g2.fma(v, s1);
            s2 = g1.fma(v, s2);
            s3 = g0.fma(v, s3);
            v = FloatVector.fromArray(FLOATS, x, p0 + 4 * LANES);
            s1 = g3.fma(v, s1);
            s2 = g2.fma(v, s2);
            s3 = g1.fma(v, s3);
            s4 = g0.fma(v, s4);
            v = FloatVector.fromArray(FLOATS, x, p0 + 5 * LANES);
            s2 = g3.fma(v, s2);
            s3 = g2.fma(v, s3);
            s4 = g1.fma(v, s4);
            s5 = g0.fma(v, s5);
            v = FloatVector.fromArray(FLOATS, x, p0 + 6 * LANES);
            s3 = g3.fma(v, s3);
            s4 = g2.fma(v, s4);
            s5 = g1.fma(v, s5);
            s6 = g0.fma(v, s6);
            v = FloatVector.fromArray(FLOATS, x, p0 + 7 * LANES);
            s4 = g3.fma(v, s4);
            s5 = g2.fma(v, s5);
            s6 = g1.fma(v, s6);
            v = FloatVector.fromArray(FLOATS, x, p0 + 8 * LANES);
            s5 = g3.fma(v, s5);
            s6 = g2.fma(v, s6);
            v = FloatVector.fromArray(FLOATS, x, p0 + 9 * LANES);
            s6 = g3.fma(v, s6);
        }
        s0.intoArray(sums, to);
        s1.intoArray(sums, to + 1 * LANES);
        s2.intoArray(sums, to + 2 * LANES);
        s3.intoArray(sums, to + 3 * LANES);
        s4.intoArray(sums, to + 4 * LANES);
        s5.intoArray(sums, to + 5 * LANES);
        s6.intoArray(sums, to + 6 * LANES);
    }

    /** Adds three rows' part to the nine sums of a 3x3 kernel, stride 1; {@code row} lies between two rows of x. */
    static void three(float[] x, int at, int row, float[] g, int from, int tiles, float[] sums, int to) {
        FloatVector s0 = FloatVector.fromArray(FLOATS, sums, to);
        FloatVector s1 = FloatVector.fromArray(FLOATS, sums, to + 1 * LANES);
        FloatVector s2 = FloatVector.fromArray(FLOATS, sums, to + 2 * LANES);
        FloatVector s3 = FloatVector.fromArray(FLOATS, sums, to + 3 * LANES);
        FloatVector s4 = FloatVector.fromArray(FLOATS, sums, to + 4 * LANES);
        FloatVector s5 = FloatVector.fromArray(FLOATS, sums, to + 5 * LANES);
        FloatVector s6 = FloatVector.fromArray(FLOATS, sums, to + 6 * LANES);
        FloatVector s7 = FloatVector.fromArray(FLOATS, sums, to + 7 * LANES);
        FloatVector s8 = FloatVector.fromArray(FLOATS, sums, to + 8 * LANES);
        for (int t = 0; t < tiles; t++) {
            int q = from + t * 4 * LANES;
            FloatVector g0 = FloatVector.fromArray(FLOATS, g, q);
            FloatVector g1 = FloatVector.fromArray(FLOATS, g, q + 1 * LANES);
            FloatVector g2 = FloatVector.fromArray(FLOATS, g, q + 2 * LANES);
            FloatVector g3 = FloatVector.fromArray(FLOATS, g, q + 3 * LANES);
            int p0 = at + t * 4 * LANES;
            FloatVector v = FloatVector.fromArray(FLOATS, x, p0);
            s0 = g0.fma(v, s0);
            v = FloatVector.fromArray(FLOATS, x, p0 + 1 * LANES);
            s0 = g1.fma(v, s0);
            s1 = g0.fma(v, s1);
            v = FloatVector.fromArray(FLOATS, x, p0 + 2 * LANES);
            s0 = g2.fma(v, s0);
            s1 = g1.fma(v, s1);
            s2 = g0.fma(v, s2);
            v = FloatVector.fromArray(FLOATS, x, p0 + 3 * LANES);
            s0 = g3.fma(v, s0);
            s1 = g2.fma(v, s1);
            s2 = g1.fma(v, s2);
            v = FloatVector.fromArray(FLOATS, x, p0 + 4 * LANES);
            s1 = g3.fma(v, s1);
            s2 = g2.fma(v, s2);
            v = FloatVector.fromArray(FLOATS, x, p0 + 5 * LANES);
            s2 = g3.fma(v, s2);
            int p1 = at + t * 4 * LANES + row;
            v = FloatVector.fromArray(FLOATS, x, p1);
            s3 = g0.fma(v, s3);
            v = FloatVector.fromArray(FLOATS, x, p1 + 1 * LANES);
            s3 = g1.fma(v, s3);
            s4 = g0.fma(v, s4);
            v = FloatVector.fromArray(FLOATS, x, p1 + 2 * LANES);
            s3 = g2.fma(v, s3);
            s4 = g1.fma(v, s4);
            s5 = g0.fma(v, s5);
            v = FloatVector.fromArray(FLOATS, x, p1 + 3 * LANES);
            s3 = g3.fma(v, s3);
            s4 = g2.fma(v, s4);
            s5 = g1.fma(v, s5);
            v = FloatVector.fromArray(FLOATS, x, p1 + 4 * LANES);
            s4 = g3.fma(v, s4);
            s5 = g2.fma(v, s5);
            v = FloatVector.fromArray(FLOATS, x, p1 + 5 * LANES);
            s5 = g3.fma(v, s5);
            int p2 = at + t * 4 * LANES + 2 * row;
            v = FloatVector.fromArray(FLOATS, x, p2);
            s6 = g0.fma(v, s6);
            v = FloatVector.fromArray(FLOATS, x, p2 + 1 * LANES);
            s6 = g1.fma(v, s6);
            s7 = g0.fma(v, s7);
            v = FloatVector.fromArray(FLOATS, x, p2 + 2 * LANES);
            s6 = g2.fma(v, s6);
            s7 = g1.fma(v, s7);
            s8 = g0.fma(v, s8);
            v = FloatVector.fromArray(FLOATS, x, p2 + 3 * LANES);
            s6 = g3.fma(v, s6);
            s7 = g2.fma(v, s7);
            s8 = g1.fma(v, s8);
            v = FloatVector.fromArray(FLOATS, x, p2 + 4 * LANES);
            s7 = g3.fma(v, s7);
            s8 = g2.fma(v, s8);
            v = FloatVector.fromArray(FLOATS, x, p2 + 5 * LANES);
            s8 = g3.fma(v, s8);
        }
        s0.intoArray(sums, to);
        s1.intoArray(sums, to + 1 * LANES);
        s2.intoArray(sums, to + 2 * LANES);
        s3.intoArray(sums, to + 3 * LANES);
        s4.intoArray(sums, to + 4 * LANES);
        s5.intoArray(sums, to + 5 * LANES);
        s6.intoArray(sums, to + 6 * LANES);
        s7.intoArray(sums, to + 7 * LANES);
        s8.intoArray(sums, to + 8 * LANES);
    }

    /** Adds three rows' part to the nine sums of a 3x3 kernel, stride 2. */
    static void threeByTwo(float[] x, int at, int row, float[] g, int from, int tiles, float[] sums, int to) {
        FloatVector s0 = FloatVector.fromArray(FLOATS, sums, to);
        FloatVector s1 = FloatVector.fromArray(FLOATS, sums, to + 1 * LANES);
        FloatVector s2 = FloatVector.fromArray(FLOATS, sums, to + 2 * LANES);
        FloatVector s3 = FloatVector.fromArray(FLOATS, sums, to + 3 * LANES);
        FloatVector s4 = FloatVector.fromArray(FLOATS, sums, to + 4 * LANES);
        FloatVector s5 = FloatVector.fromArray(FLOATS, sums, to + 5 * LANES);
        FloatVector s6 = FloatVector.fromArray(FLOATS, sums, to + 6 * LANES);
        FloatVector s7 = FloatVector.fromArray(FLOATS, sums, to + 7 * LANES);
        FloatVector s8 = FloatVector.fromArray(FLOATS, sums, to + 8 * LANES);
        for (int t = 0; t < tiles; t++) {
            int q = from + t * 4 * LANES;
            FloatVector g0 = FloatVector.fromArray(FLOATS, g, q);
            FloatVector g1 = FloatVector.fromArray(FLOATS, g, q + 1 * LANES);
            FloatVector g2 = FloatVector.fromArray(FLOATS, g, q + 2 * LANES);
            FloatVector g3 = FloatVector.fromArray(FLOATS, g, q + 3 * LANES);
            int p0 = at + t * 8 * LANES;
            FloatVector v = FloatVector.fromArray(FLOATS, x, p0);
            s0 = g0.fma(v, s0);
            v = FloatVector.fromArray(FLOATS, x, p0 + 1 * LANES);
            s1 = g0.fma(v, s1);
            v = FloatVector.fromArray(FLOATS, x, p0 + 2 * LANES);
            s0 = g1.fma(v, s0);
            s2 = g0.fma(v, s2);
            v = FloatVector.fromArray(FLOATS, x, p0 + 3 * LANES);
            s1 = g1.fma(v, s1);
            v = FloatVector.fromArray(FLOATS, x, p0 + 4 * LANES);
            s0 = g2.fma(v, s0);
            s2 = g1.fma(v, s2);
            v = FloatVector.fromArray(FLOATS, x, p0 + 5 * LANES);
            s1 = g2.fma(v, s1);
            v = FloatVector.fromArray(FLOATS, x, p0 + 6 * LANES);
            s0 = g3.fma(v, s0);
            s2 = g2.fma(v, s2);
            v = FloatVector.fromArray(FLOATS, x, p0 + 7 * LANES);
            s1 = g3.fma(v, s1);
            v = FloatVector.fromArray(FLOATS, x, p0 + 8 * LANES);
            s2 = g3.fma(v, s2);
            int p1 = at + t * 8 * LANES + row;
            v = FloatVector.fromArray(FLOATS, x, p1);
            s3 = g0.fma(v, s3);
            v = FloatVector.fromArray(FLOATS, x, p1 + 1 * LANES);
            s4 = g0.fma(v, s4);
            v = FloatVector.fromArray(FLOATS, x, p1 + 2 * LANES);
            s3 = g1.fma(v, s3);
            s5 = g0.fma(v, s5);
            v = FloatVector.fromArray(FLOATS, x, p1 + 3 * LANES);
            s4 = g1.fma(v, s4);
            v = FloatVector.fromArray(FLOATS, x, p1 + 4 * LANES);
            s3 = g2.fma(v, s3);
            s5 = g1.fma(v, s5);
            v = FloatVector.fromArray(FLOATS, x, p1 + 5 * LANES);
            s4 = g2.fma(v, s4);
            v = FloatVector.fromArray(FLOATS, x, p1 + 6 * LANES);
            s3 = g3.fma(v, s3);
            s5 = g2.fma(v, s5);
            v = FloatVector.fromArray(FLOATS, x, p1 + 7 * LANES);
            s4 = g3.fma(v, s4);
            v = FloatVector.fromArray(FLOATS, x, p1 + 8 * LANES);
            s5 = g3.fma(v, s5);
            int p2 = at + t * 8 * LANES + 2 * row;
            v = FloatVector.fromArray(FLOATS, x, p2);
            s6 = g0.fma(v, s6);
            v = FloatVector.fromArray(FLOATS, x, p2 + 1 * LANES);
            s7 = g0.fma(v, s7);
            v = FloatVector.fromArray(FLOATS, x, p2 + 2 * LANES);
            s6 = g1.fma(v, s6);
            s8 = g0.fma(v, s8);
            v = FloatVector.fromArray(FLOATS, x, p2 + 3 * LANES);
            s7 = g1.fma(v, s7);
            v = FloatVector.fromArray(FLOATS, x, p2 + 4 * LANES);
            s6 = g2.fma(v, s6);
            s8 = g1.fma(v, s8);
            v = FloatVector.fromArray(FLOATS, x, p2 + 5 * LANES);
            s7 = g2.fma(v, s7);
            v = FloatVector.fromArray(FLOATS, x, p2 + 6 * LANES);
            s6 = g3.fma(v, s6);
            s8 = g2.fma(v, s8);
            v = FloatVector.fromArray(FLOATS, x, p2 + 7 * LANES);
            s7 = g3.fma(v, s7);
            v = FloatVector.fromArray(FLOATS, x, p2 + 8 * LANES);
            s8 = g3.fma(v, s8);
        }
        s0.intoArray(sums, to);
        s1.intoArray(sums, to + 1 * LANES);
        s2.intoArray(sums, to + 2 * LANES);
        s3.intoArray(sums, to + 3 * LANES);
        s4.intoArray(sums, to + 4 * LANES);
        s5.intoArray(sums, to + 5 * LANES);
        s6.intoArray(sums, to + 6 * LANES);
        s7.intoArray(sums, to + 7 * LANES);
        s8.intoArray(sums, to + 8 * LANES);
    }

    /** Adds one row's part to the sum of one tap of any kernel; {@code step} lies between two positions of x. */
    static void tap(float[] x, int at, int step, float[] g, int from, int positions, float[] sums, int to) {
        FloatVector s = FloatVector.fromArray(FLOATS, sums, to);
        for (int t = 0; t < positions; t++) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, at + t * step);
            s = FloatVector.fromArray(FLOATS, g, from + t * LANES).fma(v, s);
        }
        s.intoArray(sums, to);
    }

    /**
     * For a 3x3 kernel of stride 2 and padding 1: two rows of the input's gradient, {@code even} and {@code odd}, from two rows of the output's,
     * {@code above} and {@code below}, for LANES channels from {@code at} on. All are bfloat16, {@code step} numbers a position; {@code above} and
     * {@code below} have one more position, zero. In {@code taps} there are {@code step} numbers for each tap.
     */
    static void backHalves(
            short[] above, short[] below, int at, int step, int positions, float[] taps, short[] even, short[] odd) {
        FloatVector w0 = FloatVector.fromArray(FLOATS, taps, at);
        FloatVector w1 = FloatVector.fromArray(FLOATS, taps, at + step);
        FloatVector w2 = FloatVector.fromArray(FLOATS, taps, at + 2 * step);
        FloatVector w3 = FloatVector.fromArray(FLOATS, taps, at + 3 * step);
        FloatVector w4 = FloatVector.fromArray(FLOATS, taps, at + 4 * step);
        FloatVector w5 = FloatVector.fromArray(FLOATS, taps, at + 5 * step);
        FloatVector w6 = FloatVector.fromArray(FLOATS, taps, at + 6 * step);
        FloatVector w7 = FloatVector.fromArray(FLOATS, taps, at + 7 * step);
        FloatVector w8 = FloatVector.fromArray(FLOATS, taps, at + 8 * step);
        FloatVector a0 = floats(above, at);
        FloatVector b0 = floats(below, at);
        for (int t = 0; t < positions; t++) {
            int next = at + (t + 1) * step;
            FloatVector a1 = floats(above, next);
            FloatVector b1 = floats(below, next);
            int to = at + 2 * t * step;
            halves(a0.mul(w4)).intoArray(even, to);
            halves(a0.fma(w5, a1.mul(w3))).intoArray(even, to + step);
            halves(a0.fma(w7, b0.mul(w1))).intoArray(odd, to);
            halves(a0.fma(w8, a1.fma(w6, b0.fma(w2, b1.mul(w0))))).intoArray(odd, to + step);
            a0 = a1;
            b0 = b1;
        }
    }

    /** The same in float32. */
    static void backFloats(
            float[] above, float[] below, int at, int step, int positions, float[] taps, float[] even, float[] odd) {
        FloatVector w0 = FloatVector.fromArray(FLOATS, taps, at);
        FloatVector w1 = FloatVector.fromArray(FLOATS, taps, at + step);
        FloatVector w2 = FloatVector.fromArray(FLOATS, taps, at + 2 * step);
        FloatVector w3 = FloatVector.fromArray(FLOATS, taps, at + 3 * step);
        FloatVector w4 = FloatVector.fromArray(FLOATS, taps, at + 4 * step);
        FloatVector w5 = FloatVector.fromArray(FLOATS, taps, at + 5 * step);
        FloatVector w6 = FloatVector.fromArray(FLOATS, taps, at + 6 * step);
        FloatVector w7 = FloatVector.fromArray(FLOATS, taps, at + 7 * step);
        FloatVector w8 = FloatVector.fromArray(FLOATS, taps, at + 8 * step);
        FloatVector a0 = FloatVector.fromArray(FLOATS, above, at);
        FloatVector b0 = FloatVector.fromArray(FLOATS, below, at);
        for (int t = 0; t < positions; t++) {
            int next = at + (t + 1) * step;
            FloatVector a1 = FloatVector.fromArray(FLOATS, above, next);
            FloatVector b1 = FloatVector.fromArray(FLOATS, below, next);
            int to = at + 2 * t * step;
            a0.mul(w4).intoArray(even, to);
            a0.fma(w5, a1.mul(w3)).intoArray(even, to + step);
            a0.fma(w7, b0.mul(w1)).intoArray(odd, to);
            a0.fma(w8, a1.fma(w6, b0.fma(w2, b1.mul(w0)))).intoArray(odd, to + step);
            a0 = a1;
            b0 = b1;
        }
    }

    private static FloatVector floats(short[] from, int at) {
        return ShortVector.fromArray(SHORTS, from, at)
                .convertShape(VectorOperators.S2I, INTS, 0)
                .reinterpretAsInts()
                .lanewise(VectorOperators.LSHL, 16)
                .reinterpretAsFloats();
    }

    /** Rounds to the nearest bfloat16, to the even one in the middle. */
    private static ShortVector halves(FloatVector values) {
        IntVector bits = values.reinterpretAsInts();
        IntVector even = bits.lanewise(VectorOperators.LSHR, 16).lanewise(VectorOperators.AND, 1);
        return bits.add(0x7fff)
                .add(even)
                .lanewise(VectorOperators.LSHR, 16)
                .convertShape(VectorOperators.I2S, SHORTS, 0)
                .reinterpretAsShorts();
    }

    /** Takes the channels of one block out of {@code positions} positions that are {@code step} bfloat16 numbers apart. */
    static void widen(short[] from, int at, int step, int positions, float[] to, int start) {
        for (int t = 0; t < positions; t++) {
            IntVector bits = ShortVector.fromArray(SHORTS, from, at + t * step)
                    .convertShape(VectorOperators.S2I, INTS, 0)
                    .reinterpretAsInts();
            bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(to, start + t * LANES);
        }
    }

    /** Takes the channels of one block out of {@code positions} positions that are {@code step} float32 numbers apart. */
    static void copy(float[] from, int at, int step, int positions, float[] to, int start) {
        for (int t = 0; t < positions; t++) {
            FloatVector.fromArray(FLOATS, from, at + t * step).intoArray(to, start + t * LANES);
        }
    }

    /** Adds {@code length} numbers, a multiple of {@link #LANES}, to the first of {@code to}. */
    static void add(float[] from, int at, int length, float[] to) {
        for (int i = 0; i < length; i += LANES) {
            FloatVector.fromArray(FLOATS, to, i)
                    .add(FloatVector.fromArray(FLOATS, from, at + i))
                    .intoArray(to, i);
        }
    }
}
