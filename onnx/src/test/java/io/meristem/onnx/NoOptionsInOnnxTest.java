package io.meristem.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.meristem.testing.Literals;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** As in core: options and commands are the command line's to name. */
class NoOptionsInOnnxTest {

    @Test
    void noLiteralNamesAnOptionOrACommand() throws IOException {
        assertEquals(Map.of(), Literals.spoken(Literals.classes(OnnxFormat.class), 100));
    }
}
