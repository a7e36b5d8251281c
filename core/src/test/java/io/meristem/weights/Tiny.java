package io.meristem.weights;

import io.meristem.nn.BatchNorm2d;
import io.meristem.nn.Conv2d;
import io.meristem.nn.Layer;
import io.meristem.nn.Linear;
import io.meristem.nn.ModelSpec;
import io.meristem.nn.Tape;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** Networks of a few hundred numbers for tests: convolution, normalisation, head. */
final class Tiny extends Layer {

    private final Layer conv;
    private final Layer norm;
    private final Layer head;

    Tiny(String stem, int width, int classes) {
        conv = child(stem, new Conv2d(3, width, 3, 1, 1, 1, true));
        norm = child("norm", new BatchNorm2d(width));
        head = child("head.fc", new Linear(width, classes, true));
    }

    @Override
    public Tensor forward(Tensor x, Tape tape) {
        return head.forward(norm.forward(conv.forward(x, tape), tape).mean(2, 3), tape);
    }

    static ModelSpec spec(String name, String stem, int width) {
        return new ModelSpec(
                name,
                "tiny",
                "timm",
                8,
                4,
                List.of(0f, 0f, 0f),
                List.of(1f, 1f, 1f),
                "head.fc",
                classes -> new Tiny(stem, width, classes),
                List.of());
    }
}
