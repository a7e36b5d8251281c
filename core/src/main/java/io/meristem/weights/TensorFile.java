package io.meristem.weights;

import io.meristem.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * A file of named tensors, open for reading. Opening reads and checks the directory of names; tensor bytes are read on demand. Nothing in a
 * file is ever executed. Not thread-safe.
 */
public interface TensorFile extends AutoCloseable {

    /** Every tensor by name, in the order of the file. */
    Map<String, TensorInfo> tensors();

    /**
     * Reads one tensor.
     *
     * @return a dense copy in the file's dtype, owned by the caller's scope
     * @throws InputException when there is none of that name or its bytes cannot be read
     */
    Tensor read(String name);

    /** Words that the file says about itself; empty when it says none. */
    Map<String, String> metadata();

    Path path();

    /** The SHA-256 of the whole file, as 64 lower-case hexadecimal digits; reads the file each time. */
    default String sha256() {
        return Checksums.sha256(path());
    }

    @Override
    void close();

    /**
     * Opens a weights file, telling its format by content, not by name.
     *
     * @throws InputException when it is not there, not a weights file, damaged, or asks for code to be run
     */
    static TensorFile open(Path path) {
        if (Files.isDirectory(path)) {
            throw new InputException(path + " is a folder, not a weights file; name the file in it");
        }
        if (!Files.exists(path)) {
            throw new InputException("there is no weights file " + path + "; check the path");
        }
        if (!Files.isRegularFile(path)) {
            // Opening a pipe would wait for somebody to write to it.
            throw new InputException(path + " is no ordinary file, so no weights file; name a file");
        }
        byte[] start;
        try (InputStream in = Files.newInputStream(path)) {
            start = in.readNBytes(9);
        } catch (IOException e) {
            throw new InputException("cannot read " + path + ": " + e.getMessage(), e);
        }
        if (start.length >= 4 && start[0] == 'P' && start[1] == 'K' && start[2] == 3 && start[3] == 4) {
            return TorchZipFile.open(path);
        }
        boolean braced = start.length == 9 && start[8] == '{';
        if (!braced && start.length >= 2 && (start[0] & 0xff) == 0x80 && start[1] >= 1 && start[1] <= 5) {
            throw new InputException(path
                    + " is a pickle of the kind that PyTorch wrote before 1.6; load it once with PyTorch and save it again "
                    + "with torch.save (1.6 or newer) or as safetensors");
        }
        return SafetensorsFile.open(path);
    }
}
