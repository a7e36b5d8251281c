package io.meristem.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Nodes and constants of one ONNX graph, in the order in which they are made. Values go by unique names. */
final class Nodes {

    private final GraphProto.Builder graph = GraphProto.newBuilder();
    private final Set<String> names = new HashSet<>();
    private final Map<String, String> scalars = new HashMap<>();

    /** One operation to be added: its inputs, and then what is set of it. */
    final class Operation {

        private final NodeProto.Builder node;

        private Operation(String type, String... inputs) {
            node = NodeProto.newBuilder().setOpType(type).addAllInput(Arrays.asList(inputs));
        }

        Operation with(String name, long value) {
            node.addAttribute(attribute(name, AttributeProto.AttributeType.INT).setI(value));
            return this;
        }

        Operation with(String name, float value) {
            node.addAttribute(
                    attribute(name, AttributeProto.AttributeType.FLOAT).setF(value));
            return this;
        }

        Operation with(String name, long... values) {
            node.addAttribute(attribute(name, AttributeProto.AttributeType.INTS)
                    .addAllInts(Arrays.stream(values).boxed().toList()));
            return this;
        }

        private static AttributeProto.Builder attribute(String name, AttributeProto.AttributeType type) {
            return AttributeProto.newBuilder().setName(name).setType(type);
        }

        /** Adds the operation; its output, and it itself, are called {@code wish} or nearly so. */
        String as(String wish) {
            String name = unique(wish);
            graph.addNode(node.setName(name).addOutput(name));
            return name;
        }

        /** Adds the operation under a name made of its type. */
        String add() {
            return as(node.getOpType().toLowerCase(java.util.Locale.ROOT));
        }
    }

    Operation op(String type, String... inputs) {
        return new Operation(type, inputs);
    }

    private String unique(String wish) {
        String name = wish;
        for (int i = 2; !names.add(name); i++) {
            name = wish + "_" + i;
        }
        return name;
    }

    /** A float32 constant, row-major. */
    String constant(String wish, float[] values, long... shape) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return constant(wish, DataType.FLOAT, bytes, shape);
    }

    /** A float32 scalar; the same value is the same constant. */
    String scalar(float value) {
        return scalars.computeIfAbsent("f" + value, key -> constant("constant_" + value, new float[] {value}));
    }

    /** A float64 scalar. */
    String scalar(double value) {
        ByteBuffer bytes = ByteBuffer.allocate(Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putDouble(0, value);
        return scalars.computeIfAbsent("d" + value, key -> constant("double_" + value, DataType.DOUBLE, bytes));
    }

    /** An int64 scalar. */
    String scalar(long value) {
        return scalars.computeIfAbsent("i" + value, key -> longs("int_" + value, new long[] {value}));
    }

    /** An int64 vector. */
    String vector(long... values) {
        String key = Arrays.toString(values);
        return scalars.computeIfAbsent(key, k -> longs("ints", values, values.length));
    }

    private String longs(String wish, long[] values, long... shape) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        return constant(wish, DataType.INT64, bytes, shape);
    }

    private String constant(String wish, DataType type, ByteBuffer bytes, long... shape) {
        String name = unique(wish);
        graph.addInitializer(TensorProto.newBuilder()
                .setName(name)
                .setDataType(type.getNumber())
                .addAllDims(Arrays.stream(shape).boxed().toList())
                .setRawData(UnsafeByteOperations.unsafeWrap(bytes.array())));
        return name;
    }

    /** An input of the graph. @param shape numbers, or names of dimensions that are free */
    String input(String name, DataType type, Object... shape) {
        graph.addInput(value(unique(name), type, shape));
        return name;
    }

    /** Makes {@code value} an output of the graph, under a name of its own. */
    void output(String name, String value, Object... shape) {
        graph.addNode(NodeProto.newBuilder()
                .setOpType("Identity")
                .setName("output_" + name)
                .addInput(value)
                .addOutput(unique(name)));
        graph.addOutput(value(name, DataType.FLOAT, shape));
    }

    private static ValueInfoProto value(String name, DataType type, Object... shape) {
        List<TensorShapeProto.Dimension> dims = new ArrayList<>();
        for (Object dim : shape) {
            TensorShapeProto.Dimension.Builder builder = TensorShapeProto.Dimension.newBuilder();
            dims.add((dim instanceof Number n ? builder.setDimValue(n.longValue()) : builder.setDimParam((String) dim))
                    .build());
        }
        TypeProto.Tensor tensor = TypeProto.Tensor.newBuilder()
                .setElemType(type.getNumber())
                .setShape(TensorShapeProto.newBuilder().addAllDim(dims))
                .build();
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build();
    }

    GraphProto graph(String name) {
        return graph.setName(name).build();
    }
}
