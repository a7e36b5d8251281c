package io.meristem.tune;

import io.meristem.engine.Tensors;
import io.meristem.execute.LabelledFeed;
import io.meristem.execute.Network;
import io.meristem.op.Linear;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What enters a network's head for photos, and their labels. Closing it frees the features. */
final class HeadInputs implements AutoCloseable {

    private final List<Tensor> parts = new ArrayList<>();
    private final List<Integer> labels = new ArrayList<>();

    private HeadInputs() {}

    /** Runs {@code photos} through the network, in evaluation mode and without gradient. */
    static HeadInputs of(Network network, LabelledFeed photos) {
        HeadInputs inputs = new HeadInputs();
        network.head()
                .setObserver((layer, x, y) -> inputs.parts.add(
                        Tensors.keep(Linear.rows(x).to(ScalarType.Float).clone())));
        network.train(false);
        try (NoGradGuard guard = new NoGradGuard();
                Network.Folding folding = network.foldReversibly()) {
            photos.forEachLabelled((images, classes) -> {
                try (PointerScope scope = new PointerScope()) {
                    network.forward(images);
                }
                inputs.add(classes);
            });
            return inputs;
        } catch (RuntimeException e) {
            inputs.close();
            throw e;
        } finally {
            network.head().setObserver(null);
        }
    }

    private void add(Tensor classes) {
        for (double label : Tensors.toDoubles(classes)) {
            labels.add((int) label);
        }
    }

    /** (N, features) of float32; the current scope owns it. */
    Tensor features() {
        return torch.cat(new TensorVector(parts.toArray(new Tensor[0])));
    }

    /** (N). */
    int[] labels() {
        return labels.stream().mapToInt(Integer::intValue).toArray();
    }

    @Override
    public void close() {
        parts.forEach(Tensors::free);
        parts.clear();
    }
}
