package io.meristem.onnx;

import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.graph.Graph;
import io.meristem.graph.Node;
import io.meristem.op.Activation;
import io.meristem.op.Add;
import io.meristem.op.AddScaled;
import io.meristem.op.Attention;
import io.meristem.op.BatchNorm;
import io.meristem.op.ChannelShuffle;
import io.meristem.op.ChannelSlice;
import io.meristem.op.Channels;
import io.meristem.op.Concat;
import io.meristem.op.Conv2d;
import io.meristem.op.Dropout;
import io.meristem.op.Flatten;
import io.meristem.op.Gate;
import io.meristem.op.GlobalPool;
import io.meristem.op.GridMeans;
import io.meristem.op.Input;
import io.meristem.op.LayerNorm;
import io.meristem.op.Linear;
import io.meristem.op.MaxPool;
import io.meristem.op.Mean;
import io.meristem.op.OpVisitor;
import io.meristem.op.Padding;
import io.meristem.op.Param;
import io.meristem.op.Parameter;
import io.meristem.op.Shape;
import io.meristem.op.WeightedLayer;
import io.meristem.op.Window;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * The operations of a network as nodes of ONNX's operator set {@link OnnxWriter#OPSET}, one place per operation. Weights are float32 with batch normalisation
 * folded in.
 */
final class NetworkGraph implements OpVisitor<String> {

    private static final double SQRT2 = Math.sqrt(2);

    private final Nodes nodes;
    private final Network network;
    private final Graph graph;
    private final List<Shape> shapes;
    private final String[] values;
    private final Map<String, String> matrices = new HashMap<>();
    private Node node;

    /**
     * @param network in float32, in evaluation mode, {@linkplain Network#fold folded}
     * @param size side of the images, pixels
     */
    NetworkGraph(Nodes nodes, Network network, int size) {
        this.nodes = nodes;
        this.network = network;
        this.graph = network.running();
        this.shapes = graph.shapes(Shape.of(3, size, size));
        this.values = new String[graph.nodes().size()];
    }

    /**
     * Writes all nodes that the output depends on.
     *
     * @param images the name of the input
     * @return the name of the logits
     */
    String write(String images) {
        values[0] = images;
        graph.needed(graph.output()).stream().skip(1).forEach(place -> {
            node = graph.node(place);
            values[place] = node.op().accept(this);
        });
        return values[graph.output()];
    }

    /** The name of an input of the node that is being written. */
    private String in(int input) {
        return values[node.inputs().get(input)];
    }

    private Shape shape(int input) {
        return shapes.get(node.inputs().get(input));
    }

    private WeightedLayer weighted() {
        return network.weightedLayers().get(node.name());
    }

    private Param param(String slot) {
        return network.layers().get(node.name()).params().get(slot);
    }

    @Override
    public String visit(Conv2d op) {
        Window window = op.window();
        return nodes.op("Conv", in(0), weight(), bias())
                .with("kernel_shape", window.height(), window.width())
                .with("strides", window.stride(), window.stride())
                .with("pads", pads(window.around(shape(0).size(1), shape(0).size(2))))
                .with("dilations", 1, 1)
                .with("group", op.groups())
                .as(node.name());
    }

    private static long[] pads(Padding.Fixed around) {
        return new long[] {around.top(), around.left(), around.bottom(), around.right()};
    }

    private String weight() {
        return tensor(node.name() + ".weight", weighted().runningWeight());
    }

    /** Zero where there is none: all layers then look alike to runtimes. */
    private String bias() {
        WeightedLayer layer = weighted();
        Tensor bias = layer.runningBias();
        return bias == null
                ? nodes.constant(node.name() + ".bias", new float[layer.outFeatures()], layer.outFeatures())
                : tensor(node.name() + ".bias", bias);
    }

    private String tensor(String name, Tensor tensor) {
        return nodes.constant(name, Tensors.toFloats(tensor), tensor.shape());
    }

    @Override
    public String visit(Linear op) {
        if (shape(0).rank() == 1) {
            return nodes.op("Gemm", in(0), weight(), bias()).with("transB", 1).as(node.name());
        }
        String product = nodes.op("MatMul", in(0), transposedWeight()).as(node.name() + ".product");
        return nodes.op("Add", product, bias()).as(node.name());
    }

    private String transposedWeight() {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            return tensor(node.name() + ".weight", weighted().runningWeight().t());
        }
    }

    @Override
    public String visit(BatchNorm op) {
        return nodes.op(
                        "BatchNormalization",
                        in(0),
                        tensor(node.name() + ".weight", param("weight").value()),
                        tensor(node.name() + ".bias", param("bias").value()),
                        tensor(
                                node.name() + ".running_mean",
                                param("running_mean").value()),
                        tensor(
                                node.name() + ".running_var",
                                param("running_var").value()))
                .with("epsilon", (float) op.eps())
                .as(node.name());
    }

    @Override
    public String visit(LayerNorm op) {
        return nodes.op(
                        "LayerNormalization",
                        in(0),
                        tensor(node.name() + ".weight", param("weight").value()),
                        tensor(node.name() + ".bias", param("bias").value()))
                .with("axis", -1)
                .with("epsilon", (float) op.eps())
                .as(node.name());
    }

    @Override
    public String visit(Activation op) {
        return switch (op) {
            case RELU -> nodes.op("Relu", in(0)).add();
            case RELU6 ->
                nodes.op("Clip", in(0), nodes.scalar(0f), nodes.scalar(6f)).as("relu6");
            case SIGMOID -> nodes.op("Sigmoid", in(0)).add();
            case GELU -> gelu(in(0));
        };
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
    public String visit(Add op) {
        return nodes.op("Add", in(0), in(1)).add();
    }

    @Override
    public String visit(AddScaled op) {
        String product = nodes.op("Mul", in(1), in(2))
                .as(graph.node(node.inputs().get(2)).name() + ".product");
        return nodes.op("Add", in(0), product).add();
    }

    /** A scale for each channel is written as (C, 1, 1), which is how it is used. */
    @Override
    public String visit(Parameter op) {
        float[] numbers = Tensors.toFloats(param("").value());
        long[] shape = param("").shape();
        return nodes.constant(node.name(), numbers, shape.length == 1 ? new long[] {shape[0], 1, 1} : shape);
    }

    @Override
    public String visit(Gate op) {
        return nodes.op("Mul", in(0), in(1)).as("gate");
    }

    @Override
    public String visit(Concat op) {
        String[] all = node.inputs().stream().map(input -> values[input]).toArray(String[]::new);
        return nodes.op("Concat", all).with("axis", 1).add();
    }

    @Override
    public String visit(Mean op) {
        return nodes.op("GlobalAveragePool", in(0)).as("mean");
    }

    @Override
    public String visit(GlobalPool op) {
        String mean = nodes.op("GlobalAveragePool", in(0)).as("mean");
        return nodes.op("Flatten", mean).with("axis", 1).add();
    }

    /** As products with two matrices of window shares: ONNX has no adaptive pooling. */
    @Override
    public String visit(GridMeans op) {
        int side = op.side();
        Shape shape = shape(0);
        String y = in(0);
        if (shape.size(2) != side) {
            y = nodes.op("MatMul", y, shares(shape.size(2), side, true)).as("grid_columns");
        }
        if (shape.size(1) != side) {
            y = nodes.op("MatMul", shares(shape.size(1), side, false), y).as("grid_rows");
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
    public String visit(MaxPool op) {
        Window window = op.window();
        return nodes.op("MaxPool", in(0))
                .with("kernel_shape", window.height(), window.width())
                .with("strides", window.stride(), window.stride())
                .with("pads", pads(op.around(shape(0))))
                .add();
    }

    @Override
    public String visit(Flatten op) {
        return nodes.op("Flatten", in(0)).with("axis", 1).add();
    }

    @Override
    public String visit(ChannelSlice op) {
        return nodes.op("Slice", in(0), nodes.vector(op.from()), nodes.vector(op.to()), nodes.vector(1))
                .add();
    }

    /** As exporters write it, which runtimes know. */
    @Override
    public String visit(ChannelShuffle op) {
        Shape x = shape(0);
        long inGroup = x.size(0) / op.groups();
        String grouped = nodes.op("Reshape", in(0), nodes.vector(0, op.groups(), inGroup, x.size(1), x.size(2)))
                .add();
        String dealt =
                nodes.op("Transpose", grouped).with("perm", 0, 2, 1, 3, 4).add();
        return nodes.op("Reshape", dealt, nodes.vector(0, x.size(0), x.size(1), x.size(2)))
                .add();
    }

    @Override
    public String visit(Channels op) {
        return (op == Channels.LAST
                        ? nodes.op("Transpose", in(0)).with("perm", 0, 2, 3, 1)
                        : nodes.op("Transpose", in(0)).with("perm", 0, 3, 1, 2))
                .add();
    }

    @Override
    public String visit(Attention op) {
        Shape shape = shapes.get(node.index());
        long width = shape.size(-1);
        long tokens = shape.numbers() / width;
        long head = width / op.heads();
        String parts = nodes.op("Reshape", in(0), nodes.vector(0, tokens, 3, op.heads(), head))
                .add();
        String first = nodes.op("Transpose", parts).with("perm", 2, 0, 3, 1, 4).add(); // (3, N, heads, T, head)
        String[] qkv = new String[3];
        for (int i = 0; i < 3; i++) {
            qkv[i] = nodes.op("Gather", first, nodes.scalar((long) i))
                    .with("axis", 0)
                    .add();
        }
        String keys = nodes.op("Transpose", qkv[1]).with("perm", 0, 1, 3, 2).add();
        String products = nodes.op("MatMul", qkv[0], keys).add();
        String scaled = nodes.op("Mul", products, nodes.scalar((float) (1 / Math.sqrt((double) head))))
                .add();
        String shares = nodes.op("Softmax", scaled).with("axis", -1).add();
        String mixed = nodes.op("MatMul", shares, qkv[2]).add();
        String back = nodes.op("Transpose", mixed).with("perm", 0, 2, 1, 3).add();
        long[] to = new long[shape.rank() + 1];
        for (int i = 1; i < to.length; i++) {
            to[i] = shape.size(i - 1);
        }
        return nodes.op("Reshape", back, nodes.vector(to)).add();
    }

    @Override
    public String visit(Dropout op) {
        throw new IllegalStateException("a network in evaluation has no dropout");
    }

    @Override
    public String visit(Input op) {
        throw new IllegalStateException("images come from outside");
    }
}
