package io.meristem.tune;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.adapter.Inherited;
import io.meristem.weights.SavedTensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Moves groups of parameters, each with its own learning rate and weight decay. Closing it frees what it remembers. */
final class Optimiser implements AutoCloseable {

    /** Of the method's parameters, which may become others; of the A among them alone where B has a rate of its own. */
    static final String METHOD = "method";

    /** Of the B then. */
    static final String METHOD_B = "method_b";

    static final String HEAD = "head";

    private static final String PREFIX = "optimiser.";

    /**
     * Parameters that move alike.
     *
     * @param name under which what is remembered of them is saved
     * @param rate learning rate
     */
    record Group(String name, List<Tensor> tensors, double rate, double weightDecay) {}

    private static final class Moved {
        final Group group;
        final UpdateRule rule;
        List<Tensor> tensors;

        Moved(Group group, Optimization config) {
            this.group = group;
            this.tensors = List.copyOf(group.tensors);
            this.rule = UpdateRule.of(tensors, config, group.weightDecay);
        }
    }

    private final List<Moved> groups = new ArrayList<>();
    private final double clipNorm;

    Optimiser(List<Group> groups, Optimization config) {
        requireAny(groups.stream().map(group -> group.tensors).toList());
        clipNorm = config.clipNorm();
        groups.forEach(group -> this.groups.add(new Moved(group, config)));
    }

    private static void requireAny(List<List<Tensor>> groups) {
        if (groups.stream().allMatch(List::isEmpty)) {
            throw new InputException(
                    ErrorCode.TOO_FEW,
                    "Nothing is left to train: give the adapters a rank (%s, %s) or let the head train (%s).",
                    Setting.RANK_MIN,
                    Setting.BUDGET,
                    Setting.HEAD.as("trained"));
        }
    }

    /** The method's parameters, all alike, and the head's. */
    Optimiser(List<Tensor> method, List<Tensor> head, Optimization config) {
        this(
                List.of(
                        new Group(METHOD, method, config.rate(), config.weightDecay()),
                        new Group(HEAD, head, config.headRate(), config.weightDecay())),
                config);
    }

    /**
     * Goes on with other parameters of one group, and what is left of what was remembered.
     *
     * @param inherited for each of {@code tensors}, what it is made of, by place in the group as it was
     */
    void goOn(String group, List<Tensor> tensors, List<? extends Inherited> inherited) {
        Moved changed = groups.stream()
                .filter(moved -> moved.group.name.equals(group))
                .findFirst()
                .orElseThrow();
        changed.tensors = List.copyOf(tensors);
        changed.rule.goOn(tensors, inherited);
        requireAny(groups.stream().map(moved -> moved.tensors).toList());
    }

    private List<Tensor> tensors() {
        return groups.stream().flatMap(moved -> moved.tensors.stream()).toList();
    }

    /** Puts what is remembered among {@code into}; the current scope owns what is new. */
    void save(Map<String, Tensor> into) {
        groups.forEach(moved -> moved.rule.save(PREFIX + moved.group.name, into));
    }

    /** Goes on from what {@link #save} has put there, for the same parameters. */
    void load(SavedTensors saved) {
        groups.forEach(moved -> moved.rule.load(PREFIX + moved.group.name, saved));
    }

    /** Drops all gradients. */
    void zeroGrad() {
        tensors().forEach(tensor -> tensor.mutable_grad().reset());
    }

    /**
     * Clips and moves; {@code factor} scales all groups' learning rates.
     *
     * @throws ArithmeticException when the norm that clipping needs is not finite; nothing is moved then
     */
    void step(double factor) {
        if (clipNorm > 0) {
            try (PointerScope scope = new PointerScope()) {
                double norm = torch.clip_grad_norm_(new TensorVector(tensors().toArray(new Tensor[0])), clipNorm);
                if (!Double.isFinite(norm)) {
                    throw new ArithmeticException("the norm of the gradients became " + norm);
                }
            }
        }
        groups.forEach(moved -> moved.rule.step(moved.group.rate * factor));
    }

    @Override
    public void close() {
        groups.forEach(moved -> moved.rule.close());
    }
}
