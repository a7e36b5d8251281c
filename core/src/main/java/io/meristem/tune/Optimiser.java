package io.meristem.tune;

import io.meristem.InputException;
import io.meristem.adapter.Slice;
import io.meristem.weights.SavedTensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Moves two groups, the method's parameters and the head's, each with its own learning rate. Closing it frees what it remembers. */
final class Optimiser implements AutoCloseable {

    private static final String METHOD = "optimiser.method";
    private static final String HEAD = "optimiser.head";

    private record Group(UpdateRule rule, double rate) {}

    private final List<Tensor> tensors = new ArrayList<>();
    private final List<Group> groups = new ArrayList<>();
    private final int heads;
    private final double clipNorm;

    Optimiser(List<Tensor> method, List<Tensor> head, Optimization config) {
        if (method.isEmpty() && head.isEmpty()) {
            throw new InputException(
                    "Nothing is left to train: give the adapters a rank (--rank-min, --budget) or let the head train (--head trained).");
        }
        clipNorm = config.clipNorm();
        tensors.addAll(method);
        tensors.addAll(head);
        heads = head.size();
        groups.add(new Group(UpdateRule.of(method, config), config.rate()));
        groups.add(new Group(UpdateRule.of(head, config), config.headRate()));
    }

    /**
     * Goes on with what is left of the method's parameters, and what was remembered of that.
     *
     * @param slices for each of {@code method}, what it is of the parameters before
     */
    void goOn(List<Tensor> method, List<Slice> slices) {
        tensors.subList(0, tensors.size() - heads).clear();
        tensors.addAll(0, method);
        groups.get(0).rule.goOn(method, slices);
    }

    /** Puts what is remembered among {@code into}; the current scope owns what is new. */
    void save(Map<String, Tensor> into) {
        groups.get(0).rule.save(METHOD, into);
        groups.get(1).rule.save(HEAD, into);
    }

    /** Goes on from what {@link #save} has put there, for the same parameters. */
    void load(SavedTensors saved) {
        groups.get(0).rule.load(METHOD, saved);
        groups.get(1).rule.load(HEAD, saved);
    }

    /** Drops all gradients. */
    void zeroGrad() {
        tensors.forEach(tensor -> tensor.mutable_grad().reset());
    }

    /**
     * Clips and moves; {@code factor} scales both groups' learning rates.
     *
     * @throws ArithmeticException when the norm that clipping needs is not finite; nothing is moved then
     */
    void step(double factor) {
        if (clipNorm > 0) {
            try (PointerScope scope = new PointerScope()) {
                double norm = torch.clip_grad_norm_(new TensorVector(tensors.toArray(new Tensor[0])), clipNorm);
                if (!Double.isFinite(norm)) {
                    throw new ArithmeticException("the norm of the gradients became " + norm);
                }
            }
        }
        groups.forEach(group -> group.rule.step(group.rate * factor));
    }

    @Override
    public void close() {
        groups.forEach(group -> group.rule.close());
    }
}
