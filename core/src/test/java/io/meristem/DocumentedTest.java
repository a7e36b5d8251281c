package io.meristem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every public type says what it is. */
class DocumentedTest {

    private static final Pattern TYPE = Pattern.compile(
            "(\\*/|;|\\}|\\{|)\\s*(?:@\\w+(?:\\((?:[^()]|\\([^()]*\\))*\\))?\\s+)*public (?:(?:static|final|abstract|sealed|non-sealed) )*(?:class|interface|record|enum|@interface) (\\w+)");

    @Test
    void everyPublicTypeHasADescription() throws IOException {
        List<String> bare = new ArrayList<>();
        int types = 0;
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
            for (Path source :
                    sources.filter(file -> file.toString().endsWith(".java")).toList()) {
                Matcher type = TYPE.matcher(Files.readString(source).replaceAll("//[^\n]*", ""));
                while (type.find()) {
                    types++;
                    if (!type.group(1).equals("*/")) {
                        bare.add(source.getFileName() + ": " + type.group(2));
                    }
                }
            }
        }
        assertTrue(types > 200, "only " + types + " types were found");
        assertEquals(List.of(), bare);
    }
}
