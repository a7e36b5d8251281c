package io.meristem.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.meristem.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ONNX files made to harm, by bench/peers/hostile_onnx.py; {@link OnnxFuzzTest} begins with the same. */
class HostileOnnxTest {

    @TempDir
    Path dir;

    @Test
    void readsASoundOne() throws IOException {
        try (OnnxClassifier classifier = OnnxClassifier.open(file("sound.onnx"), 1)) {
            assertEquals(2, classifier.classes().size());
        }
    }

    @Test
    void readsNoOtherFile() throws IOException {
        assertTrue(refused("external.onnx").contains("numbers from other files"));
    }

    @Test
    void doesNotLoop() throws IOException {
        assertTrue(refused("loop.onnx").contains("does Loop"));
    }

    @Test
    void doesNotDoubleAValueOverAndOver() throws IOException {
        ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file("sound.onnx"))).toBuilder();
        List<NodeProto> nodes = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            String from = i == 0 ? "images" : "twice" + i;
            nodes.add(NodeProto.newBuilder()
                    .setOpType("Concat")
                    .addInput(from)
                    .addInput(from)
                    .addOutput("twice" + (i + 1))
                    .build());
        }
        List<NodeProto> reversed = new ArrayList<>(nodes);
        Collections.reverse(reversed);
        for (List<NodeProto> order : List.of(nodes, reversed)) {
            ModelProto.Builder hostile = model.clone();
            hostile.getGraphBuilder().addAllNode(order);
            Path file = dir.resolve("twice.onnx");
            Files.write(file, hostile.build().toByteArray());
            String said = assertThrows(InputException.class, () -> OnnxClassifier.open(file, 1))
                    .getMessage();
            assertTrue(said.contains("joins values over and over"), said);
        }
    }

    @Test
    void refusesGarbage() throws IOException {
        assertTrue(refused("garbage").contains("damaged"));
    }

    private String refused(String name) throws IOException {
        Path file = file(name);
        return assertThrows(InputException.class, () -> OnnxClassifier.open(file, 1))
                .getMessage();
    }

    private Path file(String name) throws IOException {
        Path file = dir.resolve("x.onnx");
        try (InputStream in = HostileOnnxTest.class.getResourceAsStream("OnnxFuzzTestInputs/guard/" + name)) {
            Files.write(file, in.readAllBytes());
        }
        return file;
    }
}
