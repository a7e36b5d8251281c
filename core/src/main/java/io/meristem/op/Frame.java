package io.meristem.op;

import io.meristem.engine.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** One run of one node: what its operation is told, and what it leaves for its gradient. */
public final class Frame {

    /** Takes gradients of inputs. */
    public interface Receiver {
        void whole(int input, Tensor gradient);

        /** {@code a * b}, the second broadcast. */
        void product(int input, Tensor a, Tensor b);

        /** {@code perChannel} (N, C, 1, 1) at every position. */
        void spread(int input, Tensor perChannel, long[] shape);
    }

    private final Layer layer;
    private final Outlook outlook;
    private final boolean replays;
    private final boolean overwrites;
    private final List<Tensor> saved = new ArrayList<>();
    private Object memo;
    private Tensor[] inputs;
    private Tensor output;
    private boolean mine;
    private Receiver receiver;

    /**
     * @param outlook null when no gradient will be asked for
     * @param replays whether this is a second time, so that side effects must not happen again
     * @param overwrites whether the first input is read by nobody else, so that its memory may take the output
     */
    public Frame(Layer layer, Outlook outlook, boolean replays, boolean overwrites) {
        this.layer = layer;
        this.outlook = outlook;
        this.replays = replays;
        this.overwrites = overwrites;
    }

    /** A run alone, without gradients. */
    static Frame alone(Layer layer) {
        return new Frame(layer, null, false, false);
    }

    /** What the network keeps for the node. */
    public Layer layer() {
        return layer;
    }

    /** Whether {@link Op#gradient} will be called. */
    public boolean flows() {
        return outlook != null && outlook.flows();
    }

    /** Whether the gradient of an input is asked for. */
    public boolean through(int input) {
        return outlook != null && outlook.through(input);
    }

    boolean casts() {
        return outlook.casts();
    }

    boolean replays() {
        return replays;
    }

    boolean overwrites() {
        return overwrites;
    }

    /** Keeps tensors for the gradient; they come back from {@link #saved} in this order. */
    public void save(Tensor... tensors) {
        for (Tensor tensor : tensors) {
            saved.add(Tensors.keep(tensor));
        }
    }

    public Tensor saved(int index) {
        return saved.get(index);
    }

    /** Takes the first of the saved tensors out, for the current scope to own; those after it move up. */
    Tensor take() {
        return Tensors.lend(saved.remove(0));
    }

    /** Remembers what is no tensor. */
    void remember(Object what) {
        memo = what;
    }

    Object memo() {
        return memo;
    }

    /** Sets what {@link Op#gradient} reads. */
    public void open(Tensor[] inputs, Tensor output, boolean mine, Receiver receiver) {
        this.inputs = inputs;
        this.output = output;
        this.mine = mine;
        this.receiver = receiver;
    }

    /** An input that {@link Op#readsInput} named; null otherwise. */
    public Tensor input(int index) {
        return inputs[index];
    }

    Tensor output() {
        return output;
    }

    /** Whether the gradient of the output may be overwritten. */
    boolean mine() {
        return mine;
    }

    void give(int input, Tensor gradient) {
        receiver.whole(input, gradient);
    }

    void giveProduct(int input, Tensor a, Tensor b) {
        receiver.product(input, a, b);
    }

    void giveSpread(int input, Tensor perChannel, long[] shape) {
        receiver.spread(input, perChannel, shape);
    }

    /** Frees what was saved. */
    public void free() {
        saved.forEach(Tensors::free);
        saved.clear();
        inputs = null;
        output = null;
        receiver = null;
    }
}
