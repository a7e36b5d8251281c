package io.meristem.tune;

import io.meristem.nn.Activation;
import io.meristem.nn.BatchNorm2d;
import io.meristem.nn.Conv2d;
import io.meristem.nn.GraphOps;
import io.meristem.nn.LayerNorm;
import io.meristem.nn.Linear;
import io.meristem.nn.Param;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * How many numbers a step of one photo has in memory at the most, told by walking through a network's description as {@link io.meristem.nn.Tape} would: what each
 * operation saves, once where two save the same, and beside it what the operation works on. No tensor is made.
 */
final class TapeForecast implements GraphOps<TapeForecast.Value> {

    /** A map or row of one photo. */
    static final class Value {
        final int channels;
        final int height;
        final int width;
        private boolean saved;
        private boolean recomputed;

        Value(int channels, int height, int width) {
            this.channels = channels;
            this.height = height;
            this.width = width;
        }

        long numbers() {
            return (long) channels * height * width;
        }
    }

    /**
     * @param saved by the operation, that nothing before had saved
     * @param forward worked on beside everything that is saved
     * @param backward likewise, when the gradient passes
     */
    private record Step(long saved, long forward, long backward) {}

    private final boolean saves;
    private final boolean allTrains;
    private final boolean checkpointing;
    private final int hidden;
    private List<Step> steps = new ArrayList<>();
    private long largest;
    private final Deque<List<Step>> outer = new ArrayDeque<>();
    private final Deque<Value> inputs = new ArrayDeque<>();

    /**
     * @param saves whether anything below the head trains
     * @param allTrains whether scales train and batch normalisation is an operation of its own, not folded
     * @param hidden numbers per position that a branch through the rank saves beside a linear map
     */
    TapeForecast(boolean saves, boolean allTrains, boolean checkpointing, int hidden) {
        this.saves = saves;
        this.allTrains = allTrains;
        this.checkpointing = checkpointing;
        this.hidden = hidden;
    }

    /** Numbers per photo at the peak of a training step. */
    long peak() {
        return peak(steps);
    }

    /** Numbers per photo at the peak of a forward pass that saves nothing. */
    long forwardPeak() {
        return steps.stream().mapToLong(Step::forward).max().orElse(0);
    }

    /** Numbers per photo of the largest map. */
    long largest() {
        return largest;
    }

    private static long peak(List<Step> steps) {
        long saved = 0;
        long peak = 0;
        for (Step step : steps) {
            saved += step.saved;
            peak = Math.max(peak, saved + Math.max(step.forward, step.backward));
        }
        return peak;
    }

    private void step(long saved, Value in, Value out, long more) {
        largest = Math.max(largest, Math.max(in.numbers(), out.numbers()));
        long open = (in.saved ? 0 : in.numbers()) + (out.saved ? 0 : out.numbers());
        steps.add(new Step(saved, open, in.numbers() + out.numbers() + more));
    }

    /** How many numbers saving {@code value} takes. */
    private long save(Value value) {
        if (!saves || value.saved || value.recomputed) {
            return 0;
        }
        value.saved = true;
        return value.numbers();
    }

    @Override
    public void enterBlock(Value x) {
        if (checkpointing) {
            outer.push(steps);
            inputs.push(x);
            steps = new ArrayList<>();
        }
    }

    @Override
    public void leaveBlock(Value y) {
        if (checkpointing) {
            List<Step> inside = steps;
            steps = outer.pop();
            Value x = inputs.pop();
            long forward = inside.stream().mapToLong(Step::forward).max().orElse(0);
            y.saved = false;
            steps.add(new Step(save(x), x.numbers() + forward, peak(inside) + x.numbers()));
        }
    }

    @Override
    public Value conv(Value x, Conv2d layer) {
        Value y = new Value(layer.outFeatures(), side(x.height, layer), side(x.width, layer));
        step(save(x), x, y, x.recomputed ? x.numbers() : 0);
        return y;
    }

    private static int side(int before, Conv2d layer) {
        return (before + 2 * layer.padding() - layer.kernel()) / layer.stride() + 1;
    }

    @Override
    public Value linear(Value x, Linear layer) {
        Value y = new Value(layer.outFeatures(), x.height, x.width);
        long narrow = saves ? (long) hidden * x.height * x.width : 0;
        step(save(x) + narrow, x, y, x.recomputed ? x.numbers() : 0);
        return y;
    }

    @Override
    public Value batchNorm(Value x, BatchNorm2d layer) {
        if (!allTrains) {
            return x;
        }
        Value y = new Value(x.channels, x.height, x.width);
        step(save(x), x, y, 0);
        return y;
    }

    @Override
    public Value layerNorm(Value x, LayerNorm layer) {
        Value y = new Value(x.channels, x.height, x.width);
        step(save(x), x, y, 0);
        return y;
    }

    @Override
    public Value activation(Value x, Activation function) {
        if (function != Activation.GELU) {
            step(save(x), x, x, 0);
            return x;
        }
        Value y = new Value(x.channels, x.height, x.width);
        y.recomputed = saves;
        step(save(x), x, y, 0);
        return y;
    }

    @Override
    public Value add(Value a, Value b) {
        Value y = new Value(a.channels, a.height, a.width);
        step(0, b, y, b.numbers()); // the gradient waits for the other path
        return y;
    }

    @Override
    public Value gate(Value x, Value gate) {
        Value y = new Value(x.channels, x.height, x.width);
        step(save(x), x, y, x.numbers());
        return y;
    }

    @Override
    public Value scale(Value x, Param scale) {
        step(allTrains ? save(x) : 0, x, x, x.numbers());
        return x;
    }

    @Override
    public Value mean(Value x) {
        return new Value(x.channels, 1, 1);
    }

    @Override
    public Value gridMeans(Value x, int side) {
        Value y = new Value(x.channels, side, side);
        step(save(x), x, y, 0);
        return y;
    }

    /** The places of the largest take four (or in bfloat16 two) times as much as the result. */
    @Override
    public Value maxPool(Value x, int kernel, int stride) {
        Value y = new Value(x.channels, (x.height - kernel) / stride + 1, (x.width - kernel) / stride + 1);
        step(save(x) + (saves ? 4 * y.numbers() : 0), x, y, 0);
        return y;
    }

    @Override
    public Value flatten(Value x) {
        return new Value(Math.toIntExact(x.numbers()), 1, 1);
    }

    @Override
    public Value channelsLast(Value x) {
        return x;
    }

    @Override
    public Value channelsFirst(Value x) {
        return x;
    }
}
