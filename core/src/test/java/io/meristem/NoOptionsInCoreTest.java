package io.meristem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.testing.Literals;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Options and commands are the command line's to name: nothing that the library says does, neither in an error nor in a note, a report or a model card. It
 * says {@link Setting} and {@link Action}, and whoever shows the sentence names them.
 */
class NoOptionsInCoreTest {

    private static final Path CLASSES = Literals.classes(InputException.class);

    /** Settings that no Java caller sets by that name, and why. */
    private static final Map<Setting, String> NOT_IN_JAVA = Map.of(
            Setting.FROM_SCRATCH, "is a word of the weights (ModelChoice.SCRATCH)",
            Setting.GROUPS_OUT, "is where a caller writes the groups of a CheckResult",
            Setting.HEATMAP, "is where a caller writes what HeatmapJob gives",
            Setting.IGNORE_MEMORY, "is not to call MemoryCheck.require",
            Setting.NO_GROUPS, "is a split without groups",
            Setting.HTML, "is where Report.write writes");

    @Test
    void noLiteralNamesAnOptionOrACommand() throws IOException {
        assertEquals(Map.of(), Literals.spoken(CLASSES, 3000));
    }

    @Test
    void thePatternSeesWhatItIsFor() {
        for (String bad : List.of(
                "choose another --out.",
                "run 'meristem calibrate' on it",
                "the folder that 'train --out' wrote",
                "then 'data check' it",
                "(--lr)",
                "`meristem evaluate` before")) {
            assertTrue(Literals.SPOKEN.matcher(bad).find(), bad);
        }
        for (String good : List.of("<!--x-->", "a -- b", "meristem 0.4 on", "'train'", "1--2")) {
            assertFalse(Literals.SPOKEN.matcher(good).find(), good);
        }
    }

    /** A Java caller who reads "batch size" finds {@code batchSize}. */
    @Test
    void everySettingIsCalledSoInJava() throws IOException {
        Set<String> names = new HashSet<>();
        for (Path file : Literals.files(CLASSES)) {
            String name = CLASSES.relativize(file).toString().replace('/', '.');
            if (name.startsWith("io.meristem.kernel.")) {
                continue; // its methods take Java's vectors, which may be absent, and no settings
            }
            Class<?> type = load(name.substring(0, name.length() - ".class".length()));
            // Components of records have methods, and the build keeps no names of parameters.
            Arrays.stream(type.getDeclaredMethods()).map(Method::getName).forEach(names::add);
        }
        Set<Setting> missing = Arrays.stream(Setting.values())
                .filter(setting -> !names.contains(setting.key()))
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Setting.class)));
        assertEquals(new HashSet<>(NOT_IN_JAVA.keySet()), missing);
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, NoOptionsInCoreTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    /** docs/api.md lists the codes with what each means, for programs that switch on them. */
    @Test
    void everyCodeIsExplained() throws IOException {
        String page = Files.readString(CLASSES.resolve("../../../docs/api.md"));
        List<String> explained = new ArrayList<>();
        Matcher rows =
                Pattern.compile("(?m)^\\| `([A-Z_]+)` \\| [^|]{10,} \\|$").matcher(page);
        while (rows.find()) {
            explained.add(rows.group(1));
        }
        assertEquals(Arrays.stream(ErrorCode.values()).map(Enum::name).toList(), explained);
    }
}
