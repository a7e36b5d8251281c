package io.meristem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every public type says what it is, and every link in the documents leads somewhere. */
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

    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s#]*)(?:#([^)\\s]+))?\\)");

    /** As sites that show Markdown name a heading. */
    private static List<String> anchors(Path page) throws IOException {
        return Files.readAllLines(page).stream()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("^#+ *", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                        .replace(' ', '-'))
                .toList();
    }

    @Test
    void everyLinkInTheDocumentsLeadsSomewhere() throws IOException {
        List<Path> pages = new ArrayList<>();
        for (Path folder : List.of(Path.of(".."), Path.of("../docs"), Path.of("../bench"))) {
            try (Stream<Path> files = Files.list(folder)) {
                files.filter(file -> file.toString().endsWith(".md")).forEach(pages::add);
            }
        }
        List<String> broken = new ArrayList<>();
        int links = 0;
        for (Path page : pages) {
            Matcher link = LINK.matcher(Files.readString(page));
            while (link.find()) {
                if (link.group(1).contains(":")) {
                    continue; // elsewhere
                }
                links++;
                Path to = link.group(1).isEmpty() ? page : page.resolveSibling(link.group(1));
                boolean there = Files.exists(to)
                        && (link.group(2) == null
                                || !to.toString().endsWith(".md")
                                || anchors(to).contains(link.group(2)));
                if (!there) {
                    broken.add(page + ": " + link.group());
                }
            }
        }
        assertTrue(links > 100, "only " + links + " links were found");
        assertEquals(List.of(), broken);
    }
}
