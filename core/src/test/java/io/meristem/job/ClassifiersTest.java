package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.meristem.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassifiersTest {

    @TempDir
    Path folder;

    /** The module that reads them is not among those of these tests. */
    @Test
    void anOnnxFileWithoutItsModuleNamesTheArtifact() throws IOException {
        Path file = Files.writeString(folder.resolve("leaf.ONNX"), "x");
        InputException e = assertThrows(InputException.class, () -> Classifiers.open(file, null));
        assertEquals(
                file + " is an ONNX file, and this program cannot read those: add the artifact"
                        + " io.meristem:meristem-onnx to it.",
                e.getMessage());
    }
}
