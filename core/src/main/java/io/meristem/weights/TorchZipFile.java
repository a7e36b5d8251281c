package io.meristem.weights;

import io.meristem.InputException;
import java.nio.file.Path;

/** PyTorch checkpoints. */
final class TorchZipFile {

    private TorchZipFile() {}

    static TensorFile open(Path path) {
        throw new InputException(path + " is a PyTorch checkpoint; save it as safetensors");
    }
}
