package io.meristem.tune;

import io.meristem.adapter.Inherited;
import io.meristem.engine.Tensors;
import io.meristem.weights.SavedTensors;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Exponential moving averages of all that a training changes (Polyak and Juditsky 1992, in the form that image classifiers use). After step t, counted from 0,
 *
 * <pre>
 *   average = d average + (1 - d) value,    d = min(decay, (1 + t) / (10 + t)),
 * </pre>
 *
 * so that in a short training the average forgets the start: until the decay is reached it looks back at about the last tenth of the steps. Factors A and B are averaged
 * each by itself. Closing it frees the averages.
 */
final class Averages implements AutoCloseable {

    private static final String AVERAGE = "average";
    private static final String STEPS = AVERAGE + ".steps";

    /** The greater, the later the decay is reached. */
    private static final int WARM_UP = 10;

    private final double decay;
    private final WeightSnapshot copies;
    private int steps;

    /** @param tensors that start as their own averages; the method's parameters first */
    Averages(double decay, List<Tensor> tensors) {
        this.decay = decay;
        this.copies = new WeightSnapshot(tensors);
    }

    /** How much of the averages step {@code t}, from 0, keeps. */
    static double keeps(double decay, int t) {
        return Math.min(decay, (1.0 + t) / (WARM_UP + t));
    }

    /** Takes in a step. */
    void take(List<Tensor> tensors) {
        copies.draw(tensors, 1 - keeps(decay, steps));
        steps++;
    }

    /** See {@link WeightSnapshot#goOn}. */
    void goOn(List<Tensor> now, List<? extends Inherited> inherited, int before) {
        copies.goOn(now, inherited, before);
    }

    /** Of the first tensors. */
    List<Tensor> first(int count) {
        return copies.first(count);
    }

    /** Puts the averages where the values are and the other way round; a second time puts all back, to the bit. */
    void swap(List<Tensor> tensors) {
        copies.swap(tensors);
    }

    /** Puts all that {@link #load} needs among {@code tensors}; the current scope owns what is new. */
    void save(Map<String, Tensor> tensors) {
        copies.save(AVERAGE, tensors);
        tensors.put(STEPS, Tensors.of(new long[] {steps}));
    }

    void load(SavedTensors saved) {
        copies.load(AVERAGE, saved);
        try (PointerScope scope = new PointerScope()) {
            steps = Math.toIntExact(saved.read(STEPS).item_long());
        }
    }

    @Override
    public void close() {
        copies.close();
    }
}
