package io.meristem.weights;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.Limit;
import io.meristem.testing.Hostile;
import io.meristem.testing.Zips;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights files made to harm, by hand; {@link WeightsFuzzTest} makes others. */
@Timeout(60)
class HostileWeightsTest {

    @TempDir
    Path dir;

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, Long.MAX_VALUE, -1, 0, 1, 100_000_001, 1000})
    void refusesHeadersLongerThanTheFile(long length) throws IOException {
        Path file = dir.resolve("a.safetensors");
        Files.write(
                file,
                ByteBuffer.allocate(64)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(length)
                        .put("{\"a\":1}".getBytes(StandardCharsets.UTF_8))
                        .array());
        refused(file);
    }

    @Test
    void refusesMoreTensorsThanAnyNetworkHas() throws IOException {
        StringBuilder header = new StringBuilder("{");
        for (int i = 0; i <= Limit.WEIGHTS_TENSORS.usual(); i++) {
            header.append(i == 0 ? "" : ",")
                    .append("\"")
                    .append(i)
                    .append("\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}");
        }
        assertTrue(refused(safetensors(header.append('}').toString())).contains("more tensors than 100000"));
    }

    @Test
    void refusesMetadataWithoutEnd() throws IOException {
        StringBuilder header = new StringBuilder("{\"__metadata__\":{");
        for (int i = 0; i <= Limit.WEIGHTS_METADATA.usual(); i++) {
            header.append(i == 0 ? "" : ",").append("\"").append(i).append("\":\"\"");
        }
        assertTrue(refused(safetensors(header.append("}}").toString())).contains("metadata has more entries"));
    }

    /** A tuple of many numbers, remembered, as the size of many tensors: 300 kB that would be copied to hundreds of gigabytes. */
    @Test
    void refusesAMemoBomb() throws IOException {
        ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        pickle.write(latin("\u0080\u0002("));
        pickle.write(latin("K\u0001".repeat(100_000)));
        pickle.write(
                latin(
                        "tq\u0000(X\u0007\u0000\u0000\u0000storagectorch\nFloatStorage\nX\u0001\u0000\u0000\u00000NK\u0006tQq\u0001"));
        pickle.write(latin("ctorch._utils\n_rebuild_tensor_v2\nq\u0002"));
        for (int i = 0; i < 20_000; i++) {
            pickle.write(latin("h\u0002(h\u0001K\u0000h\u0000h\u0000tR"));
        }
        pickle.write('.');
        refused(checkpoint(pickle.toByteArray()));
    }

    @Test
    void refusesNamesOfAnyLength() throws IOException {
        String name = "a".repeat(1001);
        refused(checkpoint(latin("\u0080\u0002}X\u00e9\u0003\u0000\u0000" + name + "}s.")));
    }

    /** All but the first are in no pickle that PyTorch writes. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "cos\nsystem\n(X\u0004\u0000\u0000\u0000exittR.",
                "(X\u0004\u0000\u0000\u0000exitios\nsystem\n.",
                "(cos\nsystem\nX\u0004\u0000\u0000\u0000exito.",
                "X\u0002\u0000\u0000\u0000osX\u0006\u0000\u0000\u0000system\u0093X\u0004\u0000\u0000\u0000exit\u0085R.",
                "cbuiltins\neval\n(X\u0001\u0000\u0000\u00001tR.",
                "c__builtin__\ngetattr\n(tR.",
                "\u0082\u0001.",
                "\u0083\u0001\u0001.",
                "\u0084\u0001\u0001\u0001\u0001.",
                "cjava.lang\nRuntime\n(tR.",
                "c\u001b[2Jos\nsystem\n.",
                "}cos\nsystem\nb.",
                "ctorch\nFloatStorage\n)\u0081."
            })
    void runsNothing(String pickle) throws IOException {
        String sentence = refused(checkpoint(latin("\u0080\u0004" + pickle)));
        assertFalse(sentence.contains("\u001b"), sentence);
    }

    @Test
    void looksAtSizesBeforeInflating() throws IOException {
        Path file = dir.resolve("bomb.pth");
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry("x/data.pkl"));
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 200; i++) {
                zip.write(zeros);
            }
        }
        assertTrue(refused(file).contains("compressed"));
    }

    @Test
    void writesNothingWhereNamesPoint() throws IOException {
        Path file = dir.resolve("out.pth");
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            Zips.store(zip, "../evil/data.pkl", latin("\u0080\u0002}."));
            Zips.store(zip, "../../evil", new byte[4]);
        }
        refused(file);
        assertFalse(Files.exists(dir.resolveSibling("evil")));
    }

    @Test
    void refusesAnEncryptedEntry() throws IOException {
        Path file = checkpoint(latin("\u0080\u0002}."));
        byte[] bytes = Files.readAllBytes(file);
        for (int i = 0; i + 10 < bytes.length; i++) {
            if (bytes[i] == 'P' && bytes[i + 1] == 'K' && bytes[i + 2] == 1 && bytes[i + 3] == 2) {
                bytes[i + 8] |= 1;
            }
        }
        Files.write(file, bytes);
        refused(file);
    }

    /** The list of entries is read at once, so what it claims is looked at before. */
    @Test
    void refusesAListOfEntriesOfAnyLength() throws IOException {
        Path file = checkpoint(latin("\u0080\u0002}."));
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(bytes.length - 22 + 12, 0x7fff_fff0);
        Files.write(file, bytes);
        assertTrue(refused(file).contains("list of its entries"));
    }

    @Test
    void doesNotWaitAtAPipe() throws Exception {
        Path pipe = dir.resolve("x.safetensors");
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/mkfifo")), "this system has no mkfifo");
        new ProcessBuilder("/usr/bin/mkfifo", pipe.toString()).start().waitFor();
        assertTrue(refused(pipe).contains("no ordinary file"));
    }

    private static String refused(Path file) {
        String[] sentence = new String[1];
        Hostile.read("weights by hand", () -> {
            InputException e = assertThrows(InputException.class, () -> TensorFile.open(file));
            sentence[0] = e.getMessage();
            throw e;
        });
        return sentence[0];
    }

    private Path safetensors(String json) throws IOException {
        byte[] header = json.getBytes(StandardCharsets.UTF_8);
        Path file = dir.resolve("many.safetensors");
        Files.write(
                file,
                ByteBuffer.allocate(8 + header.length)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(header.length)
                        .put(header)
                        .array());
        return file;
    }

    private Path checkpoint(byte[] pickle) throws IOException {
        Path file = dir.resolve("made.pth");
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            Zips.store(zip, "x/data.pkl", pickle);
            Zips.store(zip, "x/data/0", new byte[24]);
        }
        return file;
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
