package io.meristem.weights;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

    /** Sentences for the user about what of the file is shown here; empty when that is all of it. */
    default List<String> notes() {
        return List.of();
    }

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
            throw FileKind.ofFolder(path);
        }
        if (!Files.exists(path)) {
            throw new InputException(ErrorCode.NOT_FOUND, "there is no weights file %s; check the path", path);
        }
        if (!Files.isRegularFile(path)) {
            // Opening a pipe would wait for somebody to write to it.
            throw new InputException(
                    ErrorCode.WRONG_KIND, "%s is no ordinary file, so no weights file; name a file", path);
        }
        byte[] start = start(path);
        if (FileKind.isZip(start)) {
            return TorchZipFile.open(path);
        }
        FileKind kind = FileKind.of(path, start);
        if (kind != null) {
            throw kind.refusal(path);
        }
        return SafetensorsFile.open(path);
    }

    private static byte[] start(Path path) {
        try (InputStream in = Files.newInputStream(path)) {
            return in.readNBytes(FileKind.START);
        } catch (IOException e) {
            throw new InputException(ErrorCode.NOT_READABLE, e, "cannot read %s: %s", path, InputFiles.reason(e));
        }
    }
}
