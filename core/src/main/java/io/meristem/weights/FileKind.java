package io.meristem.weights;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Locale;

/** Files that people take for weights, and that are something else, told by their content. */
enum FileKind {
    TORCHSCRIPT("a TorchScript archive, which is a program", Mend.STATE_DICT),
    EXPORTED_PROGRAM("an exported program of PyTorch (.pt2)", Mend.STATE_DICT),
    OLD_TORCH(
            "a checkpoint of the kind that PyTorch wrote before 1.6",
            "load it once with PyTorch and save it again with torch.save (1.6 or newer) or as safetensors"),
    PICKLE(
            "a Python pickle of something else than PyTorch, such as a model of scikit-learn",
            "use weights of the network, saved with torch.save or as safetensors"),
    MODEL_ARCHIVE("an archive of TorchServe", "unpack it and give the state dict in it"),
    KERAS("a Keras file (.keras)", Mend.OTHER_LIBRARY),
    HDF5("an HDF5 file, as Keras writes for its .h5 weights", Mend.OTHER_LIBRARY),
    TFLITE("a TensorFlow Lite file", Mend.OTHER_LIBRARY),
    TENSORFLOW("a SavedModel of TensorFlow", Mend.OTHER_LIBRARY),
    ONNX(
            "an ONNX file, which holds a graph",
            "use the state dict that it was exported from: save model.state_dict() with torch.save or as safetensors"),
    CORE_ML("a Core ML model", Mend.OTHER_LIBRARY),
    GGUF("a GGUF file, as llama.cpp uses them", Mend.OTHER_LIBRARY),
    NPZ("an archive of NumPy (.npz)", "write its arrays with safetensors.numpy.save_file, under the network's names"),
    NPY("an array of NumPy (.npy)", "write the network's arrays with safetensors.numpy.save_file, under its names"),
    COMPRESSED("a compressed file", "unpack it first"),
    TAR("a tar archive", "unpack it first, and give the weights file in it"),
    WEB_PAGE("a web page", "the download gave a page in place of the file, so download the file itself"),
    LFS("a pointer of Git LFS, which only stands for a file", "fetch the file with 'git lfs pull'"),
    DOCUMENT("a document or a program, not weights", "name another file");

    /** What one can do about several kinds. */
    private static final class Mend {
        static final String STATE_DICT = "save model.state_dict() with torch.save or as safetensors";
        static final String OTHER_LIBRARY =
                "use PyTorch's weights of this network, from timm or torchvision, saved with torch.save or as safetensors";
    }

    /** How many bytes of a file are looked at. */
    static final int START = 512;

    private static final int BRACE_AT = 8;
    private static final int TAR_AT = 257;
    private static final HexFormat HEX = HexFormat.of();

    private final String what;
    private final String mend;

    FileKind(String what, String mend) {
        this.what = what;
        this.mend = mend;
    }

    InputException refusal(Path path) {
        return new InputException(ErrorCode.WRONG_KIND, "%s is %s, not a state dict: %s.", path, what, mend);
    }

    static boolean isZip(byte[] start) {
        return begins(start, "504b0304");
    }

    /**
     * @param start the file's first bytes, up to {@link #START}
     * @return null for what may be safetensors, or is unknown
     */
    static FileKind of(Path path, byte[] start) {
        if (start.length > BRACE_AT && start[BRACE_AT] == '{') {
            return null;
        }
        if (start.length >= 2 && (start[0] & 0xff) == 0x80 && start[1] >= 1 && start[1] <= 5) {
            // PyTorch's old files begin with a number of ten bytes, 0x1950a86a20f9469cfc6c.
            return begins(start, "80028a0a6cfc9c46f9206aa85019") ? OLD_TORCH : PICKLE;
        }
        if (begins(start, "894844460d0a1a0a")) {
            return HDF5;
        }
        if (text(start, 0, "GGUF") || text(start, 0, "ggjt") || text(start, 0, "lmgg")) {
            return GGUF;
        }
        if (text(start, 4, "TFL3")) {
            return TFLITE;
        }
        if (begins(start, "934e554d5059")) {
            return NPY;
        }
        if (begins(start, "1f8b")
                || begins(start, "28b52ffd")
                || begins(start, "fd377a585a00")
                || begins(start, "377abcaf271c")
                || text(start, 0, "BZh")
                || text(start, 0, "Rar!")) {
            return COMPRESSED;
        }
        if (text(start, TAR_AT, "ustar")) {
            return TAR;
        }
        if (text(start, 0, "version https://git-lfs")) {
            return LFS;
        }
        if (begins(start, "7f454c46") || text(start, 0, "%PDF") || text(start, 0, "MZ")) {
            return DOCUMENT;
        }
        String words =
                new String(start, StandardCharsets.ISO_8859_1).stripLeading().toLowerCase(Locale.ROOT);
        if (words.startsWith("<!doctype html") || words.startsWith("<html") || words.startsWith("<?xml")) {
            return WEB_PAGE;
        }
        return ofProtocolBuffer(path, start);
    }

    /** ONNX files have no signature: they begin with the version of their format, field 1, and continue with one of the next fields. */
    private static FileKind ofProtocolBuffer(Path path, byte[] start) {
        String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        if (start.length < 3) {
            return null;
        }
        boolean versioned = start[0] == 0x08 && start[1] > 0 && start[1] < 0x20;
        if (versioned && name.endsWith(".mlmodel")) {
            return CORE_ML;
        }
        if (versioned && Arrays.asList(0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42).contains((int) start[2])) {
            return ONNX;
        }
        return start[0] == 0x0a && name.endsWith(".onnx") ? ONNX : name.endsWith(".pb") ? TENSORFLOW : null;
    }

    /** @return null for what may be a checkpoint of PyTorch */
    static FileKind ofEntries(Collection<String> names) {
        if (names.stream()
                .anyMatch(name -> name.endsWith("models/model.json")
                        || name.endsWith("serialized_exported_program.json")
                        || name.endsWith("/archive_format")
                        || name.equals("archive_format"))) {
            return EXPORTED_PROGRAM;
        }
        if (names.stream().anyMatch(name -> name.endsWith("/constants.pkl"))
                && names.stream().anyMatch(name -> name.contains("/code/"))) {
            return TORCHSCRIPT;
        }
        if (names.contains("model.weights.h5")) {
            return KERAS;
        }
        if (names.stream().anyMatch(name -> name.startsWith("MAR-INF/"))) {
            return MODEL_ARCHIVE;
        }
        if (names.stream().anyMatch(name -> name.endsWith("saved_model.pb"))) {
            return TENSORFLOW;
        }
        if (names.contains("[Content_Types].xml") || names.contains("META-INF/MANIFEST.MF")) {
            return DOCUMENT;
        }
        return !names.isEmpty() && names.stream().allMatch(name -> name.endsWith(".npy")) ? NPZ : null;
    }

    /** What to say of a folder that was named in place of a file. */
    static InputException ofFolder(Path folder) {
        return Files.exists(folder.resolve("saved_model.pb"))
                ? TENSORFLOW.refusal(folder)
                : new InputException(
                        ErrorCode.WRONG_KIND, "%s is a folder, not a weights file; name the file in it", folder);
    }

    private static boolean begins(byte[] start, String hex) {
        byte[] signature = HEX.parseHex(hex);
        return start.length >= signature.length
                && Arrays.equals(start, 0, signature.length, signature, 0, signature.length);
    }

    private static boolean text(byte[] start, int at, String word) {
        return start.length >= at + word.length()
                && new String(start, at, word.length(), StandardCharsets.ISO_8859_1).equals(word);
    }
}
