package io.meristem.tune;

import com.fasterxml.jackson.annotation.JsonTypeName;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.weights.SavedTensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** A linear classifier on frozen features: only the new head trains. The yardstick that every other method must beat. */
@JsonTypeName("head")
public record HeadOnly() implements Method {

    @Override
    public <R> R match(Cases<R> cases) {
        return cases.head(this);
    }

    @Override
    public String label() {
        return "head";
    }

    @Override
    public boolean isLowRank() {
        return false;
    }

    @Override
    public MethodState begin(MethodContext context) {
        if (context.head() != HeadPolicy.TRAINED) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "The method 'head' trains the head and nothing else: leave %s at trained.",
                    Setting.HEAD.the());
        }
        return new State();
    }

    @Override
    public MethodState resume(MethodContext context, MethodMemory memory, SavedTensors saved) {
        return begin(context);
    }

    private record State() implements MethodState {

        @Override
        public List<Tensor> parameters() {
            return List.of();
        }

        @Override
        public long numbers() {
            return 0;
        }

        @Override
        public void close() {}
    }
}
