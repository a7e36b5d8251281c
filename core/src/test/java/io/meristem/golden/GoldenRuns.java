package io.meristem.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.artifact.Checkpoints;
import io.meristem.artifact.RunFolder;
import io.meristem.job.Starter;
import io.meristem.zoo.Models;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * What older versions wrote, kept in the test resources ({@code golden/README.md}). A safetensors file {@code X} is kept as {@code X.thin}: gzip of its header, and of
 * a byte for each tensor in the order of the file, 0 for one whose bytes the starter network has too, and 1 before the bytes of any other.
 */
final class GoldenRuns {

    /** Where they were made. */
    static final String PLACE = "/tmp/golden";

    static final String FINISHED = "run";
    static final String STOPPED = "stopped";
    static final String THIN = ".thin";

    /** What a run has from its beginning, kept with the finished run only. */
    static final List<String> BEGINNING =
            List.of(RunFolder.CONFIG, RunFolder.CLASSES, RunFolder.PROVENANCE, RunFolder.PLAN);

    private static final String PREFIX = "network.";
    private static final int LENGTH = Long.BYTES;

    private GoldenRuns() {}

    static Path root() {
        try {
            return Path.of(GoldenRuns.class.getResource("/golden").toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Those that hold {@code name}, such as {@code 2026-11-28/lora}. */
    static Stream<String> with(String name) throws IOException {
        try (Stream<Path> all = Files.walk(root(), 2)) {
            return all
                    .filter(path -> Files.exists(path.resolve(name)) || Files.exists(path.resolve(name + THIN)))
                    .map(path -> root().relativize(path).toString().replace('\\', '/'))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    static Path photos() {
        return root().resolve("photos");
    }

    static Path weights() {
        return Starter.file(Models.find(Starter.MODEL));
    }

    /** Puts a finished run into {@code to}. */
    static Path finished(String run, Path to) throws IOException {
        unpack(root().resolve(run).resolve(FINISHED), to);
        return to;
    }

    /** Puts a run that was killed into {@code to}. */
    static Path stopped(String run, Path to) throws IOException {
        Path from = root().resolve(run);
        unpack(from.resolve(STOPPED), to);
        for (String name : BEGINNING) {
            if (Files.exists(from.resolve(FINISHED).resolve(name))) {
                unpack(from.resolve(FINISHED).resolve(name), to.resolve(name));
            }
        }
        return to;
    }

    /** Puts a file or a folder into {@code to}, complete again and with the places of this machine. */
    static void unpack(Path from, Path to) throws IOException {
        for (Path file : files(from)) {
            Path target = to.resolve(from.relativize(file).toString());
            Files.createDirectories(target.getParent());
            String name = target.getFileName().toString();
            if (name.endsWith(THIN)) {
                Files.write(target.resolveSibling(name.substring(0, name.length() - THIN.length())), thick(file));
            } else if (name.equals(RunFolder.CONFIG)) {
                Files.writeString(target, moved(Files.readString(file)));
            } else {
                Files.copy(file, target);
            }
        }
    }

    private static String moved(String config) throws IOException {
        ObjectMapper json = new ObjectMapper();
        return config.replaceFirst(
                        "\"" + PLACE + "/photos\"",
                        java.util.regex.Matcher.quoteReplacement(json.writeValueAsString(photos().toString())))
                .replaceFirst(
                        "\"" + PLACE + "/[^\"]*starter.safetensors\"",
                        java.util.regex.Matcher.quoteReplacement(
                                json.writeValueAsString(weights().toString())));
    }

    private static List<Path> files(Path root) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    /**
     * Keeps in {@code to} what is needed of a run that was made in {@code from}, with its copy from when it was killed.
     *
     * @param evaluated whether its best state is needed
     */
    static void pack(Path from, boolean evaluated, Path to) throws IOException {
        for (Path file : files(from)) {
            String path = from.relativize(file).toString().replace('\\', '/');
            String name = file.getFileName().toString();
            boolean twice = path.startsWith(STOPPED) && !path.contains(Checkpoints.FOLDER);
            boolean large = path.startsWith(FINISHED) && name.endsWith(".safetensors") && !evaluated;
            if (twice
                    || large
                    || name.startsWith("last")
                    || name.equals(RunFolder.CALIBRATION)
                    || name.equals("README.md")) {
                continue;
            }
            Path target = to.resolve(path);
            Files.createDirectories(target.getParent());
            if (!name.endsWith(".safetensors")) {
                Files.copy(file, target);
                continue;
            }
            Files.write(target.resolveSibling(name + THIN), thin(Files.readAllBytes(file)));
        }
    }

    private static byte[] thin(byte[] whole) throws IOException {
        Map<String, byte[]> known = tensors(Files.readAllBytes(weights()));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(whole, 0, LENGTH + headerLength(whole));
            for (Map.Entry<String, byte[]> tensor : tensors(whole).entrySet()) {
                boolean same = Arrays.equals(known.get(plain(tensor.getKey())), tensor.getValue());
                out.write(same ? 0 : 1);
                if (!same) {
                    out.write(tensor.getValue());
                }
            }
        }
        return bytes.toByteArray();
    }

    private static byte[] thick(Path file) throws IOException {
        Map<String, byte[]> known = tensors(Files.readAllBytes(weights()));
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        try (InputStream raw = Files.newInputStream(file);
                DataInputStream in = new DataInputStream(new GZIPInputStream(raw))) {
            byte[] length = in.readNBytes(LENGTH);
            byte[] header = in.readNBytes(headerLength(length));
            whole.write(length);
            whole.write(header);
            for (Map.Entry<String, Integer> tensor : sizes(header).entrySet()) {
                whole.write(in.readByte() == 0 ? known.get(plain(tensor.getKey())) : in.readNBytes(tensor.getValue()));
            }
        }
        return whole.toByteArray();
    }

    private static String plain(String name) {
        return name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
    }

    private static int headerLength(byte[] bytes) {
        return Math.toIntExact(
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong());
    }

    private static Map<String, byte[]> tensors(byte[] whole) throws IOException {
        int at = LENGTH + headerLength(whole);
        Map<String, byte[]> tensors = new LinkedHashMap<>();
        for (Map.Entry<String, Integer> tensor :
                sizes(Arrays.copyOfRange(whole, LENGTH, at)).entrySet()) {
            tensors.put(tensor.getKey(), Arrays.copyOfRange(whole, at, at + tensor.getValue()));
            at += tensor.getValue();
        }
        return tensors;
    }

    /** Bytes by name, in the order of the file. */
    private static Map<String, Integer> sizes(byte[] header) throws IOException {
        Map<String, JsonNode> entries = new LinkedHashMap<>();
        new ObjectMapper()
                .readTree(new String(header, StandardCharsets.UTF_8))
                .properties()
                .forEach(entry -> {
                    if (!entry.getKey().equals("__metadata__")) {
                        entries.put(entry.getKey(), entry.getValue().get("data_offsets"));
                    }
                });
        Map<String, Integer> sizes = new LinkedHashMap<>();
        entries.entrySet().stream()
                .sorted(Comparator.comparingLong(
                        entry -> entry.getValue().get(0).asLong()))
                .forEach(entry -> sizes.put(
                        entry.getKey(),
                        entry.getValue().get(1).asInt()
                                - entry.getValue().get(0).asInt()));
        return sizes;
    }
}
