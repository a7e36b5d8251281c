package io.meristem.tune;

import com.fasterxml.jackson.annotation.JsonTypeName;
import io.meristem.op.Param;
import io.meristem.op.WeightedLayer;
import io.meristem.weights.SavedTensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** Every weight trains. */
@JsonTypeName("full")
public record FullTuning() implements Method {

    @Override
    public <R> R match(Cases<R> cases) {
        return cases.full(this);
    }

    @Override
    public String label() {
        return "full";
    }

    @Override
    public double usualRate() {
        return 3e-4;
    }

    @Override
    public boolean isLowRank() {
        return false;
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

    @Override
    public MethodState resume(MethodContext context, MethodMemory memory, SavedTensors saved) {
        return begin(context);
    }

    private record State(Iterable<Param> params, List<Tensor> parameters, long numbers) implements MethodState {

        @Override
        public boolean changesNetwork() {
            return true;
        }

        @Override
        public void close() {
            params.forEach(p -> p.value().requires_grad_(false));
        }
    }
}
