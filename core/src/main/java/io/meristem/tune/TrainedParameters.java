package io.meristem.tune;

import io.meristem.adapter.Inherited;
import io.meristem.adapter.LowRankAdapter;
import io.meristem.execute.Network;
import io.meristem.op.Param;
import io.meristem.weights.SavedTensors;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * All that trains: the method's parameters, what trains beside them, and the head; with the optimiser that moves them, their averages, and a copy to go back to.
 * When parameters are replaced or change their size, all three follow. The tensors themselves belong to others.
 */
final class TrainedParameters implements AutoCloseable {

    private static final String GOOD = "good";

    private final Network network;
    private final TrainConfig config;
    private final MethodState method;
    private final List<Tensor> beside;
    private final List<Tensor> head;
    private Optimiser optimiser;
    private Averages averages;
    private WeightSnapshot good;

    /**
     * @param beside what trains of the network beside the method
     * @param head of a head that trains in full; empty for others
     */
    TrainedParameters(Network network, TrainConfig config, MethodState method, List<Tensor> beside, List<Tensor> head) {
        this.network = network;
        this.config = config;
        this.method = method;
        this.beside = beside;
        this.head = head;
    }

    /** With the method's parameters as they are now, an optimiser that remembers nothing, and averages of the values now. */
    void begin() {
        if (optimiser != null) {
            optimiser.close();
            optimiser = null;
        }
        optimiser = optimiser();
        restartAverages();
    }

    private Optimiser optimiser() {
        Optimization how = config.optimization();
        List<Optimiser.Group> groups = new ArrayList<>();
        if (how.lrRatio() == 1) {
            groups.add(group(Optimiser.METHOD, method.parameters(), how.rate()));
        } else {
            Collection<LowRankAdapter> all = method.adapters().adapters().values();
            List<Tensor> a = all.stream().map(LowRankAdapter::a).toList();
            List<Tensor> b = all.stream().map(LowRankAdapter::b).toList();
            groups.add(group(Optimiser.METHOD, a, how.rate()));
            groups.add(group(Optimiser.METHOD_B, b, how.rate() * how.lrRatio()));
        }
        if (!beside.isEmpty()) {
            groups.add(new Optimiser.Group("beside", beside, how.rateOfNorms(), 0));
        }
        groups.add(group(Optimiser.HEAD, head, how.headRate()));
        return new Optimiser(groups, how);
    }

    private Optimiser.Group group(String name, List<Tensor> tensors, double rate) {
        return new Optimiser.Group(name, tensors, rate, config.optimization().weightDecay());
    }

    private void restartAverages() {
        if (averages != null) {
            averages.close();
        }
        averages = config.ema() == 0 ? null : new Averages(config.ema(), changing());
    }

    /** All that steps change, the method's parameters first. */
    List<Tensor> changing() {
        List<Tensor> tensors = new ArrayList<>(method.parameters());
        tensors.addAll(beside);
        tensors.addAll(head);
        if (config.norm() == NormPolicy.TRAINED) {
            network.params().values().stream()
                    .filter(Param::isBuffer)
                    .map(Param::value)
                    .forEach(tensors::add);
        }
        return tensors;
    }

    void zeroGrad() {
        optimiser.zeroGrad();
    }

    /**
     * Moves all by their gradients, lets the method prune, and takes the values into the averages.
     *
     * @param factor on the learning rates
     */
    void step(double factor) {
        optimiser.step(factor);
        int before = method.parameters().size();
        method.afterStep().ifPresent(slices -> {
            optimiser.goOn(Optimiser.METHOD, method.parameters(), slices);
            if (good != null) {
                good.goOn(method.parameters(), slices, before);
            }
            if (averages != null) {
                averages.goOn(method.parameters(), slices, before);
            }
        });
        if (averages != null) {
            averages.take(changing());
            method.averaged(averages.first(method.parameters().size()));
        }
    }

    /**
     * With the method's parameters as they are now, and what optimiser and averages remember of what they are made of.
     *
     * @param inherited of each parameter, what it is made of
     * @param before how many parameters there were
     */
    void goOn(List<Inherited> inherited, int before) {
        List<Tensor> now = method.parameters();
        if (config.optimization().lrRatio() == 1) {
            optimiser.goOn(Optimiser.METHOD, now, inherited);
        } else {
            optimiser.goOn(Optimiser.METHOD, everySecond(now, 0), amongTheirLike(inherited, 0));
            optimiser.goOn(Optimiser.METHOD_B, everySecond(now, 1), amongTheirLike(inherited, 1));
        }
        if (averages != null) {
            averages.goOn(now, inherited, before);
        }
    }

    /** A and B take turns. */
    private static <T> List<T> everySecond(List<T> all, int from) {
        List<T> some = new ArrayList<>();
        for (int i = from; i < all.size(); i += 2) {
            some.add(all.get(i));
        }
        return some;
    }

    /** The same, by place among their like. */
    private static List<Inherited> amongTheirLike(List<Inherited> all, int from) {
        return everySecond(all, from).stream()
                .map(origin -> origin.of() < 0 ? origin : origin.at(origin.of() / 2))
                .toList();
    }

    /** Puts the averaged values in place of those of the last step, or these back; nothing where there are no averages. */
    void swapAverages() {
        if (averages != null) {
            averages.swap(changing());
            method.revalued();
        }
    }

    /** Copies everything that steps change, in place of the copy before. */
    void remember() {
        forget();
        good = new WeightSnapshot(changing());
    }

    private void forget() {
        if (good != null) {
            good.close();
            good = null;
        }
    }

    /** Goes back to the copy, with an optimiser that remembers nothing, and averages that begin anew. */
    void goBack() {
        good.putBack(changing());
        method.goneBack();
        begin();
    }

    /** @param withGood also the copy to go back to, where there is one */
    void save(Map<String, Tensor> tensors, boolean withGood) {
        optimiser.save(tensors);
        if (averages != null) {
            averages.save(tensors);
        }
        if (withGood && good != null) {
            good.save(GOOD, tensors);
        }
    }

    /** What {@link #save} has saved, after {@link #begin}. */
    void load(SavedTensors saved) {
        optimiser.load(saved);
        if (averages != null) {
            averages.load(saved);
        }
        if (saved.has(WeightSnapshot.name(GOOD, 0))) {
            remember();
            good.load(GOOD, saved);
        }
    }

    @Override
    public void close() {
        forget();
        if (averages != null) {
            averages.close();
        }
        if (optimiser != null) {
            optimiser.close();
        }
    }
}
