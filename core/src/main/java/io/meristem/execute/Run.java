package io.meristem.execute;

import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.graph.Node;
import io.meristem.op.Frame;
import io.meristem.op.Op;
import java.util.BitSet;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;

/** Follows a {@link Liveness}: values and frames of one run, all owned here. */
final class Run {

    private final BoundGraph bound;
    private final Liveness liveness;
    private final boolean replays;
    private final boolean mayOverwrite;
    private final Tensor[] values;
    private final Frame[] frames;
    private final int[] readers;
    private final BitSet dropped = new BitSet();

    /** @param replays whether this is a block's second time */
    Run(BoundGraph bound, Liveness liveness, boolean replays) {
        this.bound = bound;
        this.liveness = liveness;
        this.replays = replays;
        // What the engine's own differentiation has kept must stay.
        mayOverwrite = !GradMode.is_enabled();
        values = new Tensor[liveness.graph().nodes().size()];
        frames = new Frame[liveness.units().size()];
        readers = new int[values.length];
    }

    /** Sets a value that comes from outside. */
    void put(int value, Tensor tensor) {
        values[value] = Tensors.keep(tensor);
    }

    Tensor value(int value) {
        return values[value];
    }

    void forward() {
        List<Unit> units = liveness.units();
        for (int k = 0; k < units.size(); k++) {
            Unit unit = units.get(k);
            try (PointerScope scope = new PointerScope()) {
                values[unit.output()] = Tensors.keep(unit.twice() ? first(k, unit) : one(k, unit));
            }
            liveness.frees(k).forEach(this::release);
        }
        for (int value = 0; value < values.length; value++) {
            readers[value] = liveness.readers(value);
        }
    }

    private void release(int value) {
        Tensors.free(values[value]);
        values[value] = null;
    }

    private Tensor one(int k, Unit unit) {
        Node node = liveness.graph().node(unit.output());
        Frame frame = new Frame(
                bound.layer(node),
                unit.flows() ? unit.outlook() : null,
                replays,
                mayOverwrite && liveness.overwrites(k));
        if (unit.flows()) {
            frames[k] = frame;
        }
        return node.op().forward(frame, inputs(unit));
    }

    private Tensor[] inputs(Unit unit) {
        return unit.reads().stream().map(read -> values[read]).toArray(Tensor[]::new);
    }

    /** A block's first time: nothing is kept of it but the state of the generator behind dropout. */
    private Tensor first(int k, Unit unit) {
        if (unit.flows()) {
            frames[k] = new Frame(null, unit.outlook(), false, false);
            frames[k].save(Engine.randomState());
        }
        Run inside = inside(unit, false);
        try {
            inside.forward();
            return Tensors.lend(Tensors.keep(inside.value(unit.output())));
        } finally {
            inside.free();
        }
    }

    private Run inside(Unit unit, boolean again) {
        Run inside = new Run(bound, liveness.inside(unit, again), again);
        unit.reads().forEach(read -> inside.put(read, values[read]));
        return inside;
    }

    /**
     * @param end the value that {@code gradient} is of
     * @return gradient of the wanted value, lent to the current scope, or null
     */
    Tensor backward(int end, Tensor gradient) {
        Gradient[] gradients = new Gradient[values.length];
        try {
            add(gradients, end).add(gradient, Gradient.Memory.foreign());
            backward(gradients);
            int wanted = liveness.goal().wanted();
            if (wanted < 0 || gradients[wanted] == null) {
                return null;
            }
            try (PointerScope scope = new PointerScope()) {
                gradients[wanted].tensor();
            }
            return Tensors.own(gradients[wanted].tensor());
        } finally {
            for (Gradient left : gradients) {
                if (left != null) {
                    left.free();
                }
            }
        }
    }

    private static Gradient add(Gradient[] gradients, int value) {
        if (gradients[value] == null) {
            gradients[value] = new Gradient();
        }
        return gradients[value];
    }

    /** Computes gradients from those that are there; one is freed once it has been handed on. */
    private void backward(Gradient[] gradients) {
        for (int k : liveness.backward()) {
            Unit unit = liveness.units().get(k);
            Gradient gradient = gradients[unit.output()];
            try (PointerScope scope = new PointerScope()) {
                if (gradient != null && unit.twice()) {
                    second(k, unit, gradients);
                } else if (gradient != null) {
                    step(k, unit, gradient, gradients);
                }
            } finally {
                leave(k, unit);
                if (gradient != null && unit.output() != liveness.goal().wanted()) {
                    gradient.free();
                    gradients[unit.output()] = null;
                }
            }
        }
    }

    private void step(int k, Unit unit, Gradient gradient, Gradient[] gradients) {
        Op op = liveness.graph().node(unit.output()).op();
        Tensor[] inputs = new Tensor[unit.reads().size()];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = unit.keepsInput().get(i) ? kept(unit.reads().get(i)) : null;
        }
        Tensor g = gradient.tensor();
        boolean mine = gradient.mine() && unit.output() != liveness.goal().wanted();
        frames[k].open(
                inputs,
                unit.keepsOutput() ? values[unit.output()] : null,
                mine,
                new Handed(unit, gradients, g, gradient.memory(), op.sharesGradient()));
        op.gradient(frames[k], g);
    }

    /** A value that gradients read, computed again where it was not kept. */
    private Tensor kept(int value) {
        if (values[value] == null && liveness.again(value)) {
            Node node = liveness.graph().node(value);
            Tensor[] inputs = node.inputs().stream().map(this::kept).toArray(Tensor[]::new);
            values[value] = Tensors.keep(node.op().forward(new Frame(bound.layer(node), null, true, false), inputs));
        }
        return values[value];
    }

    /** A block's second time, with the same dropout, and its gradient. */
    private void second(int k, Unit unit, Gradient[] gradients) {
        Tensor now = Engine.randomState();
        Engine.setRandomState(frames[k].saved(0));
        Run inside = inside(unit, true);
        try {
            inside.forward();
            Engine.setRandomState(now);
            Gradient[] own = new Gradient[values.length];
            own[unit.output()] = gradients[unit.output()];
            gradients[unit.output()] = null;
            inside.drop(unit.output());
            try {
                inside.backward(own);
                for (int read : unit.reads()) {
                    if (own[read] != null) {
                        Gradient part = own[read];
                        own[read] = null;
                        try {
                            add(gradients, read).add(part.tensor(), part.handOver());
                        } finally {
                            part.free();
                        }
                    }
                }
            } finally {
                for (Gradient left : own) {
                    if (left != null) {
                        left.free();
                    }
                }
            }
        } finally {
            inside.free();
        }
    }

    /** Frees what only the gradient of a unit has read. */
    private void leave(int k, Unit unit) {
        if (frames[k] != null) {
            frames[k].free();
        }
        for (int i = 0; i < unit.reads().size(); i++) {
            if (unit.keepsInput().get(i)) {
                read(unit.reads().get(i));
            }
        }
        if (unit.keepsOutput()) {
            read(unit.output());
        }
    }

    private void read(int value) {
        if (--readers[value] == 0
                && (dropped.get(value) || !liveness.goal().ends().contains(value))) {
            release(value);
        }
    }

    /** Holds the value of an end no longer than gradients read it. */
    void drop(int end) {
        dropped.set(end);
        if (readers[end] == 0) {
            release(end);
        }
    }

    void free() {
        for (int value = 0; value < values.length; value++) {
            release(value);
        }
        for (Frame frame : frames) {
            if (frame != null) {
                frame.free();
            }
        }
    }

    /** Adds up what an operation hands on. */
    private record Handed(Unit unit, Gradient[] gradients, Tensor g, Gradient.Memory memory, boolean shares)
            implements Frame.Receiver {

        @Override
        @SuppressWarnings("ReferenceEquality") // whether it is the same handle, not the same numbers
        public void whole(int input, Tensor gradient) {
            if (unit.outlook().through(input)) {
                of(input).add(gradient, shares || gradient == g ? memory : new Gradient.Memory());
            }
        }

        @Override
        public void product(int input, Tensor a, Tensor b) {
            if (unit.outlook().through(input)) {
                of(input).addProduct(a, b, memory);
            }
        }

        @Override
        public void spread(int input, Tensor perChannel, long[] shape) {
            if (unit.outlook().through(input)) {
                of(input).addSpread(perChannel, shape);
            }
        }

        private Gradient of(int input) {
            return add(gradients, unit.reads().get(input));
        }
    }
}
