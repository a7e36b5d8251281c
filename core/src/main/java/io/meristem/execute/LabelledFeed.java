package io.meristem.execute;

import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;

/** Image batches that come with the class of each image: (N) of int64, on the device of the images. */
@FunctionalInterface
public interface LabelledFeed extends ImageFeed {

    /** @param consumer given images (N, 3, H, W) and labels (N), both of which live only as long as the call */
    void forEachLabelled(BiConsumer<Tensor, Tensor> consumer);

    @Override
    default void forEach(Consumer<Tensor> consumer) {
        forEachLabelled((images, labels) -> consumer.accept(images));
    }
}
