package io.meristem.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The string literals of compiled classes, and those of them that name options or commands. */
public final class Literals {

    /** Options of Java itself, which every program needs, whatever starts it. */
    private static final Pattern OF_JAVA = Pattern.compile("--add-(modules|exports) ");

    private static final String COMMANDS =
            "train|evaluate|predict|compare|calibrate|export|import|report|ranks|study|plan|bench|size|models|weights|data|synth|demo";

    /** An option, or a command as it would be typed. */
    public static final Pattern SPOKEN = Pattern.compile("(?<![\\w<!-])--[a-z]|meristem (" + COMMANDS + ")\\b|['`]("
            + COMMANDS + ")( [a-z-][^'`]*)? --|['`](data check|weights pull|weights list)['` ]");

    private Literals() {}

    /** The folder of compiled classes that {@code one} is in. */
    public static Path classes(Class<?> one) {
        try {
            return Path.of(
                    one.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    public static List<Path> files(Path classes) throws IOException {
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
