package io.meristem.weights;

import io.meristem.graph.Node;
import io.meristem.op.BatchNorm;
import io.meristem.op.Conv2d;
import io.meristem.op.GlobalPool;
import io.meristem.op.Linear;
import io.meristem.testing.TinyNetworks;
import io.meristem.zoo.ModelSpec;

/** Networks of a few hundred numbers for tests: convolution, normalisation, head. */
final class Tiny {

    private Tiny() {}

    static ModelSpec spec(String name, String stem, int width) {
        return TinyNetworks.spec(name, "timm", 8, 4, "head.fc", (b, classes) -> {
            Node x = b.add(stem, new Conv2d(3, width, 3, 1, 1, 1, true), b.input());
            x = b.add(new GlobalPool(), b.add("norm", new BatchNorm(width), x));
            return b.add("head.fc", new Linear(width, classes, true), x);
        });
    }
}
