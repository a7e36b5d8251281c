package io.meristem.testing;

import io.meristem.execute.Network;
import io.meristem.graph.GraphBuilder;
import io.meristem.graph.Node;
import io.meristem.op.Activation;
import io.meristem.op.BatchNorm;
import io.meristem.op.Channels;
import io.meristem.op.Conv2d;
import io.meristem.op.GlobalPool;
import io.meristem.op.Linear;
import io.meristem.op.Op;
import io.meristem.zoo.ModelSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Small networks for tests, with every kind of weighted layer. */
public final class TinyNetworks {

    public static final int CLASSES = 3;

    private TinyNetworks() {}

    /** A network of {@code definition}, whose head is {@code head}. */
    public static Network of(String head, GraphBuilder.Definition definition) {
        return new Network(spec("tiny", "test", 24, 8, head, definition), CLASSES);
    }

    /** Photos of mean 0 and deviation 1, no official weights. */
    public static ModelSpec spec(
            String name, String library, int size, int minSize, String head, GraphBuilder.Definition definition) {
        return ModelSpec.of(name, "Tiny", library, definition)
                .withInputSize(size)
                .withMinSize(minSize)
                .withNormalisation(List.of(0f, 0f, 0f), List.of(1f, 1f, 1f))
                .withHead(head);
    }

    /** Every kind of layer; input (N, 3, H, W). */
    public static Network mixed() {
        return of("head", (b, classes) -> {
            Node x = b.add("stem", new Conv2d(3, 8, 3, 2, 1, 1, true), b.input());
            x = b.add(Activation.RELU, x); // (N, 8, H/2, W/2)
            x = b.add("depthwise", new Conv2d(8, 8, 3, 1, 1, 8, false), x);
            x = b.add(Activation.RELU, b.add("point", new Conv2d(8, 12, 1, 1, 0, 1, true), x)); // (N, 12, H/2, W/2)
            x = b.add("grouped", new Conv2d(12, 8, 3, 1, 1, 4, false), x);
            x = b.add("mixer", new Linear(8, 6, true), b.add(Channels.LAST, x)); // (N, H/2, W/2, 6)
            x = b.add(new GlobalPool(), b.add(Channels.FIRST, b.add(Activation.GELU, x)));
            return b.add("head", new Linear(6, classes, true), x);
        });
    }

    /** Convolutions with batch normalisation and a head; input (N, 3, H, W). */
    public static Network normed() {
        return of("head", (b, classes) -> {
            Node x = b.add("first", new Conv2d(3, 6, 3, 2, 1, 1, false), b.input());
            x = b.add(Activation.RELU6, b.add("norm1", new BatchNorm(6), x));
            x = b.add("second", new Conv2d(6, 6, 3, 1, 1, 6, false), x);
            x = b.add(Activation.RELU, b.add("norm2", new BatchNorm(6), x));
            return b.add("head", new Linear(6, classes, true), b.add(new GlobalPool(), x));
        });
    }

    /** One layer alone, named {@code layer}, in a network with a head that is not run. */
    public static Network single(Op layer) {
        return of("head", (b, classes) -> {
            Node y = b.add("layer", layer, b.input());
            b.add("head", new Linear(1, classes, false), b.add(new GlobalPool(), y));
            return y;
        });
    }

    /** The same rank on every layer. */
    public static Map<String, Integer> ranks(Network network, int rank) {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        network.weightedLayers().keySet().forEach(name -> ranks.put(name, rank));
        return ranks;
    }
}
