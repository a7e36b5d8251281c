package io.meristem.adapter;

import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * Says that a trained tensor is what is left of an earlier one.
 *
 * @param of place of the earlier tensor in the list of trained ones before
 * @param dim along which entries were taken
 * @param entries taken, in order; null for all
 */
public record Slice(int of, int dim, long[] entries) implements Inherited {

    /** What is left of a tensor of the earlier one's shape: itself, or a copy that the current scope owns. */
    public Tensor take(Tensor earlier) {
        return entries == null ? earlier : earlier.index_select(dim, Engine.onDevice(Tensors.of(entries)));
    }

    @Override
    public Slice at(int place) {
        return new Slice(place, dim, entries);
    }

    @Override
    public Tensor values(Tensor earlier, Tensor now) {
        return take(earlier);
    }

    @Override
    public Tensor moments(Tensor earlier) {
        return take(earlier);
    }

    @Override
    public Tensor squares(Tensor earlier) {
        return take(earlier);
    }

    /** The tensor as it was. */
    public static Slice whole(int of) {
        return new Slice(of, 0, null);
    }
}
