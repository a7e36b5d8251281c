package io.meristem.weights;

import io.meristem.engine.Engine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The memory of dense tensors seen as bytes, in windows that fit a buffer. */
final class TensorBytes {

    /** Bytes moved at a time: far below the 2 GiB that one buffer or one mapping can span. */
    static final int WINDOW = 1 << 28;

    /** Moves the bytes of one window. */
    @FunctionalInterface
    interface Mover {
        /**
         * @param window the tensor's bytes from {@code position} on; to be filled, or emptied, whole
         * @param position of the window's first byte in the tensor
         */
        void move(ByteBuffer window, long position) throws IOException;
    }

    private TensorBytes() {}

    /** A dense tensor whose bytes {@code filler} writes in {@code order}; the current scope owns it. */
    static Tensor fill(TensorInfo info, ByteOrder order, Mover filler) throws IOException {
        Engine.ensureStarted();
        // Booleans are filled as bytes and then compared with 0: a bool that is neither 0 nor 1 has no defined meaning
        // in C++.
        ScalarType raw =
                info.dtype() == Dtype.BOOL ? ScalarType.Byte : info.dtype().scalar();
        Tensor tensor;
        try (TensorOptions options = new TensorOptions(raw)) {
            tensor = torch.empty(info.dims(), options, null);
        }
        each(tensor, (window, position) -> {
            filler.move(window, position);
            if (order != ByteOrder.nativeOrder()) {
                swap(window.rewind(), info.dtype().bytes());
            }
        });
        if (info.dtype() != Dtype.BOOL) {
            return tensor;
        }
        try (Tensor bytes = tensor) {
            return bytes.to(ScalarType.Bool);
        }
    }

    /** Shows the bytes of a dense CPU tensor to {@code mover}, window by window, in native order. */
    static void each(Tensor tensor, Mover mover) throws IOException {
        long total = tensor.nbytes();
        if (total == 0) {
            return;
        }
        try (Pointer data = tensor.data_ptr();
                BytePointer base = new BytePointer(data)) {
            for (long position = 0; position < total; position += WINDOW) {
                long length = Math.min(WINDOW, total - position);
                mover.move(base.getPointer(position).capacity(length).asByteBuffer(), position);
            }
        }
    }

    /** Reverses the bytes of each element in place. */
    static void swap(ByteBuffer bytes, int width) {
        for (int i = 0; i + width <= bytes.limit() && width > 1; i += width) {
            for (int a = i, b = i + width - 1; a < b; a++, b--) {
                byte keep = bytes.get(a);
                bytes.put(a, bytes.get(b));
                bytes.put(b, keep);
            }
        }
    }
}
