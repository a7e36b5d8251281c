package io.meristem.execute;

import io.meristem.engine.Precision;
import io.meristem.graph.Graph;
import io.meristem.graph.Node;
import io.meristem.op.Op;
import io.meristem.op.Outlook;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * What is decided before anything of a graph runs: which values a gradient passes, what is kept for it, what may be overwritten, what is freed when, and what is computed
 * again. Training, evaluation, checkpointing and the memory forecast are this same pass with different {@link Conditions} and {@link Goal}s.
 *
 * <p>Values are named by the place of the node that gives them.
 */
final class Liveness {

    private final Graph graph;
    private final Conditions conditions;
    private final Goal goal;
    private final Precision[] precisions;
    private final List<Unit> units = new ArrayList<>();
    private final BitSet flows = new BitSet();
    private final int[] readers;
    private final BitSet again = new BitSet();
    private final BitSet overwrites = new BitSet();
    private final int[] memory;
    private final Map<Integer, Liveness> firstTimes = new HashMap<>();
    private final Map<Integer, Liveness> secondTimes = new HashMap<>();
    private final List<List<Integer>> frees = new ArrayList<>();
    private final List<Integer> backward = new ArrayList<>();

    /**
     * A whole graph.
     *
     * @param photos what the photos come in; null for anything but {@link Precision}'s
     */
    static Liveness of(Graph graph, Conditions conditions, Goal goal, Precision photos) {
        Precision[] precisions = precisions(graph, conditions, photos);
        BitSet outside = new BitSet();
        outside.set(0);
        BitSet flowing = new BitSet();
        if (goal.wanted() == 0) {
            flowing.set(0);
        }
        Graph.Block all = new Graph.Block(1, graph.nodes().size());
        return new Liveness(graph, all, conditions, goal, precisions, outside, flowing);
    }

    /**
     * @param range the nodes that run
     * @param outside values that come from outside
     * @param flowing those of them whose gradients are asked for
     */
    private Liveness(
            Graph graph,
            Graph.Block range,
            Conditions conditions,
            Goal goal,
            Precision[] precisions,
            BitSet outside,
            BitSet flowing) {
        this.graph = graph;
        this.conditions = conditions;
        this.goal = goal;
        this.precisions = precisions;
        readers = new int[graph.nodes().size()];
        memory = new int[graph.nodes().size()];
        flows.or(flowing);
        BitSet needed = new BitSet();
        goal.ends().forEach(end -> needed.or(graph.needed(end)));
        for (int i = range.from(); i < range.to(); ) {
            Graph.Block block = block(i, range, needed);
            if (block != null) {
                add(blockUnit(block, needed));
                i = block.to();
            } else {
                if (needed.get(i) && !outside.get(i)) {
                    add(unit(graph.node(i)));
                }
                i++;
            }
        }
        findReaders();
        findFrees(outside);
        findBackward();
    }

    /** The same for a block alone that is run to be recorded, or not. */
    Liveness inside(Unit unit, boolean records) {
        return (records ? secondTimes : firstTimes).computeIfAbsent(unit.output(), output -> decide(unit, records));
    }

    private Liveness decide(Unit unit, boolean records) {
        BitSet outside = new BitSet();
        unit.reads().forEach(outside::set);
        BitSet flowing = new BitSet();
        for (int i = 0; i < unit.reads().size(); i++) {
            flowing.set(unit.reads().get(i), records && unit.outlook().through(i));
        }
        Goal inner = new Goal(List.of(unit.output()), records, -1, false);
        return new Liveness(graph, unit.block(), conditions, inner, precisions, outside, flowing);
    }

    private static Precision[] precisions(Graph graph, Conditions conditions, Precision photos) {
        Precision[] precisions = new Precision[graph.nodes().size()];
        precisions[0] = photos;
        for (Node node : graph.nodes()) {
            if (node.index() > 0) {
                List<Precision> inputs = new ArrayList<>();
                node.inputs().forEach(input -> inputs.add(precisions[input]));
                precisions[node.index()] = node.op().precision(inputs, conditions.precision(node));
            }
        }
        return precisions;
    }

    private void add(Unit unit) {
        units.add(unit);
        if (unit.flows() || unit.output() == goal.wanted()) {
            flows.set(unit.output());
        }
    }

    private BitSet through(List<Integer> reads) {
        BitSet through = new BitSet();
        for (int i = 0; i < reads.size(); i++) {
            through.set(i, goal.records() && flows.get(reads.get(i)));
        }
        return through;
    }

    private Unit unit(Node node) {
        Precision own = conditions.precision(node);
        boolean casts = own != null
                && !node.inputs().isEmpty()
                && precisions[node.inputs().get(0)] != own;
        Outlook outlook = new Outlook(
                through(node.inputs()),
                goal.records() && conditions.trains(node),
                conditions.tracks(node),
                casts,
                conditions.hidden(node),
                bytes(node.index()));
        List<Boolean> keeps = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            keeps.add(outlook.flows() && node.op().readsInput(i, outlook));
        }
        return new Unit(
                node.index(),
                node.index() + 1,
                node.index(),
                node.inputs(),
                outlook,
                keeps,
                outlook.flows() && node.op().readsOutput(outlook),
                false);
    }

    /** The block that begins at a place and can be computed a second time, for one value comes out of it; null where there is none. */
    private Graph.Block block(int at, Graph.Block range, BitSet needed) {
        if (!goal.checkpointing()) {
            return null;
        }
        for (Graph.Block block : graph.blocks()) {
            if (block.from() == at
                    && block.to() > at
                    && block.to() <= range.to()
                    && outputs(block, needed).size() == 1) {
                return block;
            }
        }
        return null;
    }

    private Set<Integer> outputs(Graph.Block block, BitSet needed) {
        Set<Integer> outputs = new LinkedHashSet<>();
        for (Node node : graph.nodes().subList(block.to(), graph.nodes().size())) {
            if (needed.get(node.index())) {
                node.inputs().stream()
                        .filter(input -> input >= block.from() && input < block.to())
                        .forEach(outputs::add);
            }
        }
        goal.ends().stream()
                .filter(end -> end >= block.from() && end < block.to())
                .forEach(outputs::add);
        return outputs;
    }

    private Unit blockUnit(Graph.Block block, BitSet needed) {
        Set<Integer> reads = new LinkedHashSet<>();
        boolean trains = false;
        for (Node node : graph.nodes().subList(block.from(), block.to())) {
            if (needed.get(node.index())) {
                node.inputs().stream().filter(input -> input < block.from()).forEach(reads::add);
                trains |= goal.records() && conditions.trains(node);
            }
        }
        List<Integer> inputs = List.copyOf(reads);
        Outlook outlook = new Outlook(through(inputs), trains, false, false, 0, 0);
        return new Unit(
                block.from(),
                block.to(),
                outputs(block, needed).iterator().next(),
                inputs,
                outlook,
                Collections.nCopies(inputs.size(), outlook.flows()),
                false,
                true);
    }

    private void findReaders() {
        for (Unit unit : units) {
            for (int i = 0; i < unit.reads().size(); i++) {
                readers[unit.reads().get(i)] += unit.keepsInput().get(i) ? 1 : 0;
            }
            readers[unit.output()] += unit.keepsOutput() ? 1 : 0;
        }
        for (Unit unit : units) {
            boolean cheap = !unit.twice() && op(unit).isCheap() && !unit.keepsOutput() && unit.flows();
            if (cheap && !unit.keepsInput().contains(false) && !goal.ends().contains(unit.output())) {
                again.set(unit.output(), readers[unit.output()] > 0);
            }
        }
    }

    /** What is freed after each unit, and what each may overwrite. */
    private void findFrees(BitSet outside) {
        int[] last = new int[graph.nodes().size()];
        Arrays.fill(last, -1);
        for (int k = 0; k < units.size(); k++) {
            for (int read : units.get(k).reads()) {
                last[read] = k;
            }
            last[units.get(k).output()] = k;
            frees.add(new ArrayList<>());
        }
        goal.ends().forEach(end -> last[end] = units.size());
        if (goal.wanted() > 0) {
            last[goal.wanted()] = units.size();
        }
        outside.stream().forEach(value -> memory[value] = -1);
        List<List<Integer>> together =
                new ArrayList<>(Collections.nCopies(graph.nodes().size(), null));
        for (int k = 0; k < units.size(); k++) {
            Unit unit = units.get(k);
            int output = unit.output();
            boolean overwrite = mayOverwrite(unit, k, last, together);
            overwrites.set(k, overwrite);
            boolean view = !unit.twice() && op(unit).isView();
            if (overwrite || view) {
                memory[output] =
                        unit.reads().isEmpty() ? -1 : memory[unit.reads().get(0)];
            } else {
                memory[output] = output;
                together.set(output, new ArrayList<>());
            }
            if (memory[output] >= 0) {
                together.get(memory[output]).add(output);
            }
        }
        for (int value = 0; value < last.length; value++) {
            if (last[value] >= 0 && last[value] < units.size() && (readers[value] == 0 || again.get(value))) {
                frees.get(last[value]).add(value);
            }
        }
    }

    private boolean mayOverwrite(Unit unit, int k, int[] last, List<List<Integer>> together) {
        if (unit.twice() || unit.reads().isEmpty() || !op(unit).canOverwrite()) {
            return false;
        }
        int of = memory[unit.reads().get(0)];
        if (of < 0) {
            return false;
        }
        for (int i = 1; i < unit.reads().size(); i++) {
            if (memory[unit.reads().get(i)] == of) {
                return false;
            }
        }
        return together.get(of).stream()
                .allMatch(value -> last[value] <= k && (readers[value] == 0 || again.get(value)));
    }

    /** A unit's gradient can be computed once those of all that read its output are; of several the first in the order of the graph goes first, so that a branch is done with before another begins. */
    private void findBackward() {
        int[] waits = new int[graph.nodes().size()];
        int[] by = new int[graph.nodes().size()];
        for (int k = 0; k < units.size(); k++) {
            by[units.get(k).output()] = k + 1;
            if (units.get(k).flows()) {
                units.get(k).reads().forEach(read -> waits[read]++);
            }
        }
        PriorityQueue<Integer> ready = new PriorityQueue<>();
        for (int k = 0; k < units.size(); k++) {
            if (units.get(k).flows() && waits[units.get(k).output()] == 0) {
                ready.add(k);
            }
        }
        while (!ready.isEmpty()) {
            int k = ready.remove();
            backward.add(k);
            for (int read : units.get(k).reads()) {
                if (--waits[read] == 0
                        && by[read] > 0
                        && units.get(by[read] - 1).flows()) {
                    ready.add(by[read] - 1);
                }
            }
        }
    }

    private Op op(Unit unit) {
        return graph.node(unit.output()).op();
    }

    Graph graph() {
        return graph;
    }

    Goal goal() {
        return goal;
    }

    /** In the order of the forward pass. */
    List<Unit> units() {
        return units;
    }

    /** Whether a gradient passes a value. */
    boolean flows(int value) {
        return flows.get(value);
    }

    /** How many gradients read a value. */
    int readers(int value) {
        return readers[value];
    }

    /** Whether a value that gradients read is computed again in place of being kept. */
    boolean again(int value) {
        return again.get(value);
    }

    /** Whether the unit at a place works in the memory of its first input. */
    boolean overwrites(int unit) {
        return overwrites.get(unit);
    }

    /** The value whose memory another lies in: itself, or one that it is a view of or overwrites; -1 for memory that is somebody else's. */
    int memory(int value) {
        return memory[value];
    }

    /** Values that are freed after the unit at a place. */
    List<Integer> frees(int unit) {
        return frees.get(unit);
    }

    /** Places of the units whose gradients run, in that order. */
    List<Integer> backward() {
        return backward;
    }

    /** Bytes of one number of a value. */
    int bytes(int value) {
        return precisions[value] == Precision.BF16 ? 2 : 4;
    }
}
