package io.meristem.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.onnxruntime.OrtEnvironment;
import io.meristem.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RuntimeTelemetryTest {

    /** Whoever moves to a newer runtime must see to it that nothing is sent, and that a long command line does no harm. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "linux-x64/libonnxruntime.so",
                "linux-aarch64/libonnxruntime.so",
                "osx-aarch64/libonnxruntime.dylib"
            })
    void theRuntimeThatWeShipHasNone(String library) throws IOException {
        try (InputStream in = OrtEnvironment.class.getResourceAsStream("native/" + library)) {
            assertNotNull(in, library);
            String text = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
            assertFalse(text.contains("ORT_DISABLE_TELEMETRY"), library + " has telemetry that only a variable stops");
        }
    }

    @ParameterizedTest
    @CsvSource({"1.29.0,,3000", "1.29.0,1,200000", "1.28.0,,200000", "1.28.2,0,200000", ",,200000"})
    void passes(String version, String disabled, int commandLine) {
        RuntimeTelemetry.require(version, disabled, commandLine);
    }

    @ParameterizedTest
    @CsvSource({"1.29.0,", "1.29.0,0", "1.30.1,", "2.0,"})
    void isRefusedBeforeItEndsTheProcess(String version, String disabled) {
        assertThrows(InputException.class, () -> RuntimeTelemetry.require(version, disabled, 3001));
    }

    @Test
    void saysWhatToDo() {
        InputException e = assertThrows(InputException.class, () -> RuntimeTelemetry.require("1.29.0", null, 20000));
        assertEquals(
                "ONNX Runtime 1.29.0 would end this process: its telemetry cannot take a command line of 20000 bytes (3000 at most). "
                        + "Set ORT_DISABLE_TELEMETRY=1 in the environment, or use ONNX Runtime 1.28.0.",
                e.getMessage());
    }
}
