package io.meristem.exchange.onnx;

import io.meristem.engine.Tensors;
import io.meristem.nn.Activation;
import io.meristem.nn.BatchNorm2d;
import io.meristem.nn.Conv2d;
import io.meristem.nn.GraphOps;
import io.meristem.nn.Layer;
import io.meristem.nn.LayerNorm;
import io.meristem.nn.Linear;
import io.meristem.nn.Network;
import io.meristem.nn.Param;
import io.meristem.nn.WeightedLayer;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * The operations of a network as nodes of ONNX's operator set {@link OnnxWriter#OPSET}, one place per operation. Weights are float32 with batch normalisation
 * folded in.
 */
@SuppressWarnings("ArrayRecordComponent")
final class NetworkGraph implements GraphOps<NetworkGraph.Value> {

    /** A value of the graph and its shape, without N. */
    record Value(String name, long... shape) {}

    private static final double SQRT2 = Math.sqrt(2);

    private final Nodes nodes;
    private final Map<Layer, String> layers = new IdentityHashMap<>();
    private final Map<Param, String> params = new IdentityHashMap<>();
    private final Map<String, String> matrices = new HashMap<>();

    /** @param network in float32, {@linkplain Network#fold folded} */
    NetworkGraph(Nodes nodes, Network network) {
        this.nodes = nodes;
        network.layers().forEach((name, layer) -> layers.put(layer, name));
        network.params().forEach((name, param) -> params.put(param, name));
    }

    @Override
    public Value conv(Value x, Conv2d layer) {
        String name = layers.get(layer);
        int k = layer.kernel();
        int p = layer.padding();
        String y = nodes.op("Conv", x.name, weight(layer, name), bias(layer, name))
                .with("kernel_shape", k, k)
                .with("strides", layer.stride(), layer.stride())
                .with("pads", p, p, p, p)
                .with("dilations", 1, 1)
                .with("group", layer.groups())
                .as(name);
        return new Value(
                y,
                layer.outFeatures(),
                size(x.shape[1] + 2L * p, k, layer.stride()),
                size(x.shape[2] + 2L * p, k, layer.stride()));
    }

    private static long size(long padded, int kernel, int stride) {
        return (padded - kernel) / stride + 1;
    }

    private String weight(WeightedLayer layer, String name) {
        return tensor(name + ".weight", layer.runningWeight());
    }

    /** Zero where there is none: all layers then look alike to runtimes. */
    private String bias(WeightedLayer layer, String name) {
        Tensor bias = layer.runningBias();
        return bias == null
                ? nodes.constant(name + ".bias", new float[layer.outFeatures()], layer.outFeatures())
                : tensor(name + ".bias", bias);
    }

    private String tensor(String name, Tensor tensor) {
        return nodes.constant(name, Tensors.toFloats(tensor), tensor.shape());
    }

    @Override
    public Value linear(Value x, Linear layer) {
        String name = layers.get(layer);
        if (x.shape.length == 1) {
            String y = nodes.op("Gemm", x.name, weight(layer, name), bias(layer, name))
                    .with("transB", 1)
                    .as(name);
            return new Value(y, layer.outFeatures());
        }
        String product =
                nodes.op("MatMul", x.name, transposedWeight(layer, name)).as(name + ".product");
        String y = nodes.op("Add", product, bias(layer, name)).as(name);
        return new Value(y, x.shape[0], x.shape[1], layer.outFeatures());
    }

    private String transposedWeight(WeightedLayer layer, String name) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            return tensor(name + ".weight", layer.runningWeight().t());
        }
    }

    /** Nothing, as the convolution before has it in its weights. */
    @Override
    public Value batchNorm(Value x, BatchNorm2d layer) {
        if (!layer.absorbed()) {
            throw new IllegalStateException(layers.get(layer) + " follows no convolution that could take it in");
        }
        return x;
    }

    @Override
    public Value layerNorm(Value x, LayerNorm layer) {
        String name = layers.get(layer);
        String y = nodes.op(
                        "LayerNormalization",
                        x.name,
                        tensor(name + ".weight", layer.weight().value()),
                        tensor(name + ".bias", layer.bias().value()))
                .with("axis", -1)
                .with("epsilon", (float) layer.eps())
                .as(name);
        return new Value(y, x.shape);
    }

    @Override
    public Value activation(Value x, Activation function) {
        String y =
                switch (function) {
                    case RELU -> nodes.op("Relu", x.name).add();
                    case RELU6 ->
                        nodes.op("Clip", x.name, nodes.scalar(0f), nodes.scalar(6f))
                                .as("relu6");
                    case SIGMOID -> nodes.op("Sigmoid", x.name).add();
                    case GELU -> gelu(x.name);
                };
        return new Value(y, x.shape);
    }

    /** In the form that runtimes know as one operation; an operator of this name came with operator set 20 only. */
    private String gelu(String x) {
        String scaled = nodes.op("Div", x, nodes.scalar((float) SQRT2)).as("gelu.scaled");
        String erf = nodes.op("Erf", scaled).as("gelu.erf");
        String sum = nodes.op("Add", erf, nodes.scalar(1f)).as("gelu.sum");
        String product = nodes.op("Mul", x, sum).as("gelu.product");
        return nodes.op("Mul", product, nodes.scalar(0.5f)).as("gelu");
    }

    @Override
    public Value add(Value a, Value b) {
        return new Value(nodes.op("Add", a.name, b.name).add(), a.shape);
    }

    @Override
    public Value gate(Value x, Value gate) {
        return new Value(nodes.op("Mul", x.name, gate.name).as("gate"), x.shape);
    }

    @Override
    public Value scale(Value x, Param scale) {
        String name = params.get(scale);
        long channels = scale.shape()[0];
        String factor = nodes.constant(name, Tensors.toFloats(scale.value()), channels, 1, 1);
        return new Value(nodes.op("Mul", x.name, factor).as(name + ".product"), x.shape);
    }

    @Override
    public Value mean(Value x) {
        return new Value(nodes.op("GlobalAveragePool", x.name).as("mean"), x.shape[0], 1, 1);
    }

    /** As products with two matrices of window shares: ONNX has no adaptive pooling. */
    @Override
    public Value gridMeans(Value x, int side) {
        Value y = x;
        if (y.shape[2] != side) {
            String product = nodes.op("MatMul", y.name, shares((int) y.shape[2], side, true))
                    .as("grid_columns");
            y = new Value(product, y.shape[0], y.shape[1], side);
        }
        if (y.shape[1] != side) {
            String product = nodes.op("MatMul", shares((int) y.shape[1], side, false), y.name)
                    .as("grid_rows");
            y = new Value(product, y.shape[0], side, side);
        }
        return y;
    }

    /** (side, length), or its transpose: row i holds what each position adds to window i's mean. */
    private String shares(int length, int side, boolean transposed) {
        return matrices.computeIfAbsent(length + " " + transposed, key -> {
            float[] shares = new float[length * side];
            for (int i = 0; i < side; i++) {
                int from = i * length / side;
                int to = ((i + 1) * length + side - 1) / side;
                for (int j = from; j < to; j++) {
                    shares[transposed ? j * side + i : i * length + j] = 1f / (to - from);
                }
            }
            return transposed
                    ? nodes.constant("grid.columns", shares, length, side)
                    : nodes.constant("grid.rows", shares, side, length);
        });
    }

    @Override
    public Value maxPool(Value x, int kernel, int stride) {
        String y = nodes.op("MaxPool", x.name)
                .with("kernel_shape", kernel, kernel)
                .with("strides", stride, stride)
                .add();
        return new Value(y, x.shape[0], size(x.shape[1], kernel, stride), size(x.shape[2], kernel, stride));
    }

    @Override
    public Value flatten(Value x) {
        return new Value(nodes.op("Flatten", x.name).with("axis", 1).add(), x.shape[0] * x.shape[1] * x.shape[2]);
    }

    @Override
    public Value channelsLast(Value x) {
        String y = nodes.op("Transpose", x.name).with("perm", 0, 2, 3, 1).add();
        return new Value(y, x.shape[1], x.shape[2], x.shape[0]);
    }

    @Override
    public Value channelsFirst(Value x) {
        String y = nodes.op("Transpose", x.name).with("perm", 0, 3, 1, 2).add();
        return new Value(y, x.shape[2], x.shape[0], x.shape[1]);
    }
}
