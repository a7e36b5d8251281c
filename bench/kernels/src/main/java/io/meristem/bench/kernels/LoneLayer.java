package io.meristem.bench.kernels;

import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import io.meristem.execute.Execution;
import io.meristem.execute.Network;
import io.meristem.graph.Node;
import io.meristem.op.Conv2d;
import io.meristem.op.ConvKernels;
import io.meristem.op.Linear;
import io.meristem.op.WeightedLayer;
import io.meristem.zoo.ModelSpec;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A network of one layer, named {@value #NAME}, with random numbers for its input and its output's gradient; it owns all of them. Convolutions have the
 * kernels that are usual for their kind.
 */
public final class LoneLayer implements AutoCloseable {

    /** The layer's name in {@link #network}. */
    public static final String NAME = "layer";

    private final long keptBefore = Tensors.kept();
    private final Network network;
    private final WeightedLayer layer;
    private final Tensor x;
    private final Tensor g;

    public LoneLayer(LayerShape shape, Precision precision, int batch) {
        Engine.ensureStarted();
        Engine.seed(1);
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            network = new Network(spec(shape), 2).materialize(5);
            network.setPrecision(precision);
            layer = network.weightedLayers().get(NAME);
            if (layer.op() instanceof Conv2d conv) {
                layer.setKernels(ConvKernels.usual(conv, precision));
            }
            x = Tensors.keep(gaussian(precision, shape.input(batch)));
            g = Tensors.keep(gaussian(precision, layer.forward(x).shape()));
        }
    }

    private Tensor gaussian(Precision precision, long... shape) {
        Tensor values = precision.of(torch.randn(shape));
        return layer.op() instanceof Conv2d ? Tensors.channelsLast(values) : values;
    }

    /** With a head that is never run, since a network must have one. */
    private static ModelSpec spec(LayerShape shape) {
        return ModelSpec.of("lone", "Lone", "benchmark", (b, classes) -> {
            Node y = b.add(NAME, shape.op(), b.input());
            b.add("head", new Linear(1, classes, false), y);
            return y;
        });
    }

    public Network network() {
        return network;
    }

    public WeightedLayer layer() {
        return layer;
    }

    /** The input, in the layer's precision. */
    public Tensor x() {
        return x;
    }

    /** The gradient of the output, likewise. */
    public Tensor g() {
        return g;
    }

    /** Forward, and back to the input and whatever of the layer trains; everything that was made is freed. */
    public void forwardAndBackward() {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Execution run = Execution.of(layer, true)) {
            run.forward(x);
            run.backward(g);
        }
    }

    /** Frees all; fails where something is still kept that was not before. Close adapters first. */
    @Override
    public void close() {
        Tensors.free(x);
        Tensors.free(g);
        network.close();
        long left = Tensors.kept() - keptBefore;
        if (left != 0) {
            throw new IllegalStateException(left + " tensors were not freed");
        }
    }
}
