package io.meristem.onnx;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import io.meristem.data.image.Fit;
import io.meristem.engine.Engine;
import io.meristem.exchange.ClassifierInfo;
import io.meristem.execute.Network;
import io.meristem.testing.Families;
import io.meristem.testing.Hostile;
import io.meristem.testing.Mutations;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files of ours that have been changed here and there, given to ONNX Runtime. It is native code, which Jazzer does not see into; so these changes are made
 * at random, without looking at what they reach. The system property {@code meristem.hostile.seconds} has it search for longer.
 */
class OnnxMutationTest {

    private static final int SECONDS = Integer.getInteger("meristem.hostile.seconds", 5);

    @TempDir
    static Path folder;

    private static final List<ModelProto> MODELS = new ArrayList<>();

    @BeforeAll
    static void export() throws IOException {
        Engine.start(1);
        for (String model : Families.light().toList()) {
            try (Network network = new Network(Models.find(model), 2).materialize(5)) {
                for (OnnxInput input : OnnxInput.values()) {
                    Path file = folder.resolve("sound.onnx");
                    OnnxWriter.write(network, card(model, input), file);
                    MODELS.add(ModelProto.parseFrom(Files.readAllBytes(file)));
                }
            }
        }
    }

    @AfterAll
    static void useAllThreads() {
        Engine.start(0);
    }

    private static OnnxCard card(String model, OnnxInput input) {
        List<Float> half = List.of(0.5f, 0.5f, 0.5f);
        ClassifierInfo.Input how =
                new ClassifierInfo.Input(32, 0.875, Fit.CROP.name().toLowerCase(Locale.ROOT), half, half);
        ClassifierInfo.Origin origin = new ClassifierInfo.Origin("1.2", "lora", 7, 3, null, null, "abc", false);
        return new OnnxCard(new ClassifierInfo(model, List.of("a", "b"), how, origin), input, null);
    }

    @Test
    void changedFilesAreReadOrRefused() throws IOException {
        long end = System.nanoTime() + SECONDS * 1_000_000_000L;
        Path file = folder.resolve("changed.onnx");
        int read = 0;
        int inputs = 0;
        for (long seed = 0; System.nanoTime() < end; seed++) {
            // Kept where a crash of the process would leave it.
            Files.write(file, changed(new Random(seed)));
            inputs++;
            read += Hostile.read("changed ONNX", () -> ask(file)) ? 1 : 0;
        }
        assertTrue(read > 0 && read < inputs, read + " of " + inputs + " were read");
        Hostile.print();
    }

    private static void ask(Path file) {
        try (OnnxClassifier classifier = OnnxClassifier.open(file, 1)) {
            ByteBuffer zeros = ByteBuffer.allocateDirect(classifier.preprocess().length() * Float.BYTES)
                    .order(ByteOrder.nativeOrder());
            classifier.logits(zeros.asFloatBuffer(), 1);
        }
    }

    private static byte[] changed(Random random) {
        ModelProto model = MODELS.get(random.nextInt(MODELS.size()));
        if (random.nextInt(4) == 0) {
            return Mutations.change(model.toByteArray(), random);
        }
        ModelProto.Builder builder = model.toBuilder();
        for (int i = random.nextInt(3); i >= 0; i--) {
            change(builder.getGraphBuilder(), random);
        }
        return builder.build().toByteArray();
    }

    private static void change(GraphProto.Builder graph, Random random) {
        int at = random.nextInt(graph.getNodeCount());
        NodeProto.Builder node = graph.getNodeBuilder(at);
        NodeProto other = graph.getNode(random.nextInt(graph.getNodeCount()));
        switch (random.nextInt(8)) {
            case 0 -> graph.removeNode(at);
            case 1 -> node.setOpType(other.getOpType());
            case 2 -> node.clearAttribute().addAllAttribute(other.getAttributeList());
            case 3 -> {
                if (node.getInputCount() > 0 && other.getOutputCount() > 0) {
                    node.setInput(random.nextInt(node.getInputCount()), other.getOutput(0));
                }
            }
            case 4 -> changeAttribute(node, random);
            case 5 -> graph.addNode(random.nextInt(graph.getNodeCount()), other);
            case 6 -> changeShape(graph.getInitializerBuilder(random.nextInt(graph.getInitializerCount())), random);
            default -> changeNumbers(graph.getInitializerBuilder(random.nextInt(graph.getInitializerCount())), random);
        }
    }

    private static void changeAttribute(NodeProto.Builder node, Random random) {
        if (node.getAttributeCount() == 0) {
            return;
        }
        AttributeProto.Builder attribute = node.getAttributeBuilder(random.nextInt(node.getAttributeCount()));
        switch (attribute.getType()) {
            case INT -> attribute.setI(number(random));
            case INTS -> {
                if (attribute.getIntsCount() > 0 && random.nextBoolean()) {
                    attribute.setInts(random.nextInt(attribute.getIntsCount()), number(random));
                } else {
                    attribute.addInts(number(random));
                }
            }
            case FLOAT -> attribute.setF(Float.intBitsToFloat(random.nextInt()));
            default -> attribute.setS(ByteString.copyFromUtf8("SAME_UPPER"));
        }
    }

    private static void changeShape(TensorProto.Builder tensor, Random random) {
        if (tensor.getDimsCount() > 0 && random.nextBoolean()) {
            tensor.setDims(random.nextInt(tensor.getDimsCount()), number(random));
        } else {
            tensor.addDims(random.nextBoolean() ? 1 : number(random));
        }
    }

    /** Such as the sizes of a slice. */
    private static void changeNumbers(TensorProto.Builder tensor, Random random) {
        byte[] bytes = tensor.getRawData().toByteArray();
        if (bytes.length >= Long.BYTES && tensor.getDataType() == TensorProto.DataType.INT64.getNumber()) {
            ByteBuffer.wrap(bytes)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(random.nextInt(bytes.length / Long.BYTES) * Long.BYTES, number(random));
        } else if (bytes.length > 0) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        tensor.setRawData(ByteString.copyFrom(bytes));
    }

    /** Small, or such that it cannot be had. */
    private static long number(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(5) - 2;
            case 1 -> random.nextInt(64);
            case 2 -> 1L << (40 + random.nextInt(24));
            default -> -(1L << random.nextInt(64));
        };
    }
}
