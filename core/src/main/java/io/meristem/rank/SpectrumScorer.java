package io.meristem.rank;

import com.fasterxml.jackson.annotation.JsonTypeName;
import io.meristem.adapter.LayerSize;
import io.meristem.engine.Tensors;
import io.meristem.rank.Scoring.Score;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What a step along each direction of the loss's gradient would bring on photos that the direction was not seen on. Ga and Gb are the mean gradients of the two
 * halves of the calibration photos, {@code Ga = sum_k sigma_k u_k v_k'}:
 *
 * <pre>gain(l, k) = ||W_l||_F^2 max(0, sigma_k u_k' Gb v_k)</pre>
 *
 * <p>Noise of the gradient is not the same in both halves, so that it averages out. A layer whose weight is c times as large has gradients of one c-th: the product
 * does not change. All directions of all layers are sorted by their gain over the numbers that one rank takes, to a power. The size that it answers with holds 90 %
 * of all gain.
 *
 * @param costPower 0 sorts by gain, 1 by gain per trainable number
 */
@JsonTypeName("spectrum")
public record SpectrumScorer(double costPower) implements Scorer, SortsDirections {

    public static final SpectrumScorer DEFAULT = new SpectrumScorer(0.5);

    /** Of all gain, in the size that it answers with. */
    private static final double SHARE = 0.9;

    public SpectrumScorer {
        Directions.requirePower(costPower);
    }

    /**
     * Of a layer.
     *
     * @param gains greatest first
     * @param agreement of the halves' gradients: their cosine
     */
    record LayerGains(double[] gains, double agreement) {
        double gain() {
            return DoubleStream.of(gains).sum();
        }
    }

    @Override
    public Scorer withCostPower(double power) {
        return new SpectrumScorer(power);
    }

    @Override
    public String about() {
        return "what the gradient's directions bring on photos that they were not seen on";
    }

    @Override
    public boolean keepsInputs() {
        return false;
    }

    @Override
    public boolean needsFittedHead() {
        return true;
    }

    @Override
    public Scoring score(ScoringContext subject, ScorerMemory memory) {
        return scoring(subject, measure(subject, false), costPower);
    }

    /** Of what has been measured, in the order of the subject's layers. */
    static Scoring scoring(ScoringContext subject, List<LayerGains> measured, double costPower) {
        List<LayerSize> sizes = subject.sizes();
        List<double[]> gains = measured.stream().map(LayerGains::gains).toList();
        double power = subject.options().costAware() ? 1 : costPower;
        int[] own = Directions.ranks(sizes, gains, power, subject.options().withoutBudget(), SHARE);
        double greatest = measured.stream().mapToDouble(LayerGains::gain).max().orElse(0);
        List<Score> scores = new ArrayList<>();
        for (int i = 0; i < own.length; i++) {
            LayerGains layer = measured.get(i);
            Map<String, Double> measures = new LinkedHashMap<>();
            measures.put("gain", layer.gain());
            measures.put("agreement", layer.agreement());
            measures.put("own_rank", (double) own[i]);
            List<Double> usable = Directions.usable(sizes.get(i), layer.gains(), subject.options());
            scores.add(new Score(greatest > 0 ? layer.gain() / greatest : 0, measures, usable));
        }
        int[] ranks = Directions.ranks(sizes, gains, costPower, subject.options(), SHARE);
        return new Scoring(
                List.copyOf(scores),
                ScorerMemory.NONE,
                Arrays.stream(ranks).boxed().toList(),
                Arrays.stream(own).boxed().toList());
    }

    /**
     * In the order of the layers.
     *
     * @param whitened whether gradients are divided by their layers' {@link SecondMoments#deviations} in place of the weight's norm
     */
    static List<LayerGains> measure(ScoringContext subject, boolean whitened) {
        List<List<Tensor>> halves = List.of(new ArrayList<>(), new ArrayList<>());
        try (WeightGradients gradients = new WeightGradients(subject)) {
            if (whitened) {
                gradients.watchMoments();
            }
            subject.photos().forEachLabelled((images, labels) -> {
                long n = images.size(0);
                long first = (n + 1) / 2;
                add(gradients, images.narrow(0, 0, first), labels.narrow(0, 0, first), halves.get(0));
                if (n > 1) {
                    add(
                            gradients,
                            images.narrow(0, first, n - first),
                            labels.narrow(0, first, n - first),
                            halves.get(1));
                }
            });
            List<LayerGains> measured = new ArrayList<>();
            for (int i = 0; i < gradients.layers().size(); i++) {
                try (PointerScope scope = new PointerScope();
                        NoGradGuard guard = new NoGradGuard()) {
                    Tensor a = halves.get(0).get(i).to(ScalarType.Double);
                    Tensor b = halves.get(1).get(i).to(ScalarType.Double);
                    if (whitened) {
                        Tensor by = gradients.moments(i).deviations();
                        measured.add(layer(divided(a, by), divided(b, by), 1));
                    } else {
                        measured.add(layer(a, b, gradients.weightSquares(i)));
                    }
                }
            }
            return measured;
        } finally {
            halves.forEach(half -> half.forEach(Tensors::free));
        }
    }

    /** Where there is nothing to divide by, the gradient is zero. */
    private static Tensor divided(Tensor gradient, Tensor by) {
        if (by == null) {
            return gradient;
        }
        Tensor divisor = by.to(ScalarType.Double);
        return torch.where(divisor.gt(new Scalar(0.0)), gradient.div(divisor), gradient);
    }

    /** Batches are equally large, so sums are as good as means but for a factor that all layers share. */
    private static void add(WeightGradients gradients, Tensor images, Tensor labels, List<Tensor> sums) {
        gradients.backward(images, labels);
        for (int i = 0; i < gradients.layers().size(); i++) {
            try (PointerScope scope = new PointerScope();
                    NoGradGuard guard = new NoGradGuard()) {
                Tensor gradient = gradients.of(i);
                if (gradient == null) {
                    gradient = torch.zeros(
                            gradients.layers().get(i).outFeatures(),
                            gradients.layers().get(i).columns());
                }
                if (sums.size() <= i) {
                    sums.add(Tensors.keep(gradient.clone()));
                } else {
                    Tensors.inPlace(sums.get(i), sums.get(i).add_(gradient));
                }
            }
        }
    }

    /**
     * @param a Ga, (out, m) of float64
     * @param b Gb, likewise
     */
    static LayerGains layer(Tensor a, Tensor b, double weightSquares) {
        boolean tall = a.size(0) > a.size(1);
        // Through the Gram matrix of the smaller side. With u_k from Ga Ga': sigma_k v_k' = u_k' Ga, so the product
        // needs no division by sigma.
        T_TensorTensor_T eigen = torch.linalg_eigh(tall ? a.t().matmul(a) : a.matmul(a.t()));
        Tensor vectors = Tensors.own(eigen.get1());
        Tensor cross = tall ? a.t().matmul(b) : b.matmul(a.t());
        double[] products = Tensors.toDoubles(vectors.mul(cross.matmul(vectors)).sum(0));
        double[] gains = Arrays.stream(products)
                .map(product -> weightSquares * Math.max(0, product))
                .sorted()
                .toArray();
        for (int i = 0; i < gains.length / 2; i++) {
            double other = gains[gains.length - 1 - i];
            gains[gains.length - 1 - i] = gains[i];
            gains[i] = other;
        }
        double norms = a.norm().item_double() * b.norm().item_double();
        return new LayerGains(gains, norms > 0 ? a.mul(b).sum().item_double() / norms : 0);
    }
}
