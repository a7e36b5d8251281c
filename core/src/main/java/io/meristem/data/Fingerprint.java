package io.meristem.data;

import io.meristem.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Content hashes that do not depend on where files lie or when they were written. */
final class Fingerprint {

    private Fingerprint() {}

    /** SHA-256 in hex over the lines "name, size, content hash" in name order; files are read in parallel. */
    static String of(Map<String, Path> files) {
        List<String> names = files.keySet().stream().sorted().toList();
        List<String> lines =
                names.parallelStream().map(name -> line(name, files.get(name))).toList();
        MessageDigest all = sha256();
        for (String line : lines) {
            all.update(line.getBytes(StandardCharsets.UTF_8));
        }
        return HexFormat.of().formatHex(all.digest());
    }

    private static String line(String name, Path file) {
        MessageDigest digest = sha256();
        long size = 0;
        try (InputStream in = Files.newInputStream(file)) {
            byte[] block = new byte[1 << 16];
            for (int n = in.read(block); n >= 0; n = in.read(block)) {
                digest.update(block, 0, n);
                size += n;
            }
        } catch (IOException e) {
            throw new InputException(
                    "Cannot read " + file + " (" + e.getMessage()
                            + "): check that the file is still there and readable.",
                    e);
        }
        return name + "\t" + size + "\t" + HexFormat.of().formatHex(digest.digest()) + "\n";
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
