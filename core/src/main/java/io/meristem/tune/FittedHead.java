package io.meristem.tune;

import io.meristem.engine.Tensors;
import io.meristem.execute.LabelledFeed;
import io.meristem.execute.Network;
import io.meristem.op.WeightedLayer;
import java.util.function.BiFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** A network whose head is, for a while, a ridge regression of the classes on some training photos: a head drawn at random says nothing about them. */
final class FittedHead implements AutoCloseable {

    private static final int BATCHES = 16;
    private static final int BATCH = 32;

    private final WeightedLayer head;
    private final Tensor weight;
    private final Tensor bias;

    /** @param calibration gives a number of batches of a size: training photos in evaluation form with their labels */
    FittedHead(Network network, BiFunction<Integer, Integer, LabelledFeed> calibration) {
        head = network.head();
        Ridge.Fit fit;
        try (HeadInputs inputs = HeadInputs.of(network, calibration.apply(BATCHES, BATCH))) {
            fit = Ridge.fit(inputs.features(), inputs.labels(), network.classes());
        }
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            weight = Tensors.keep(head.weight().value().clone());
            bias = Tensors.keep(head.bias().value().clone());
        }
        fit.putInto(head);
    }

    @Override
    public void close() {
        head.weight().set(weight);
        head.bias().set(bias);
        Tensors.free(weight);
        Tensors.free(bias);
    }
}
