package io.meristem.weights;

import io.meristem.weights.TorchGlobals.TensorRef;
import java.io.IOException;
import java.util.List;

/**
 * A tensor's place in its storage, checked: every element lies inside.
 *
 * @param entry the storage's name in the archive
 * @param offset of the first element, in elements
 * @param stride elements to step per dimension
 * @param span elements from the first to the last, both counted; 0 for an empty tensor
 */
record TorchView(TensorInfo info, String entry, long offset, List<Long> stride, long span) {

    /**
     * @param storageBytes how long the storage is
     * @throws IOException when the view does not fit, in a few words
     */
    static TorchView of(TensorRef tensor, String entry, long storageBytes) throws IOException {
        int width = tensor.dtype().bytes();
        List<Long> size = tensor.size();
        List<Long> stride = tensor.stride();
        boolean sane = size.size() == stride.size()
                && tensor.offset() >= 0
                && stride.stream().allMatch(step -> step >= 0);
        try {
            if (sane) {
                TensorInfo info = new TensorInfo(tensor.dtype(), size);
                long span = info.numel() == 0 ? 0 : 1;
                for (int i = 0; i < size.size() && span > 0; i++) {
                    span = Math.addExact(span, Math.multiplyExact(size.get(i) - 1, stride.get(i)));
                }
                long elements = storageBytes / width;
                // A view that repeats its numbers could be any size; weights have no use for one.
                if (Math.addExact(tensor.offset(), span) <= elements && info.numel() <= elements) {
                    return new TorchView(info, entry, tensor.offset(), stride, span);
                }
            }
        } catch (ArithmeticException | IllegalArgumentException e) {
            throw new IOException("is impossibly large", e);
        }
        throw new IOException("of shape " + size + " reaches beyond the " + storageBytes + " bytes stored for it");
    }

    /** Whether the elements lie row by row without gaps. */
    boolean isDense() {
        long expected = 1;
        for (int i = stride.size() - 1; i >= 0; i--) {
            long side = info.shape().get(i);
            if (side != 1 && stride.get(i) != expected) {
                return false;
            }
            expected *= side;
        }
        return true;
    }

    /** The strides, with those of sides of length 1, which mean nothing, made harmless. */
    long[] strides() {
        long[] strides = new long[stride.size()];
        for (int i = 0; i < strides.length; i++) {
            strides[i] = info.shape().get(i) <= 1 ? 1 : stride.get(i);
        }
        return strides;
    }
}
