package io.meristem.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Patterns of layer names that take for ever, where backtracking is how they are followed. */
@Timeout(20)
class HostilePatternTest {

    @Test
    void followsHarmlessOnes() {
        assertEquals(Optional.of(4.0), find("features\\.\\d+\\.(conv|norm)"));
        assertEquals(Optional.of(4.0), find("conv"));
        assertEquals(Optional.empty(), find("con"));
    }

    @Test
    void takesNoTimeForOthers() {
        assertEquals(Optional.empty(), find("(||||||||||)".repeat(40)));
        assertEquals(Optional.empty(), find("(.*)*".repeat(20) + "x"));
        assertThrows(InputException.class, () -> find("((){1000}){1000}"));
        assertThrows(InputException.class, () -> find("(){2000000000}"));
        assertThrows(InputException.class, () -> find("a".repeat(501)));
        assertThrows(InputException.class, () -> find("("));
        assertThrows(InputException.class, () -> find("(?=a)"));
    }

    @Test
    void looksAroundInSoManySteps() {
        Path file = Path.of("adapter_config.json");
        assertTrue(PeftPattern.isOf("(?!head).*\\.conv", "features.3.conv", file));
        assertFalse(PeftPattern.isOf("(?!features).*", "features.3.conv", file));
        for (String pattern : List.of(
                "(?!x)" + "(.*)".repeat(12) + "y",
                "(?!x)(){2000000000}",
                "(?=" + "(".repeat(300),
                "(?=" + "(a|".repeat(160) + "b")) {
            assertThrows(InputException.class, () -> PeftPattern.isOf(pattern, "features.3.conv", file), pattern);
        }
    }

    private static Optional<Double> find(String pattern) {
        return PeftPattern.find(Map.of(pattern, 4.0), "features.3.conv", Path.of("adapter_config.json"));
    }
}
