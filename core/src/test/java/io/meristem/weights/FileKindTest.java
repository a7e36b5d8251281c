package io.meristem.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.testing.Zips;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is not a state dict is called by its name. */
class FileKindTest {

    @TempDir
    Path dir;

    private void refuses(Path file, String... words) {
        InputException e = assertThrows(InputException.class, () -> TensorFile.open(file));
        for (String word : words) {
            assertTrue(e.getMessage().contains(word), "'" + word + "' is not in: " + e.getMessage());
        }
        assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "model.h5, 894844460d0a1a0a0000, HDF5",
        "net.onnx, 080812077079746f726368, ONNX",
        "net.bin, 08073a10, ONNX",
        "net.mlmodel, 08041210, Core ML",
        "net.tflite, 1c00000054464c33, TensorFlow Lite",
        "llama.gguf, 4747554603000000, GGUF",
        "a.npy, 934e554d50590100, NumPy",
        "w.pth.gz, 1f8b0800, compressed",
        "model.pkl, 80049563000000, scikit-learn",
        "old.pth, 80028a0a6cfc9c46f9206aa850192e, before 1.6",
        "login.pth, 3c21444f43545950452068746d6c3e, web page",
        "w.safetensors, 76657273696f6e2068747470733a2f2f6769742d6c66732e6769746875622e636f6d, Git LFS"
    })
    void foreignFilesAreCalledByTheirName(String name, String hex, String what) throws IOException {
        byte[] start = HexFormat.of().parseHex(hex);
        Path file = dir.resolve(name);
        Files.write(file, java.util.Arrays.copyOf(start, start.length + 300));
        refuses(file, what, "not a state dict: ");
    }

    @ParameterizedTest
    @CsvSource({
        "'net/data.pkl net/constants.pkl net/code/__torch__.py net/data/0', TorchScript, state_dict()",
        "'program/models/model.json program/archive_format program/data/weights/model.pt', .pt2, state_dict()",
        "'serialized_exported_program.json serialized_state_dict.pt', .pt2, state_dict()",
        "'metadata.json config.json model.weights.h5', Keras, timm or torchvision",
        "'MAR-INF/MANIFEST.json net.pt', TorchServe, unpack",
        "'arr_0.npy arr_1.npy', NumPy, safetensors",
        "'saved/saved_model.pb saved/variables/x', TensorFlow, PyTorch"
    })
    void foreignArchivesAreCalledByTheirName(String entries, String what, String mend) throws IOException {
        Path file = dir.resolve("archive.pt");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (String name : entries.split(" ")) {
                // Compressed, as PyTorch has the code in its archives.
                zip.putNextEntry(new ZipEntry(name));
                zip.write(name.getBytes(StandardCharsets.UTF_8));
            }
        }
        refuses(file, what, mend);
    }

    /** An exported program holds archives of its own, whose ends count from their own beginnings. */
    @Test
    void anArchiveWithinAnArchiveIsNotItsList() throws IOException {
        Path file = dir.resolve("program.pt2");
        byte[] end = HexFormat.of()
                .parseHex("504b0607" + "00000000" + "0000000000000000" + "01000000" + "504b0506"
                        + "0000000000000000ffffffffffffffff0000");
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            Zips.store(zip, "program/models/model.json", new byte[2]);
            Zips.store(zip, "program/data/weights/model.pt", end);
        }
        refuses(file, "exported program");
    }

    @Test
    void aFolderOfTensorFlowIsNamed() throws IOException {
        Files.writeString(dir.resolve("saved_model.pb"), "");
        refuses(dir, "SavedModel of TensorFlow");
    }

    @Test
    void safetensorsAndCheckpointsAreLeftAlone() {
        // The length of a header of eight bytes and a brace look like the start of an ONNX file.
        byte[] start = HexFormat.of().parseHex("0800000000000000" + "7b7d202020202020");
        assertNull(FileKind.of(Path.of("w.onnx"), start));
        assertNull(FileKind.ofEntries(List.of("archive/data.pkl", "archive/byteorder", "archive/data/0")));
        assertEquals(true, FileKind.isZip(new byte[] {'P', 'K', 3, 4}));
    }
}
