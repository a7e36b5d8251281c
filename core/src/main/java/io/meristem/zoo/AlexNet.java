package io.meristem.zoo;

import io.meristem.graph.GraphBuilder;
import io.meristem.graph.Node;
import io.meristem.op.Activation;
import io.meristem.op.Conv2d;
import io.meristem.op.Dropout;
import io.meristem.op.Flatten;
import io.meristem.op.GridMeans;
import io.meristem.op.Linear;
import io.meristem.op.MaxPool;
import io.meristem.op.Op;
import java.util.List;

/**
 * AlexNet in its one-column form (Krizhevsky 2014), named as torchvision's {@code alexnet}.
 *
 * <p>Shapes: input (N, 3, H, W), 63 pixels or more; features (N, 256, 6, 6) after pooling to a grid, which is what an input of 224 pixels gives anyway; logits
 * (N, classes). Starts as PyTorch's layers do.
 */
final class AlexNet {

    private static final int SIDE = 6;
    private static final int HIDDEN = 4096;

    private AlexNet() {}

    static List<ModelSpec> all() {
        return List.of(ModelSpec.of("alexnet", "AlexNet", "torchvision", AlexNet::define)
                .withMinSize(63)
                .withHead("classifier.6")
                .withWeights(List.of(WeightSource.torchvision("imagenet1k_v1", "alexnet-owt-7be5be79.pth"))));
    }

    private static Node define(GraphBuilder b, int classes) {
        Op halve = new MaxPool(3, 2, 0);
        GraphBuilder f = b.in("features");
        Node x = f.add("0", new Conv2d(3, 64, 11, 4, 2, 1, true), b.input());
        x = f.add("1", Activation.RELU, x);
        x = f.add("2", halve, x);
        x = f.add("3", new Conv2d(64, 192, 5, 1, 2, 1, true), x);
        x = f.add("4", Activation.RELU, x);
        x = f.add("5", halve, x);
        x = f.add("6", new Conv2d(192, 384, 3, 1, 1, 1, true), x);
        x = f.add("7", Activation.RELU, x);
        x = f.add("8", new Conv2d(384, 256, 3, 1, 1, 1, true), x);
        x = f.add("9", Activation.RELU, x);
        x = f.add("10", new Conv2d(256, 256, 3, 1, 1, 1, true), x);
        x = f.add("11", Activation.RELU, x);
        b.features(x, 16); // the pooling after it would halve the resolution once more
        x = f.add("12", halve, x);
        x = b.add("avgpool", new GridMeans(SIDE), x); // (N, 256, 6, 6)
        x = b.add(new Flatten(), x);
        GraphBuilder c = b.in("classifier");
        x = c.add("0", new Dropout(0.5), x);
        x = c.add("1", new Linear(256 * SIDE * SIDE, HIDDEN, true), x);
        x = c.add("2", Activation.RELU, x);
        x = c.add("3", new Dropout(0.5), x);
        x = c.add("4", new Linear(HIDDEN, HIDDEN, true), x);
        x = c.add("5", Activation.RELU, x);
        return c.add("6", new Linear(HIDDEN, classes, true), x);
    }
}
