package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.op.Param;
import io.meristem.op.WeightedLayer;
import io.meristem.testing.TinyNetworks;
import io.meristem.zoo.Models;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** The pull of the loss against the engine's own differentiation, finite differences and, for the head, the closed form. */
class GradientScorerTest {

    private static final Subjects.Photos PHOTOS = Subjects.photos(3, 5, 16);

    private static List<Network> networks() {
        return List.of(TinyNetworks.mixed(), TinyNetworks.normed(), new Network(Models.find("mobilenet_v2_035"), 3));
    }

    /** The engine's gradient of the plain weight, brought over to the weight with the normalisation after it taken in. */
    @Test
    void equalsTheEnginesDifferentiation() {
        for (Network network : networks()) {
            try (PointerScope scope = new PointerScope();
                    network) {
                network.materialize(3);
                shakeNorms(network);
                List<WeightedLayer> layers =
                        List.copyOf(network.weightedLayers().values());
                double[] found = GradientScorer.relativeGradients(Subjects.of(network, PHOTOS));
                List<double[]> scales = scales(network, layers);
                double[] sums = new double[layers.size()];
                layers.forEach(layer -> layer.weight().value().requires_grad_(true));
                PHOTOS.forEachLabelled((x, labels) -> {
                    torch.cross_entropy_loss(network.forward(x), labels).backward();
                    for (int i = 0; i < sums.length; i++) {
                        Tensor weight = layers.get(i).weight().value();
                        sums[i] += squares(Tensors.toDoubles(weight.grad()), scales.get(i), -1);
                        weight.mutable_grad().reset();
                    }
                });
                for (int i = 0; i < sums.length; i++) {
                    double[] values = Tensors.toDoubles(layers.get(i).weight().value());
                    double expected = Math.sqrt(sums[i] / 3 / squares(values, scales.get(i), 1));
                    assertEquals(
                            expected,
                            found[i],
                            1e-4 * expected,
                            i + " " + layers.get(i).kind());
                }
            }
        }
    }

    /** Scales from 0.5 to 1.5, of either sign. */
    private static void shakeNorms(Network network) {
        network.batchNorms().forEach((name, norm) -> {
            float[] scale = new float[(int) norm.params().get("weight").numel()];
            Random random = new Random(name.hashCode());
            for (int i = 0; i < scale.length; i++) {
                scale[i] = (0.5f + random.nextFloat()) * (random.nextInt(5) == 0 ? -1 : 1);
            }
            norm.params().get("weight").set(Tensors.of(scale, scale.length));
        });
    }

    /** What each row of a weight is multiplied by when the normalisation after it is taken in; null for nothing. */
    private static List<double[]> scales(Network network, List<WeightedLayer> layers) {
        network.fold();
        List<double[]> scales = new ArrayList<>();
        layers.forEach(
                layer -> scales.add(layer.runningScale() == null ? null : Tensors.toDoubles(layer.runningScale())));
        network.unfold();
        return scales;
    }

    private static double squares(double[] matrix, double[] rowScale, int power) {
        double[] scaled = matrix.clone();
        for (int i = 0; i < scaled.length && rowScale != null; i++) {
            scaled[i] *= Math.pow(rowScale[i / (matrix.length / rowScale.length)], power);
        }
        return squares(scaled);
    }

    /** Along the gradient the loss changes by its norm; the gradient's direction is found by differences too. */
    @Test
    void equalsFiniteDifferences() {
        Subjects.Photos one = Subjects.photos(1, 8, 12);
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = TinyNetworks.normed().materialize(3)) {
            double[] found = GradientScorer.relativeGradients(Subjects.of(network, one));
            int at = 0;
            for (WeightedLayer layer : network.weightedLayers().values()) {
                float[] start = Tensors.toFloats(layer.weight().value());
                double energy = 0;
                for (int i = 0; i < start.length; i++) {
                    double difference =
                            (loss(network, layer, start, i, 1e-2f, one) - loss(network, layer, start, i, -1e-2f, one))
                                    / 2e-2;
                    energy += difference * difference;
                }
                layer.weight().set(Tensors.of(start, layer.weight().shape()));
                double expected = Math.sqrt(
                        energy / squares(Tensors.toDoubles(layer.weight().value())));
                assertEquals(expected, found[at++], 0.02 * expected, layer.kind());
            }
        }
    }

    /** In float64 from the network's float32 logits. */
    private static double loss(
            Network network, WeightedLayer layer, float[] start, int entry, float change, Subjects.Photos photos) {
        float[] moved = start.clone();
        moved[entry] += change;
        layer.weight().set(Tensors.of(moved, layer.weight().shape()));
        double[] sum = {0};
        photos.forEachLabelled((x, labels) -> {
            double[] logits = Tensors.toDoubles(network.forward(x));
            for (int i = 0; i < photos.n(); i++) {
                double total = 0;
                for (int c = 0; c < TinyNetworks.CLASSES; c++) {
                    total += Math.exp(logits[i * TinyNetworks.CLASSES + c]);
                }
                int label = (int) photos.labels().get(0)[i];
                sum[0] += Math.log(total) - logits[i * TinyNetworks.CLASSES + label];
            }
        });
        return sum[0] / photos.n();
    }

    /** The gradient of the head's weight is {@code (p - y)' x / n}, here in plain loops. */
    @Test
    void theHeadsIsTheClosedForm() {
        Subjects.Photos one = Subjects.photos(1, 8, 12);
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = TinyNetworks.normed().materialize(3)) {
            List<double[]> seen = new ArrayList<>();
            network.head().setObserver((layer, x, y) -> {
                seen.add(Tensors.toDoubles(x));
                seen.add(Tensors.toDoubles(y));
            });
            one.forEach(network::forward);
            network.head().setObserver(null);
            int classes = TinyNetworks.CLASSES;
            int features = network.head().columns();
            double[] gradient = new double[classes * features];
            for (int i = 0; i < one.n(); i++) {
                double total = 0;
                for (int c = 0; c < classes; c++) {
                    total += Math.exp(seen.get(1)[i * classes + c]);
                }
                for (int c = 0; c < classes; c++) {
                    double p = Math.exp(seen.get(1)[i * classes + c]) / total;
                    double error = p - (one.labels().get(0)[i] == c ? 1 : 0);
                    for (int f = 0; f < features; f++) {
                        gradient[c * features + f] += error * seen.get(0)[i * features + f] / one.n();
                    }
                }
            }
            double weight = squares(Tensors.toDoubles(network.head().weight().value()));
            double expected = Math.sqrt(squares(gradient) / weight);
            double[] found = GradientScorer.relativeGradients(Subjects.of(network, one));
            assertEquals(expected, found[found.length - 1], 1e-5 * expected);
        }
    }

    @Test
    void importanceIsTheShareOfTheGreatest() {
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(3)) {
            ScoringContext subject = Subjects.of(network, PHOTOS);
            double[] relative = GradientScorer.relativeGradients(subject);
            double greatest = Arrays.stream(relative).max().orElseThrow();
            double[] importances = Subjects.importances(new GradientScorer().score(subject, ScorerMemory.NONE));
            for (int i = 0; i < relative.length; i++) {
                assertEquals(relative[i] / greatest, importances[i], 1e-6);
            }
            assertTrue(greatest > 0);
        }
    }

    /** A layer that nothing depends on has no gradient; a network all of whose layers are like that has no importance. */
    @Test
    void layersThatDoNotCountGetNothing() {
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(3)) {
            network.head().weight().set(torch.zeros(TinyNetworks.CLASSES, 6));
            ScoringContext subject = Subjects.of(network, PHOTOS);
            double[] relative = GradientScorer.relativeGradients(subject);
            assertEquals(
                    0, Arrays.stream(relative).max().orElseThrow(), "the head is all zeros, and so passes nothing on");
            assertEquals(
                    0,
                    Arrays.stream(Subjects.importances(new GradientScorer().score(subject, ScorerMemory.NONE)))
                            .max()
                            .orElseThrow());
        }
    }

    /** Three times the weight and a third of the normalisation's scale is the same network, and scores the same. */
    @Test
    void aScaleMayLieInTheWeightOrInTheNormalisation() {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = new Network(Models.find("mobilenet_v2_035"), 3).materialize(3)) {
            ScoringContext subject = Subjects.of(network, PHOTOS);
            double[] before = GradientScorer.relativeGradients(subject);
            times(network.weightedLayers().get("features.3.conv.0.0").weight(), 3);
            times(network.batchNorms().get("features.3.conv.0.1").runningMean(), 3);
            times(network.batchNorms().get("features.3.conv.0.1").params().get("weight"), 1 / 3.0);
            assertArrayEquals(before, GradientScorer.relativeGradients(subject), 1e-4);
        }
    }

    private static void times(Param param, double factor) {
        param.set(param.value().mul(new Scalar(factor)));
    }

    @Test
    void aFoldedNetworkStaysFolded() {
        try (PointerScope scope = new PointerScope();
                Network network = new Network(Models.find("mobilenet_v2_035"), 3).materialize(3)) {
            ScoringContext subject = Subjects.of(network, PHOTOS);
            double[] unfolded = GradientScorer.relativeGradients(subject);
            WeightedLayer stem = network.weightedLayers().get("features.0.0");
            assertNull(stem.runningScale());
            network.fold();
            assertArrayEquals(unfolded, GradientScorer.relativeGradients(subject));
            assertNotNull(stem.runningScale());
        }
    }

    private static double squares(double[] values) {
        return Arrays.stream(values).map(v -> v * v).sum();
    }
}
