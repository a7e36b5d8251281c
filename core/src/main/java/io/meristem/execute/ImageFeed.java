package io.meristem.execute;

import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;

/** Hands out image batches (N, 3, H, W), normalised, one after another; each lives only as long as the call that receives it. */
@FunctionalInterface
public interface ImageFeed {
    void forEach(Consumer<Tensor> consumer);
}
