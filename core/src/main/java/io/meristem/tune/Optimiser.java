package io.meristem.tune;

import io.meristem.InputException;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.OptimizerParamGroup;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** libtorch's optimiser over two groups, the method's parameters and the head's, each with its own learning rate. Closing it frees its state. */
final class Optimiser implements AutoCloseable {

    private final Optimizer optimizer;
    private final TensorVector all;
    private final double[] rates;
    private final double clipNorm;

    Optimiser(List<Tensor> method, List<Tensor> head, Optimization config) {
        List<List<Tensor>> groups = new ArrayList<>();
        List<Double> groupRates = new ArrayList<>();
        if (!method.isEmpty()) {
            groups.add(method);
            groupRates.add(config.rate());
        }
        if (!head.isEmpty()) {
            groups.add(head);
            groupRates.add(config.headRate());
        }
        if (groups.isEmpty()) {
            throw new InputException(
                    "Nothing is left to train: give the adapters a rank (--rank-min, --budget) or let the head train (--head trained).");
        }
        clipNorm = config.clipNorm();
        rates = groupRates.stream().mapToDouble(Double::doubleValue).toArray();
        List<Tensor> tensors = new ArrayList<>(method);
        tensors.addAll(head);
        try (PointerScope scope = new PointerScope()) {
            all = vector(tensors);
            optimizer = config.kind() == Optimization.Kind.ADAMW
                    ? new AdamW(vector(groups.get(0)), adamW(config))
                    : new SGD(vector(groups.get(0)), sgd(config));
            for (int g = 1; g < groups.size(); g++) {
                optimizer.add_param_group(new OptimizerParamGroup(vector(groups.get(g))));
            }
            all.retainReference();
            optimizer.retainReference();
        }
    }

    private static AdamWOptions adamW(Optimization config) {
        AdamWOptions options = new AdamWOptions(config.rate());
        options.weight_decay().put(config.weightDecay());
        return options;
    }

    private static SGDOptions sgd(Optimization config) {
        SGDOptions options = new SGDOptions(config.rate());
        options.momentum().put(config.momentum());
        options.nesterov().put(config.momentum() > 0);
        options.weight_decay().put(config.weightDecay());
        return options;
    }

    private static TensorVector vector(List<Tensor> tensors) {
        return new TensorVector(tensors.toArray(new Tensor[0]));
    }

    void zeroGrad() {
        optimizer.zero_grad(true);
    }

    /** Clips and moves; {@code factor} scales both groups' learning rates. */
    void step(double factor) {
        if (clipNorm > 0) {
            torch.clip_grad_norm_(all, clipNorm);
        }
        for (int g = 0; g < rates.length; g++) {
            optimizer.param_groups().get(g).options().set_lr(rates[g] * factor);
        }
        optimizer.step();
    }

    @Override
    public void close() {
        all.releaseReference();
        optimizer.releaseReference();
    }
}
