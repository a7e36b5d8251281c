package io.meristem.tune;

import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.LowRankChange.Factors;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** A method that trains the same adapters from beginning to end. */
interface AdaptedState extends MethodState {

    /** Never null. */
    @Override
    AdapterSet adapters();

    @Override
    default List<Tensor> parameters() {
        return adapters().parameters();
    }

    @Override
    default long numbers() {
        return adapters().numbers();
    }

    @Override
    default Map<String, Factors> update() {
        return adapters().factors();
    }

    @Override
    default EpochEnd endEpoch(int epoch, double rate) {
        return EpochEnd.kept(adapters().changeSinceLastCall(), Double.NaN);
    }

    @Override
    default void save(Map<String, Tensor> tensors) {
        adapters().save(tensors);
    }

    @Override
    default void close() {
        adapters().close();
    }
}
