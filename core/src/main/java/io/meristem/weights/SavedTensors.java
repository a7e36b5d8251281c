package io.meristem.weights;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** The tensors of a file, put back to where they were saved from: every one of them, each into a tensor of its shape and type. */
public final class SavedTensors {

    private final TensorFile file;
    private final Set<String> left;

    /** @param file stays the caller's */
    public SavedTensors(TensorFile file) {
        this.file = file;
        this.left = new HashSet<>(file.tensors().keySet());
    }

    public boolean has(String name) {
        return file.tensors().containsKey(name);
    }

    /** The tensor itself; the current scope owns it. */
    public Tensor read(String name) {
        left.remove(name);
        return file.read(name);
    }

    /** Copies the saved values into {@code target}. */
    public void into(String name, Tensor target) {
        TensorInfo info = file.tensors().get(name);
        if (info == null
                || info.dtype() != Dtype.of(target.scalar_type())
                || !Arrays.equals(info.dims(), target.shape())) {
            throw foreign("'" + name + "' is not in it as " + Arrays.toString(target.shape()));
        }
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            target.copy_(read(name));
        }
    }

    /** @throws InputException when something has not been put back */
    public void requireAllRead() {
        if (!left.isEmpty()) {
            throw foreign(Phrases.first(List.copyOf(left)) + " belongs to nothing");
        }
    }

    private InputException foreign(String reason) {
        return new InputException(
                ErrorCode.MISMATCH,
                "%s was not saved from this training (%s): restore the run folder as it was, or train again.",
                file.path(),
                reason);
    }
}
