package io.meristem.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import io.meristem.Action;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.Setting;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * Looks at an ONNX file before the runtime does: it may read no other file, and may do only what {@link OnnxWriter} writes, which has neither
 * loops nor operations that make much out of little.
 */
final class OnnxGuard {

    /**
     * All that {@link PhotoGraph} makes, and {@link NetworkGraph} of the registry's families. A family that needs another one adds it here; one that can double its
     * input needs a bound too, as Concat has in {@link #MOST_JOINED}.
     */
    private static final Set<String> OPERATIONS = Set.of(
            "Abs",
            "Add",
            "Cast",
            "Clip",
            "Concat",
            "Conv",
            "Div",
            "Erf",
            "Flatten",
            "Gather",
            "Gemm",
            "GlobalAveragePool",
            "Identity",
            "LayerNormalization",
            "MatMul",
            "Max",
            "MaxPool",
            "Min",
            "Mul",
            "Range",
            "ReduceSum",
            "Relu",
            "Reshape",
            "Round",
            "Shape",
            "Sigmoid",
            "Slice",
            "Softmax",
            "Sub",
            "Transpose",
            "Unsqueeze");

    /** How many values Concat may join to one, counting those that it has joined before; our families join nine at the most. */
    private static final long MOST_JOINED = 4096;

    private OnnxGuard() {}

    /** @throws InputException when the file is damaged, or holds what no file of ours does */
    static void require(Path file) {
        ModelProto model;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            model = ModelProto.parseFrom(in);
        } catch (InvalidProtocolBufferException e) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    e,
                    "%s cannot be read as an ONNX file (it is damaged, or none): export it again.",
                    file);
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_READABLE,
                    e,
                    "%s cannot be read (%s): check its permissions.",
                    file,
                    InputFiles.reason(e));
        }
        GraphProto graph = model.getGraph();
        for (TensorProto tensor : graph.getInitializerList()) {
            if (tensor.getExternalDataCount() > 0 || tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
                throw refuse(file, "reads numbers from other files");
            }
        }
        if (model.getFunctionsCount() > 0 || graph.getSparseInitializerCount() > 0) {
            throw refuse(file, "has functions or sparse numbers in it");
        }
        Map<String, Long> joined = new HashMap<>();
        for (NodeProto node : graph.getNodeList()) {
            if (!joins(node, joined)) {
                throw refuse(file, "joins values over and over, or does things out of order");
            }
            if (!node.getDomain().isEmpty() || !OPERATIONS.contains(node.getOpType())) {
                String name = node.getDomain() + " " + node.getOpType();
                throw refuse(
                        file,
                        "does " + name.substring(0, Math.min(60, name.length())).strip());
            }
            boolean nested = node.getAttributeList().stream()
                    .anyMatch(a -> a.hasG()
                            || a.hasT()
                            || a.hasSparseTensor()
                            || a.getGraphsCount() > 0
                            || a.getTensorsCount() > 0);
            if (nested) {
                throw refuse(file, "has a graph or numbers within an operation");
            }
        }
    }

    /**
     * Whether what a node makes stays within {@link #MOST_JOINED}. A value counts as one where weights make it, since these are in the file, and as one where the file
     * has it from the beginning.
     *
     * @param joined how many each value that was made or read so far is made of; gets those of the node
     */
    private static boolean joins(NodeProto node, Map<String, Long> joined) {
        node.getInputList().forEach(input -> joined.putIfAbsent(input, 1L));
        LongStream inputs = node.getInputList().stream().mapToLong(joined::get);
        long count =
                switch (node.getOpType()) {
                    case "Conv", "Gemm" -> 1;
                    case "Concat" -> inputs.sum();
                    default -> inputs.max().orElse(1);
                };
        // A value that is made after it was read would have counted as one.
        boolean inOrder = node.getOutputList().stream()
                .allMatch(output -> output.isEmpty() || joined.putIfAbsent(output, count) == null);
        return inOrder && count <= MOST_JOINED;
    }

    private static InputException refuse(Path file, String what) {
        return new InputException(
                ErrorCode.UNSUPPORTED,
                "%s %s, which no export of ours does: give a file that %s wrote.",
                file,
                what,
                Action.EXPORT.with(Setting.FORMAT.as("onnx")));
    }
}
