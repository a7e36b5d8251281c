package io.meristem.tune;

import io.meristem.adapter.Inherited;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.weights.SavedTensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** How an optimiser moves one group of float32 tensors, and what it remembers of each. Closing it frees the memory. */
abstract sealed class UpdateRule implements AutoCloseable {

    /** A tensor and as many others of its shape and layout as the rule needs, zero at first. */
    record Remembered(Tensor tensor, List<Tensor> memory) {}

    private final List<Remembered> all = new ArrayList<>();
    private final int memories;

    static UpdateRule of(List<Tensor> tensors, Optimization config, double weightDecay) {
        return switch (config.kind()) {
            case ADAMW -> new Adamw(tensors, weightDecay);
            case SGD -> new Sgd(tensors, config.momentum(), weightDecay);
        };
    }

    private UpdateRule(List<Tensor> tensors, int memories) {
        this.memories = memories;
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            for (Tensor tensor : tensors) {
                List<Tensor> memory = new ArrayList<>();
                for (int i = 0; i < memories; i++) {
                    memory.add(Tensors.keep(torch.zeros_like(tensor)));
                }
                all.add(new Remembered(tensor, memory));
            }
        }
    }

    /** Moves every tensor that has a gradient. */
    final void step(double rate) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            List<Remembered> moving = all.stream()
                    .filter(remembered -> remembered.tensor.grad().defined())
                    .toList();
            if (!moving.isEmpty()) {
                List<Tensor> gradients = moving.stream()
                        .map(remembered -> laidOutAs(remembered.tensor, remembered.tensor.grad()))
                        .toList();
                move(moving, gradients, rate);
            }
        }
    }

    abstract void move(List<Remembered> moving, List<Tensor> gradients, double rate);

    /**
     * Goes on with tensors that are made of those before.
     *
     * @param inherited for each of {@code tensors}, what it is made of
     */
    final void goOn(List<Tensor> tensors, List<? extends Inherited> inherited) {
        List<Remembered> before = List.copyOf(all);
        all.clear();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            for (int i = 0; i < tensors.size(); i++) {
                Inherited origin = inherited.get(i);
                List<Tensor> memory = new ArrayList<>();
                for (int k = 0; k < memories; k++) {
                    memory.add(Tensors.keep(
                            origin.of() < 0
                                    ? torch.zeros_like(tensors.get(i))
                                    : inherit(
                                            origin,
                                            k,
                                            before.get(origin.of()).memory.get(k))));
                }
                all.add(new Remembered(tensors.get(i), memory));
            }
        }
        before.forEach(remembered -> remembered.memory.forEach(Tensors::free));
    }

    /** What becomes of the memory of that number: the first is a mean of gradients, a second one of their squares. */
    private static Tensor inherit(Inherited origin, int number, Tensor memory) {
        return number == 0 ? origin.moments(memory) : origin.squares(memory);
    }

    /** Puts what is remembered among {@code tensors}; the current scope owns what is new. */
    void save(String name, Map<String, Tensor> tensors) {
        for (int i = 0; i < all.size(); i++) {
            for (int k = 0; k < all.get(i).memory.size(); k++) {
                tensors.put(name + "." + i + "." + k, all.get(i).memory.get(k));
            }
        }
    }

    /** Goes on from what {@link #save} has put there, for the same tensors. */
    void load(String name, SavedTensors saved) {
        for (int i = 0; i < all.size(); i++) {
            for (int k = 0; k < all.get(i).memory.size(); k++) {
                saved.into(name + "." + i + "." + k, all.get(i).memory.get(k));
            }
        }
    }

    /** The gradient in the order of memory that its tensor has. */
    private static Tensor laidOutAs(Tensor tensor, Tensor gradient) {
        boolean same = tensor.is_contiguous() && gradient.is_contiguous()
                || tensor.dim() == 4
                        && tensor.is_contiguous(torch.MemoryFormat.ChannelsLast)
                        && gradient.is_contiguous(torch.MemoryFormat.ChannelsLast);
        if (same) {
            return gradient;
        }
        Tensor copy = torch.empty_like(tensor);
        return Tensors.inPlace(copy, copy.copy_(gradient));
    }

    private static List<Tensor> tensors(List<Remembered> moving) {
        return moving.stream().map(Remembered::tensor).toList();
    }

    private static List<Tensor> memory(List<Remembered> moving, int which) {
        return moving.stream().map(remembered -> remembered.memory.get(which)).toList();
    }

    @Override
    public void close() {
        all.forEach(remembered -> remembered.memory.forEach(Tensors::free));
    }

    /** AdamW (Loshchilov and Hutter 2019): remembers running means of the gradient and of its square. */
    private static final class Adamw extends UpdateRule {

        private static final FusedKernel KERNEL = new FusedKernel("aten::_fused_adamw_");
        private static final String STEPS = ".steps";
        private static final double BETA1 = 0.9;
        private static final double BETA2 = 0.999;
        private static final double EPS = 1e-8;

        private final double weightDecay;
        private final Tensor steps;

        Adamw(List<Tensor> tensors, double weightDecay) {
            super(tensors, 2);
            this.weightDecay = weightDecay;
            try (PointerScope scope = new PointerScope()) {
                steps = Tensors.keep(Engine.onDevice(torch.zeros(new long[0])));
            }
        }

        @Override
        void move(List<Remembered> moving, List<Tensor> gradients, double rate) {
            Tensors.inPlace(steps, steps.add_(new Scalar(1.0)));
            KERNEL.run(
                    List.of(
                            tensors(moving),
                            gradients,
                            memory(moving, 0),
                            memory(moving, 1),
                            List.of(), // greatest squares, of amsgrad
                            moving.stream().map(remembered -> steps).toList()),
                    rate,
                    BETA1,
                    BETA2,
                    weightDecay,
                    EPS,
                    false, // amsgrad
                    false); // maximize
        }

        @Override
        void save(String name, Map<String, Tensor> tensors) {
            super.save(name, tensors);
            tensors.put(name + STEPS, steps);
        }

        @Override
        void load(String name, SavedTensors saved) {
            super.load(name, saved);
            saved.into(name + STEPS, steps);
        }

        @Override
        public void close() {
            Tensors.free(steps);
            super.close();
        }
    }

    /** Stochastic gradient descent with Nesterov's momentum: remembers the direction, if there is momentum. */
    private static final class Sgd extends UpdateRule {

        private static final FusedKernel KERNEL = new FusedKernel("aten::_fused_sgd_");

        private static final String MOVED = ".moved";

        private final double momentum;
        private final double weightDecay;
        private boolean first = true;

        Sgd(List<Tensor> tensors, double momentum, double weightDecay) {
            super(tensors, momentum > 0 ? 1 : 0);
            this.momentum = momentum;
            this.weightDecay = weightDecay;
        }

        @Override
        void move(List<Remembered> moving, List<Tensor> gradients, double rate) {
            KERNEL.run(
                    List.of(tensors(moving), gradients, momentum > 0 ? memory(moving, 0) : List.of()),
                    weightDecay,
                    momentum,
                    rate,
                    0.0, // dampening
                    momentum > 0, // nesterov
                    false, // maximize
                    first);
            first = false;
        }

        @Override
        void save(String name, Map<String, Tensor> tensors) {
            super.save(name, tensors);
            tensors.put(name + MOVED, Tensors.of(new float[] {first ? 0 : 1}, 1));
        }

        @Override
        void load(String name, SavedTensors saved) {
            super.load(name, saved);
            try (PointerScope scope = new PointerScope()) {
                first = saved.read(name + MOVED).item_double() == 0;
            }
        }
    }
}
