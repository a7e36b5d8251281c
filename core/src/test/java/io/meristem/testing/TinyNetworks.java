package io.meristem.testing;

import io.meristem.nn.Activation;
import io.meristem.nn.BatchNorm2d;
import io.meristem.nn.Conv2d;
import io.meristem.nn.GlobalPool;
import io.meristem.nn.Layer;
import io.meristem.nn.Linear;
import io.meristem.nn.ModelSpec;
import io.meristem.nn.Network;
import io.meristem.nn.Tape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** Small networks for tests, with every kind of weighted layer. */
public final class TinyNetworks {

    public static final int CLASSES = 3;

    private TinyNetworks() {}

    /** A definition that chains {@code layers}, whose head is {@code head}. */
    public static Network of(String head, IntFunction<Layer> definition) {
        return new Network(
                new ModelSpec(
                        "tiny",
                        "Tiny",
                        "test",
                        24,
                        8,
                        List.of(0f, 0f, 0f),
                        List.of(1f, 1f, 1f),
                        head,
                        definition,
                        List.of()),
                CLASSES);
    }

    /** Every kind of layer; input (N, 3, H, W). */
    public static Network mixed() {
        return of("head", Mixed::new);
    }

    /** Convolutions with batch normalisation and a head; input (N, 3, H, W). */
    public static Network normed() {
        return of("head", Normed::new);
    }

    /** One layer alone, named {@code layer}, in a network with a head that is not run. */
    public static Network single(Layer layer) {
        return of("head", classes -> new Single(layer, classes));
    }

    private static final class Mixed extends Layer {
        private final Conv2d stem = child("stem", new Conv2d(3, 8, 3, 2, 1, 1, true));
        private final Conv2d depthwise = child("depthwise", new Conv2d(8, 8, 3, 1, 1, 8, false));
        private final Conv2d point = child("point", new Conv2d(8, 12, 1, 1, 0, 1, true));
        private final Conv2d grouped = child("grouped", new Conv2d(12, 8, 3, 1, 1, 4, false));
        private final Linear mixer = child("mixer", new Linear(8, 6, true));
        private final Linear head;

        Mixed(int classes) {
            head = child("head", new Linear(6, classes, true));
        }

        @Override
        public Tensor forward(Tensor x, Tape tape) {
            Tensor y = Activation.RELU.apply(stem.forward(x, tape), tape); // (N, 8, H/2, W/2)
            y = depthwise.forward(y, tape);
            y = Activation.RELU.apply(point.forward(y, tape), tape); // (N, 12, H/2, W/2)
            y = grouped.forward(y, tape).permute(0, 2, 3, 1); // (N, H/2, W/2, 8)
            if (tape.flowing()) {
                tape.push((g, mine) -> g.permute(0, 3, 1, 2).contiguous());
            }
            y = Activation.GELU.apply(mixer.forward(y, tape), tape); // (N, H/2, W/2, 6)
            long[] shape = y.shape();
            if (tape.flowing()) {
                double positions = (double) shape[1] * shape[2];
                tape.push((g, mine) -> g.div(new Scalar(positions))
                        .view(shape[0], 1, 1, shape[3])
                        .expand(shape)
                        .contiguous());
            }
            return head.forward(y.mean(1, 2), tape);
        }
    }

    private static final class Normed extends Layer {
        private final GlobalPool pool = new GlobalPool();
        private final Conv2d first = child("first", new Conv2d(3, 6, 3, 2, 1, 1, false));
        private final BatchNorm2d norm1 = child("norm1", new BatchNorm2d(6));
        private final Conv2d second = child("second", new Conv2d(6, 6, 3, 1, 1, 6, false));
        private final BatchNorm2d norm2 = child("norm2", new BatchNorm2d(6));
        private final Linear head;

        Normed(int classes) {
            head = child("head", new Linear(6, classes, true));
        }

        @Override
        public Tensor forward(Tensor x, Tape tape) {
            Tensor y = Activation.RELU6.apply(norm1.forward(first.forward(x, tape), tape), tape);
            y = Activation.RELU.apply(norm2.forward(second.forward(y, tape), tape), tape);
            return head.forward(pool.forward(y, tape), tape);
        }
    }

    private static final class Single extends Layer {
        private final Layer layer;

        Single(Layer layer, int classes) {
            this.layer = child("layer", layer);
            child("head", new Linear(1, classes, false));
        }

        @Override
        public Tensor forward(Tensor x, Tape tape) {
            return layer.forward(x, tape);
        }
    }

    /** The same rank on every layer. */
    public static Map<String, Integer> ranks(Network network, int rank) {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        network.weightedLayers().keySet().forEach(name -> ranks.put(name, rank));
        return ranks;
    }
}
