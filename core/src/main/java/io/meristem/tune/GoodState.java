package io.meristem.tune;

import io.meristem.adapter.Slice;
import io.meristem.engine.Tensors;
import io.meristem.weights.SavedTensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

    /** Of the copy of a tensor, among others. */
    static String name(String prefix, int index) {
        return prefix + "." + index;
    }

    /** Puts the copies themselves among {@code tensors}. */
    void save(String prefix, Map<String, Tensor> tensors) {
        for (int i = 0; i < copies.size(); i++) {
            tensors.put(name(prefix, i), copies.get(i));
        }
    }

    /** Takes the place of the copies what {@link #save} has put there, of the same tensors. */
    void load(String prefix, SavedTensors saved) {
        for (int i = 0; i < copies.size(); i++) {
            saved.into(name(prefix, i), copies.get(i));
        }
    }

    @Override
    public void close() {
        copies.forEach(Tensors::free);
    }
}
