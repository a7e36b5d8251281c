package io.meristem.tune;

import io.meristem.adapter.Slice;
import io.meristem.engine.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** A copy of all tensors that a training changes within an epoch, to go back to. Closing it frees the copy. */
final class GoodState implements AutoCloseable {

    private final List<Tensor> copies = new ArrayList<>();

    GoodState(List<Tensor> tensors) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            tensors.forEach(tensor -> copies.add(Tensors.keep(tensor.clone())));
        }
    }

    /**
     * The first tensors are others now; what is left of each is kept.
     *
     * @param slices what each of them is of those before
     * @param before how many there were
     */
    void goOn(List<Slice> slices, int before) {
        List<Tensor> old = new ArrayList<>(copies.subList(0, before));
        List<Tensor> left = new ArrayList<>();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            slices.forEach(slice -> left.add(Tensors.keep(slice.take(old.get(slice.of())))));
        }
        old.forEach(Tensors::free);
        copies.subList(0, before).clear();
        copies.addAll(0, left);
    }

    /** @param tensors in the order in which they were copied */
    void putBack(List<Tensor> tensors) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            for (int i = 0; i < tensors.size(); i++) {
                Tensors.inPlace(tensors.get(i), tensors.get(i).copy_(copies.get(i)));
            }
        }
    }

    @Override
    public void close() {
        copies.forEach(Tensors::free);
    }
}
