package io.meristem.rank;

import com.fasterxml.jackson.annotation.JsonTypeName;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.adapter.LayerSize;
import io.meristem.engine.Tensors;
import io.meristem.rank.Scoring.Score;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How well the pull of single photos at a layer tells their classes apart, and along how many directions. With {@code K_l[i, j] = <dL_i/dW_l, dL_j/dW_l>} over
 * photos i and j, and Y their classes one-hot:
 *
 * <pre>T_l = HSIC_1(K_l, YY') / sqrt(HSIC_1(K_l, K_l) HSIC_1(YY', YY'))     wanted_l = kappa T_l PR(H K_l H)</pre>
 *
 * <p>The rank is {@code wanted_l}, rounded and clamped. A budget is shared out by the greatest kappa that fits.
 *
 * @param kappa ranks per direction that tells classes apart
 */
@JsonTypeName("alignment")
public record AlignmentScorer(double kappa) implements Scorer {

    public static final AlignmentScorer DEFAULT = new AlignmentScorer(1);

    /** Photos that are looked at, each on its own. */
    static final int MOST_PHOTOS = 64;

    /** Gradients of single photos are kept for as many layers at a time as take no more than this: 256 MiB. */
    private static final long MOST_NUMBERS = 1L << 26;

    public AlignmentScorer {
        if (!(kappa > 0) || Double.isInfinite(kappa)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE, "%s must be positive, not %s", Setting.KAPPA, kappa);
        }
    }

    /**
     * Of a layer.
     *
     * @param alignment T, in [0, 1]
     * @param directions PR, from 0 to n - 1
     */
    record LayerAlignment(double alignment, double directions) {}

    @Override
    public String about() {
        return "how well single photos' gradients tell classes apart";
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
        List<LayerSize> sizes = subject.sizes();
        List<LayerAlignment> measured = measure(subject);
        RankOptions options = subject.options();
        int[] ranks = new int[sizes.size()];
        List<double[]> gains = new ArrayList<>();
        List<Score> scores = new ArrayList<>();
        double greatest = measured.stream().mapToDouble(this::wanted).max().orElse(0);
        for (int i = 0; i < ranks.length; i++) {
            double wanted = wanted(measured.get(i));
            int most = Allocator.most(sizes.get(i), options);
            ranks[i] = (int) Math.max(Math.min(options.min(), most), Math.min(most, Math.round(wanted)));
            // As kappa grows, a layer gets its k-th rank where kappa times its wanted number reaches k - 1/2.
            double[] steps = new double[most];
            for (int k = 0; k < most; k++) {
                steps[k] = wanted / (k + 0.5);
            }
            gains.add(steps);
            Map<String, Double> measures = new LinkedHashMap<>();
            measures.put("label_alignment", measured.get(i).alignment());
            measures.put("directions", measured.get(i).directions());
            measures.put("wanted", wanted);
            scores.add(new Score(greatest > 0 ? wanted / greatest : 0, measures));
        }
        int[] shared = options.budgetMib() > 0 ? Directions.ranks(sizes, gains, 0, options, 1) : ranks;
        return new Scoring(
                List.copyOf(scores),
                ScorerMemory.NONE,
                Arrays.stream(shared).boxed().toList(),
                Arrays.stream(ranks).boxed().toList());
    }

    private double wanted(LayerAlignment layer) {
        return kappa * layer.alignment() * layer.directions();
    }

    /** In the order of the layers. */
    static List<LayerAlignment> measure(ScoringContext subject) {
        List<Tensor> images = new ArrayList<>();
        List<Long> classes = new ArrayList<>();
        try (WeightGradients gradients = new WeightGradients(subject)) {
            subject.photos().forEachLabelled((batch, labels) -> {
                for (long i = 0; i < batch.size(0) && images.size() < MOST_PHOTOS; i++) {
                    images.add(Tensors.keep(batch.narrow(0, i, 1).clone()));
                    classes.add(labels.narrow(0, i, 1).item_long());
                }
            });
            if (images.size() < 4) {
                throw new IllegalArgumentException("alignment needs at least 4 photos, not " + images.size());
            }
            int n = images.size();
            double[] same = new double[n * n];
            for (int i = 0; i < n * n; i++) {
                same[i] = classes.get(i / n).equals(classes.get(i % n)) ? 1 : 0;
            }
            List<LayerAlignment> measured = new ArrayList<>();
            List<LayerSize> sizes = subject.sizes();
            for (int from = 0; from < sizes.size(); ) {
                long numbers = 0;
                int to = from;
                while (to < sizes.size() && (to == from || numbers + numbers(sizes.get(to), n) <= MOST_NUMBERS)) {
                    numbers += numbers(sizes.get(to++), n);
                }
                for (double[] k : grams(gradients, images, classes, from, to)) {
                    measured.add(layer(k, same, n));
                }
                from = to;
            }
            return measured;
        } finally {
            images.forEach(Tensors::free);
        }
    }

    private static long numbers(LayerSize layer, int photos) {
        return (long) layer.out() * layer.columns() * photos;
    }

    /** K of the layers from {@code from} to before {@code to}, row by row. */
    private static List<double[]> grams(
            WeightGradients gradients, List<Tensor> images, List<Long> classes, int from, int to) {
        List<List<Tensor>> rows = new ArrayList<>();
        for (int layer = from; layer < to; layer++) {
            rows.add(new ArrayList<>());
        }
        try {
            for (int i = 0; i < images.size(); i++) {
                try (PointerScope scope = new PointerScope();
                        NoGradGuard guard = new NoGradGuard()) {
                    Tensor label = Tensors.of(new long[] {classes.get(i)})
                            .to(images.get(i).device(), ScalarType.Long);
                    gradients.backward(images.get(i), label);
                    for (int layer = from; layer < to; layer++) {
                        Tensor gradient = gradients.of(layer);
                        rows.get(layer - from)
                                .add(Tensors.keep(
                                        gradient == null
                                                ? torch.zeros(1)
                                                : gradient.reshape(1, -1)
                                                        .to(ScalarType.Float)
                                                        .clone()));
                    }
                }
            }
            List<double[]> grams = new ArrayList<>();
            for (List<Tensor> photos : rows) {
                try (PointerScope scope = new PointerScope();
                        NoGradGuard guard = new NoGradGuard()) {
                    Tensor x = torch.cat(new TensorVector(photos.toArray(new Tensor[0])));
                    grams.add(Tensors.toDoubles(x.reshape(photos.size(), -1)
                            .matmul(x.reshape(photos.size(), -1).t())));
                }
            }
            return grams;
        } finally {
            rows.forEach(photos -> photos.forEach(Tensors::free));
        }
    }

    /**
     * @param k n x n, row by row
     * @param same 1 for photos of one class, else 0
     */
    static LayerAlignment layer(double[] k, double[] same, int n) {
        double kk = Hsic.unbiased(k, k, n);
        double yy = Hsic.unbiased(same, same, n);
        double alignment = kk > 0 && yy > 0 ? Hsic.unbiased(k, same, n) / Math.sqrt(kk * yy) : 0;
        return new LayerAlignment(Math.max(0, Math.min(1, alignment)), Hsic.participationRatio(k, n));
    }
}
