package io.meristem.execute;

import io.meristem.engine.Precision;
import io.meristem.graph.Graph;
import io.meristem.op.Op;
import io.meristem.op.Shape;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * How many bytes of one photo a run has in memory at the most, told from shapes: it goes the way of a {@link Run} through the same {@link Liveness}, and counts where that one
 * computes.
 */
public final class Forecast {

    private final Liveness liveness;
    private final List<Shape> shapes;
    private final long[] memory; // bytes, by the value that the memory was made for
    private final int[] holders; // values in it that are held
    private final BitSet held = new BitSet();
    private final int[] readers;
    private final long[] extra; // bytes that a unit keeps beside
    private long live;
    private long peak;

    private Forecast(Liveness liveness, List<Shape> shapes) {
        this.liveness = liveness;
        this.shapes = shapes;
        int values = shapes.size();
        memory = new long[values];
        holders = new int[values];
        readers = new int[values];
        extra = new long[liveness.units().size()];
    }

    /**
     * @param photo the shape of one
     * @return bytes for one photo at the peak; the photo itself is not in it, nor what kernels work in
     */
    public static long peak(Graph graph, Conditions conditions, Goal goal, Shape photo) {
        return new Forecast(Liveness.of(graph, conditions, goal, Precision.FP32), graph.shapes(photo)).run();
    }

    private long run() {
        forward();
        if (liveness.goal().records()) {
            backward();
        }
        return peak;
    }

    private long bytes(int value) {
        return shapes.get(value).numbers() * liveness.bytes(value);
    }

    private void forward() {
        for (int k = 0; k < liveness.units().size(); k++) {
            Unit unit = liveness.units().get(k);
            int value = unit.output();
            if (unit.twice()) {
                see(new Forecast(liveness.inside(unit, false), shapes).run());
            }
            hold(value);
            if (unit.flows() && !unit.twice()) {
                Op op = liveness.graph().node(value).op();
                List<Shape> inputs = unit.reads().stream().map(shapes::get).toList();
                extra[k] = op.extraBytes(inputs, shapes.get(value), unit.outlook());
                live += extra[k];
            }
            see(unit.twice() ? 0 : passing(unit));
            liveness.frees(k).forEach(this::release);
        }
        for (int value = 0; value < readers.length; value++) {
            readers[value] = liveness.readers(value);
        }
        for (int end : liveness.goal().ends()) {
            if (readers[end] == 0) {
                release(end);
            }
        }
    }

    private void backward() {
        long gradients = 0;
        BitSet there = new BitSet();
        List<Integer> ends = liveness.goal().ends();
        int last = ends.get(ends.size() - 1);
        there.set(last);
        gradients += bytes(last);
        for (int k : liveness.backward()) {
            Unit unit = liveness.units().get(k);
            if (!there.get(unit.output())) {
                leave(k, unit);
                continue;
            }
            long made = 0;
            for (int i = 0; i < unit.reads().size(); i++) {
                int read = unit.reads().get(i);
                if (unit.keepsInput().get(i) && !held.get(read) && liveness.again(read)) {
                    hold(read);
                }
                made += unit.outlook().through(i) && !there.get(read) ? bytes(read) : 0;
            }
            boolean inPlace = !unit.twice() && unit.reads().size() == 1 && op(unit).canOverwrite() || passes(unit);
            if (unit.twice()) {
                see(gradients + new Forecast(liveness.inside(unit, true), shapes).run());
            }
            see(gradients + (inPlace ? 0 : made) + (unit.twice() ? 0 : backPassing(unit)));
            leave(k, unit);
            for (int i = 0; i < unit.reads().size(); i++) {
                if (unit.outlook().through(i)) {
                    there.set(unit.reads().get(i));
                }
            }
            gradients += made - bytes(unit.output());
            there.clear(unit.output());
        }
    }

    private long passing(Unit unit) {
        if (unit.reads().isEmpty()) {
            return 0;
        }
        List<Shape> inputs = unit.reads().stream().map(shapes::get).toList();
        return op(unit).passingBytes(inputs, liveness.bytes(unit.output()));
    }

    /** A copy of the input, and the gradient of that copy where one is asked for. */
    private long backPassing(Unit unit) {
        return unit.outlook().flows() ? passing(unit) * (unit.outlook().through(0) ? 2 : 1) : 0;
    }

    private boolean passes(Unit unit) {
        return !unit.twice() && op(unit).sharesGradient();
    }

    private Op op(Unit unit) {
        return liveness.graph().node(unit.output()).op();
    }

    private void see(long beside) {
        peak = Math.max(peak, live + beside);
    }

    private void hold(int value) {
        int of = liveness.memory(value);
        held.set(value);
        if (of >= 0 && holders[of]++ == 0) {
            memory[of] = bytes(of);
            live += memory[of];
        }
    }

    private void release(int value) {
        if (!held.get(value)) {
            return;
        }
        held.clear(value);
        int of = liveness.memory(value);
        if (of >= 0 && --holders[of] == 0) {
            live -= memory[of];
        }
    }

    private void leave(int k, Unit unit) {
        live -= extra[k];
        List<Integer> read = new ArrayList<>();
        for (int i = 0; i < unit.reads().size(); i++) {
            if (unit.keepsInput().get(i)) {
                read.add(unit.reads().get(i));
            }
        }
        if (unit.keepsOutput()) {
            read.add(unit.output());
        }
        for (int value : read) {
            if (--readers[value] == 0) {
                release(value);
            }
        }
    }
}
