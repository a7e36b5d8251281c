package io.meristem.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.data.image.Preprocess;
import io.meristem.engine.Precision;
import io.meristem.execute.Network;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes a network as an ONNX file that stands alone. */
public final class OnnxWriter {

    /** Of ONNX 1.12, from 2022: the first with layer normalisation. */
    static final int OPSET = 17;

    private static final int IR_VERSION = 8;

    /** What a protocol buffer, and thus an ONNX file without others beside it, may hold, less some room for the graph. */
    private static final long MOST_BYTES = Integer.MAX_VALUE - (16L << 20);

    private OnnxWriter() {}

    /**
     * @param network any precision and adapters' {@linkplain io.meristem.op.WeightedLayer.Form forms} aside; it is set to float32 and folded, and stays so
     * @param file written over where it is there
     * @throws InputException when the network is too large for the format
     */
    public static void write(Network network, OnnxCard card, Path file) throws IOException {
        if (network.classes() != card.info().classes().size()) {
            throw new IllegalArgumentException(
                    network.classes() + " outputs for " + card.info().classes().size() + " classes");
        }
        if (network.parameterCount() * Float.BYTES > MOST_BYTES) {
            throw new InputException(
                    ErrorCode.TOO_LARGE,
                    "%s has %s parameters, and one ONNX file holds 2 GiB: choose a smaller network.",
                    network.spec().name(),
                    network.parameterCount());
        }
        network.train(false);
        network.setPrecision(Precision.FP32);
        network.fold();
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
            model(network, card).writeTo(out);
        }
    }

    private static ModelProto model(Network network, OnnxCard card) {
        Nodes nodes = new Nodes();
        Preprocess preprocess = card.preprocess();
        int size = preprocess.size();
        String images = card.input() == OnnxInput.IMAGES
                ? nodes.input(card.input().label(), DataType.FLOAT, "N", 3, size, size)
                : PhotoGraph.images(
                        nodes, nodes.input(card.input().label(), DataType.UINT8, "N", "H", "W", 3), card.preprocess());
        String logits = new NetworkGraph(nodes, network, size).write(images);
        if (card.input() == OnnxInput.PHOTOS) {
            String cooled = card.temperature() == null
                    ? logits
                    : nodes.op("Div", logits, nodes.scalar(card.temperature().floatValue()))
                            .as("cooled");
            nodes.output(
                    OnnxClassifier.PROBABILITIES,
                    nodes.op("Softmax", cooled).with("axis", -1).add(),
                    "N",
                    network.classes());
        }
        nodes.output(OnnxClassifier.LOGITS, logits, "N", network.classes());
        if (card.input() == OnnxInput.PHOTOS) {
            nodes.output(OnnxClassifier.IMAGES, images, "N", 3, size, size);
        }
        ModelProto.Builder model = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
                .setProducerName("meristem")
                .setProducerVersion(card.info().origin().meristem())
                .setGraph(nodes.graph(network.spec().name()));
        card.toMetadata()
                .forEach((key, value) -> model.addMetadataProps(
                        StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        return model.build();
    }
}
