package io.meristem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LimitTest {

    @ParameterizedTest
    @EnumSource
    void aPropertySetsIt(Limit limit) {
        assertEquals(limit.usual(), limit.value());
        assertTrue(limit.words().contains(limit.property()), limit.words());
        try {
            System.setProperty(limit.property(), "7");
            assertEquals(7, limit.value());
            System.setProperty(limit.property(), "-1");
            assertEquals(limit.usual(), limit.value());
            System.setProperty(limit.property(), "many");
            assertEquals(limit.usual(), limit.value());
            System.setProperty(limit.property(), String.valueOf(Long.MAX_VALUE));
            assertEquals(limit.value(), limit.intValue());
        } finally {
            System.clearProperty(limit.property());
        }
    }

    @ParameterizedTest
    @EnumSource
    void itIsDocumented(Limit limit) throws IOException {
        String page = Files.readString(Path.of("..", "docs", "hostile-files.md"));
        assertTrue(page.contains("`" + limit.property() + "`"), limit.property());
    }
}
