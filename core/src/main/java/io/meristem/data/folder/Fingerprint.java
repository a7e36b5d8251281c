package io.meristem.data.folder;

import io.meristem.InputFiles;
import io.meristem.Names;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Content hashes that do not depend on where files lie or when they were written. */
public final class Fingerprint {

    private Fingerprint() {}

    /**
     * What is in one file.
     *
     * @param size in bytes
     * @param sha256 in hex; null when it cannot be read
     * @param problem why it cannot be read, in a few words; null when it can
     */
    public record Content(long size, String sha256, String problem) {}

    /** The contents of files by name, also of those that cannot be read; they are read in parallel. */
    static SortedMap<String, Content> contents(Map<String, Path> files) {
        List<String> names = List.copyOf(files.keySet());
        List<Content> read =
                names.parallelStream().map(name -> content(files.get(name))).toList();
        SortedMap<String, Content> contents = new TreeMap<>();
        for (int i = 0; i < names.size(); i++) {
            contents.put(names.get(i), read.get(i));
        }
        return contents;
    }

    /** SHA-256 in hex over the lines "name, size, content hash" in name order, names in NFC, of the files that can be read. */
    public static String of(SortedMap<String, Content> contents) {
        MessageDigest all = sha256();
        contents.entrySet().stream()
                .filter(e -> e.getValue().sha256() != null)
                .sorted(Comparator.comparing((Map.Entry<String, Content> e) -> Names.nfc(e.getKey()))
                        .thenComparing(e -> e.getValue().sha256()))
                .forEach(e -> {
                    String line = Names.nfc(e.getKey()) + "\t" + e.getValue().size() + "\t"
                            + e.getValue().sha256() + "\n";
                    all.update(line.getBytes(StandardCharsets.UTF_8));
                });
        return hex(all.digest());
    }

    private static Content content(Path file) {
        MessageDigest digest = sha256();
        long size = 0;
        try {
            InputFiles.requireOrdinary(file);
            try (InputStream in = Files.newInputStream(file)) {
                byte[] block = new byte[1 << 16];
                for (int n = in.read(block); n >= 0; n = in.read(block)) {
                    digest.update(block, 0, n);
                    size += n;
                }
            }
        } catch (IOException e) {
            return new Content(0, null, InputFiles.reason(e));
        }
        return new Content(size, hex(digest.digest()), null);
    }

    public static String of(byte[] file) {
        return hex(sha256().digest(file));
    }

    private static String hex(byte[] digest) {
        return HexFormat.of().formatHex(digest);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
