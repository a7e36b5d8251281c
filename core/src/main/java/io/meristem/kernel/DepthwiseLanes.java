package io.meristem.kernel;

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
    private static final VectorSpecies<Short> PAIRED = VectorSpecies.of(short.class, FLOATS.vectorShape());
    private static final int HIGH = 0xffff0000;

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
     * {@code above} and {@code below}, for 2 LANES channels from {@code at} on. All are bfloat16, {@code step} numbers a position; {@code above}
     * and {@code below} have one more position than {@code positions}, zero.
     *
     * <p>Two neighbours make one int: the low half shifted up and the high half with the low one cleared are their float32. So there are two
     * vectors for each tap in {@code taps}, of the first, third, ... channel and of the others. The sums are rounded to the nearest
     * bfloat16, to the even one in the middle. Spelled out because JDK 17 takes more than ten times as long if vectors are narrowed from int to
     * short or if a method of its own does the rounding.
     */
    static void backHalves(
            short[] above,
            short[] below,
            int at,
            int step,
            int positions,
            float[] taps,
            int from,
            short[] even,
            short[] odd) {
        FloatVector l0 = FloatVector.fromArray(FLOATS, taps, from);
        FloatVector h0 = FloatVector.fromArray(FLOATS, taps, from + LANES);
        FloatVector l1 = FloatVector.fromArray(FLOATS, taps, from + 2 * LANES);
        FloatVector h1 = FloatVector.fromArray(FLOATS, taps, from + 3 * LANES);
        FloatVector l2 = FloatVector.fromArray(FLOATS, taps, from + 4 * LANES);
        FloatVector h2 = FloatVector.fromArray(FLOATS, taps, from + 5 * LANES);
        FloatVector l3 = FloatVector.fromArray(FLOATS, taps, from + 6 * LANES);
        FloatVector h3 = FloatVector.fromArray(FLOATS, taps, from + 7 * LANES);
        FloatVector l4 = FloatVector.fromArray(FLOATS, taps, from + 8 * LANES);
        FloatVector h4 = FloatVector.fromArray(FLOATS, taps, from + 9 * LANES);
        FloatVector l5 = FloatVector.fromArray(FLOATS, taps, from + 10 * LANES);
        FloatVector h5 = FloatVector.fromArray(FLOATS, taps, from + 11 * LANES);
        FloatVector l6 = FloatVector.fromArray(FLOATS, taps, from + 12 * LANES);
        FloatVector h6 = FloatVector.fromArray(FLOATS, taps, from + 13 * LANES);
        FloatVector l7 = FloatVector.fromArray(FLOATS, taps, from + 14 * LANES);
        FloatVector h7 = FloatVector.fromArray(FLOATS, taps, from + 15 * LANES);
        FloatVector l8 = FloatVector.fromArray(FLOATS, taps, from + 16 * LANES);
        FloatVector h8 = FloatVector.fromArray(FLOATS, taps, from + 17 * LANES);
        for (int t = 0; t < positions; t++) {
            int here = at + t * step;
            IntVector a0 = pairs(above, here);
            IntVector b0 = pairs(below, here);
            int next = here + step;
            IntVector a1 = pairs(above, next);
            IntVector b1 = pairs(below, next);
            FloatVector a0l = low(a0);
            FloatVector a0h = high(a0);
            FloatVector a1l = low(a1);
            FloatVector a1h = high(a1);
            FloatVector b0l = low(b0);
            FloatVector b0h = high(b0);
            FloatVector b1l = low(b1);
            FloatVector b1h = high(b1);
            int to = at + 2 * t * step;
            IntVector l = a0l.mul(l4).reinterpretAsInts();
            IntVector h = a0h.mul(h4).reinterpretAsInts();
            l = l.add(l.lanewise(VectorOperators.LSHR, 16).lanewise(VectorOperators.AND, 1))
                    .add(0x7fff)
                    .lanewise(VectorOperators.LSHR, 16);
            h = h.add(h.lanewise(VectorOperators.LSHR, 16).lanewise(VectorOperators.AND, 1))
                    .add(0x7fff)
                    .lanewise(VectorOperators.AND, HIGH);
            l.lanewise(VectorOperators.OR, h).reinterpretAsShorts().intoArray(even, to);
            l = a0l.fma(l5, a1l.mul(l3)).reinterpretAsInts();
            h = a0h.fma(h5, a1h.mul(h3)).reinterpretAsInts();
            l = l.add(l.lanewise(VectorOperators.LSHR, 16).lanewise(VectorOperators.AND, 1))
                    .add(0x7fff)
                    .lanewise(VectorOperators.LSHR, 16);
            h = h.add(h.lanewise(VectorOperators.LSHR, 16).lanewise(VectorOperators.AND, 1))
                    .add(0x7fff)
                    .lanewise(VectorOperators.AND, HIGH);
            l.lanewise(VectorOperators.OR, h).reinterpretAsShorts().intoArray(even, to + step);
            l = a0l.fma(l7, b0l.mul(l1)).reinterpretAsInts();
            h = a0h.fma(h7, b0h.mul(h1)).reinterpretAsInts();
            l = l.add(l.lanewise(VectorOperators.LSHR, 16).lanewise(VectorOperators.AND, 1))
                    .add(0x7fff)
                    .lanewise(VectorOperators.LSHR, 16);
            h = h.add(h.lanewise(VectorOperators.LSHR, 16).lanewise(VectorOperators.AND, 1))
                    .add(0x7fff)
                    .lanewise(VectorOperators.AND, HIGH);
            l.lanewise(VectorOperators.OR, h).reinterpretAsShorts().intoArray(odd, to);
            l = a0l.fma(l8, a1l.fma(l6, b0l.fma(l2, b1l.mul(l0)))).reinterpretAsInts();
            h = a0h.fma(h8, a1h.fma(h6, b0h.fma(h2, b1h.mul(h0)))).reinterpretAsInts();
            l = l.add(l.lanewise(VectorOperators.LSHR, 16).lanewise(VectorOperators.AND, 1))
                    .add(0x7fff)
                    .lanewise(VectorOperators.LSHR, 16);
            h = h.add(h.lanewise(VectorOperators.LSHR, 16).lanewise(VectorOperators.AND, 1))
                    .add(0x7fff)
                    .lanewise(VectorOperators.AND, HIGH);
            l.lanewise(VectorOperators.OR, h).reinterpretAsShorts().intoArray(odd, to + step);
        }
    }

    /** The same for LANES channels in float32, with one vector for each tap. */
    static void backFloats(
            float[] above,
            float[] below,
            int at,
            int step,
            int positions,
            float[] taps,
            int from,
            float[] even,
            float[] odd) {
        FloatVector w0 = FloatVector.fromArray(FLOATS, taps, from);
        FloatVector w1 = FloatVector.fromArray(FLOATS, taps, from + LANES);
        FloatVector w2 = FloatVector.fromArray(FLOATS, taps, from + 2 * LANES);
        FloatVector w3 = FloatVector.fromArray(FLOATS, taps, from + 3 * LANES);
        FloatVector w4 = FloatVector.fromArray(FLOATS, taps, from + 4 * LANES);
        FloatVector w5 = FloatVector.fromArray(FLOATS, taps, from + 5 * LANES);
        FloatVector w6 = FloatVector.fromArray(FLOATS, taps, from + 6 * LANES);
        FloatVector w7 = FloatVector.fromArray(FLOATS, taps, from + 7 * LANES);
        FloatVector w8 = FloatVector.fromArray(FLOATS, taps, from + 8 * LANES);
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

    private static IntVector pairs(short[] from, int at) {
        return ShortVector.fromArray(PAIRED, from, at).reinterpretAsInts();
    }

    private static FloatVector low(IntVector pairs) {
        return pairs.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
    }

    private static FloatVector high(IntVector pairs) {
        return pairs.lanewise(VectorOperators.AND, HIGH).reinterpretAsFloats();
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
