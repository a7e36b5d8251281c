package io.meristem.tune;

import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.LowRankChange.Factors;
import io.meristem.nn.Param;
import io.meristem.nn.WeightedLayer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Every weight trains. */
public record FullTuning() implements Method {

    @Override
    public String label() {
        return "full";
    }

    @Override
    public MethodState begin(MethodContext context) {
        WeightedLayer head = context.network().head();
        List<Tensor> tensors = new ArrayList<>();
        long[] numbers = {0};
        context.network().params().values().stream()
                .filter(p -> !p.isBuffer())
                .filter(p -> context.head() == HeadPolicy.ADAPTED || (p != head.weight() && p != head.bias()))
                .forEach(p -> {
                    tensors.add(p.value().requires_grad_(true));
                    numbers[0] += p.numel();
                });
        return new State(context.network().params().values(), tensors, numbers[0]);
    }

    private record State(Iterable<Param> params, List<Tensor> parameters, long numbers) implements MethodState {

        @Override
        public AdapterSet adapters() {
            return null;
        }

        @Override
        public Map<String, Factors> update() {
            return Map.of();
        }

        @Override
        public EpochEnd endEpoch(int epoch) {
            return EpochEnd.PLAIN;
        }

        @Override
        public void close() {
            params.forEach(p -> p.value().requires_grad_(false));
        }
    }
}
