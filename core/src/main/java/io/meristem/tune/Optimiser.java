package io.meristem.tune;

import io.meristem.InputException;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** The optimisers of two groups, the method's parameters and the head's, each with its own learning rate. Closing it frees their state. */
final class Optimiser implements AutoCloseable {

    /** One group's. */
    interface Rule extends AutoCloseable {

        void step(double rate);

        @Override
        void close();
    }

    private record Group(Rule rule, double rate) {}

    private final List<Tensor> tensors = new ArrayList<>();
    private final List<Group> groups = new ArrayList<>();
    private final double clipNorm;

    Optimiser(List<Tensor> method, List<Tensor> head, Optimization config) {
        if (method.isEmpty() && head.isEmpty()) {
            throw new InputException(
                    "Nothing is left to train: give the adapters a rank (--rank-min, --budget) or let the head train (--head trained).");
        }
        clipNorm = config.clipNorm();
        add(method, config.rate(), config);
        add(head, config.headRate(), config);
    }

    private void add(List<Tensor> group, double rate, Optimization config) {
        if (!group.isEmpty()) {
            tensors.addAll(group);
            groups.add(new Group(rule(group, config), rate));
        }
    }

    private static Rule rule(List<Tensor> group, Optimization config) {
        return switch (config.kind()) {
            case ADAMW -> new FusedAdamw(group, config.weightDecay());
            case SGD -> new SgdRule(sgd(group, config));
        };
    }

    private static SGD sgd(List<Tensor> group, Optimization config) {
        try (PointerScope scope = new PointerScope()) {
            SGDOptions options = new SGDOptions(config.rate());
            options.momentum().put(config.momentum());
            options.nesterov().put(config.momentum() > 0);
            options.weight_decay().put(config.weightDecay());
            SGD sgd = new SGD(vector(group), options);
            sgd.retainReference();
            return sgd;
        }
    }

    private static TensorVector vector(List<Tensor> tensors) {
        return new TensorVector(tensors.toArray(new Tensor[0]));
    }

    /** Drops all gradients. */
    void zeroGrad() {
        tensors.forEach(tensor -> tensor.mutable_grad().reset());
    }

    /** Clips and moves; {@code factor} scales both groups' learning rates. */
    void step(double factor) {
        if (clipNorm > 0) {
            try (PointerScope scope = new PointerScope()) {
                torch.clip_grad_norm_(vector(tensors), clipNorm);
            }
        }
        groups.forEach(group -> group.rule.step(group.rate * factor));
    }

    @Override
    public void close() {
        groups.forEach(group -> group.rule.close());
    }

    private record SgdRule(SGD sgd) implements Rule {
        @Override
        public void step(double rate) {
            sgd.param_groups().get(0).options().set_lr(rate);
            sgd.step();
        }

        @Override
        public void close() {
            sgd.releaseReference();
        }
    }
}
