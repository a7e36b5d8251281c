package io.meristem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Executable;
import java.lang.reflect.Parameter;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Options and commands are the command line's to name: nothing that the library says does, neither in an error nor in a note, a report or a model card. It
 * says {@link Setting} and {@link Action}, and whoever shows the sentence names them.
 */
public class NoOptionsInCoreTest {

    /** Options of Java itself, which every program needs, whatever starts it. */
    private static final Pattern OF_JAVA = Pattern.compile("--add-(modules|exports) ");

    private static final String COMMANDS =
            "train|evaluate|predict|compare|calibrate|export|import|report|ranks|study|plan|bench|size|models|weights|data|synth|demo";

    private static final Pattern SPOKEN = Pattern.compile("(?<![\\w<!-])--[a-z]|meristem (" + COMMANDS + ")\\b|['`]("
            + COMMANDS + ")( [a-z-][^'`]*)? --|['`](data check|weights pull|weights list)['` ]");

    /** Settings that no Java caller sets by that name, and why. */
    private static final Map<Setting, String> NOT_IN_JAVA = Map.of(
            Setting.FROM_SCRATCH, "is a word of the weights (ModelChoice.SCRATCH)",
            Setting.GROUPS_OUT, "is where a caller writes the groups of a CheckResult",
            Setting.NO_GROUPS, "is a split without groups",
            Setting.HTML, "is where Report.write writes");

    private static Path classes() {
        return classes(InputException.class);
    }

    /** The folder of compiled classes that {@code one} is in. */
    public static Path classes(Class<?> one) {
        try {
            return Path.of(
                    one.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Path> files(Path classes) throws IOException {
        try (Stream<Path> files = Files.walk(classes.resolve("io/meristem"))) {
            return files.filter(file -> file.toString().endsWith(".class")).toList();
        }
    }

    /** What names options or commands, by class; fails where fewer than {@code least} literals are there to be read. */
    public static Map<String, List<String>> spoken(Path classes, int least) throws IOException {
        Map<String, List<String>> found = new TreeMap<>();
        int literals = 0;
        for (Path file : files(classes)) {
            List<String> all = literals(file);
            literals += all.size();
            List<String> spoken = all.stream()
                    .filter(text ->
                            SPOKEN.matcher(OF_JAVA.matcher(text).replaceAll("")).find())
                    .toList();
            if (!spoken.isEmpty()) {
                found.put(classes.relativize(file).toString(), spoken);
            }
        }
        assertTrue(literals >= least, "only " + literals + " literals were read");
        return found;
    }

    @Test
    void noLiteralNamesAnOptionOrACommand() throws IOException {
        assertEquals(Map.of(), spoken(classes(), 3000));
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
            assertTrue(SPOKEN.matcher(bad).find(), bad);
        }
        for (String good : List.of("<!--x-->", "a -- b", "meristem 0.4 on", "'train'", "var(--ink)".substring(5))) {
            assertEquals(good.startsWith("--"), SPOKEN.matcher(good).find(), good);
        }
    }

    /** A Java caller who reads "batch size" finds {@code batchSize}. */
    @Test
    void everySettingIsCalledSoInJava() throws IOException {
        Set<String> names = new HashSet<>();
        for (Path file : files(classes())) {
            String name = classes().relativize(file).toString().replace('/', '.');
            Class<?> type = load(name.substring(0, name.length() - ".class".length()));
            Stream.<Executable>concat(
                            Arrays.stream(type.getDeclaredConstructors()), Arrays.stream(type.getDeclaredMethods()))
                    .forEach(call -> {
                        names.add(call.getName());
                        Arrays.stream(call.getParameters())
                                .map(Parameter::getName)
                                .forEach(names::add);
                    });
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
        String page = Files.readString(classes().resolve("../../../docs/api.md"));
        List<String> explained = new ArrayList<>();
        Matcher rows =
                Pattern.compile("(?m)^\\| `([A-Z_]+)` \\| [^|]{10,} \\|$").matcher(page);
        while (rows.find()) {
            explained.add(rows.group(1));
        }
        assertEquals(Arrays.stream(ErrorCode.values()).map(Enum::name).toList(), explained);
    }

    /** The string literals of a class, also those that a concatenation is made of. */
    private static List<String> literals(Path file) {
        try (InputStream bytes = Files.newInputStream(file);
                DataInputStream in = new DataInputStream(bytes)) {
            in.readInt();
            in.readInt();
            int count = in.readUnsignedShort();
            String[] texts = new String[count];
            List<Integer> strings = new ArrayList<>();
            for (int i = 1; i < count; i++) {
                int tag = in.readUnsignedByte();
                switch (tag) {
                    case 1 -> texts[i] = in.readUTF();
                    case 8 -> strings.add(in.readUnsignedShort());
                    case 3, 4, 9, 10, 11, 12, 17, 18 -> in.readInt();
                    case 5, 6 -> {
                        in.readLong();
                        i++;
                    }
                    case 7, 16, 19, 20 -> in.readUnsignedShort();
                    case 15 -> {
                        in.readUnsignedByte();
                        in.readUnsignedShort();
                    }
                    default -> throw new IllegalStateException(file + " has a constant of kind " + tag);
                }
            }
            return strings.stream().map(i -> texts[i]).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
