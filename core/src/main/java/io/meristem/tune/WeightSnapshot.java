package io.meristem.tune;

import io.meristem.adapter.Inherited;
import io.meristem.engine.Tensors;
import io.meristem.weights.SavedTensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** Copies of tensors that a training changes. Closing it frees them. */
final class WeightSnapshot implements AutoCloseable {

    private final List<Tensor> copies = new ArrayList<>();

    WeightSnapshot(List<Tensor> tensors) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            tensors.forEach(tensor -> copies.add(Tensors.keep(tensor.clone())));
        }
    }

    /**
     * The first tensors are others now; what is left of each is kept.
     *
     * @param now the first tensors
     * @param inherited what each of them is made of
     * @param before how many there were
     */
    void goOn(List<Tensor> now, List<? extends Inherited> inherited, int before) {
        List<Tensor> old = new ArrayList<>(copies.subList(0, before));
        List<Tensor> left = new ArrayList<>();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            for (int i = 0; i < now.size(); i++) {
                Inherited origin = inherited.get(i);
                Tensor earlier = origin.of() < 0 ? null : old.get(origin.of());
                left.add(Tensors.keep(origin.values(earlier, now.get(i))));
            }
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

    /**
     * Moves each copy towards its tensor.
     *
     * @param tensors in the order in which they were copied
     * @param share of the way, in [0, 1]
     */
    void draw(List<Tensor> tensors, double share) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Scalar weight = new Scalar(share);
            for (int i = 0; i < tensors.size(); i++) {
                Tensor copy = copies.get(i);
                Tensors.inPlace(copy, copy.lerp_(tensors.get(i), weight));
            }
        }
    }

    /** Gives each tensor its copy's values, and the copy the tensor's. */
    void swap(List<Tensor> tensors) {
        for (int i = 0; i < tensors.size(); i++) {
            try (PointerScope scope = new PointerScope();
                    NoGradGuard guard = new NoGradGuard()) {
                Tensor tensor = tensors.get(i);
                Tensor values = tensor.clone();
                Tensors.inPlace(tensor, tensor.copy_(copies.get(i)));
                Tensors.inPlace(copies.get(i), copies.get(i).copy_(values));
            }
        }
    }

    /** The copies of the first tensors; they stay this object's. */
    List<Tensor> first(int count) {
        return List.copyOf(copies.subList(0, count));
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
