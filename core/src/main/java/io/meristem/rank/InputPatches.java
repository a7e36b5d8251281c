package io.meristem.rank;

import io.meristem.engine.Tensors;
import io.meristem.execute.ImageFeed;
import io.meristem.execute.Network;
import io.meristem.op.Conv2d;
import io.meristem.op.Padding;
import io.meristem.op.WeightedLayer;
import io.meristem.op.Window;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What a layer's weight, as a matrix (out, m), is multiplied with: vectors of m numbers, which is the space that the rows of an adapter's A live in. Of each
 * photo those at up to four places of the output are taken, at a quarter and three quarters of its height and width. In a grouped convolution every group
 * has a vector at a place; the groups take turns, one a place.
 */
final class InputPatches implements AutoCloseable {

    private final List<Tensor> parts = new ArrayList<>();
    private int taken;

    private InputPatches() {}

    /**
     * Runs {@code photos} through the network, without gradient.
     *
     * @return explained variance ratios by layer name, see {@link #explainedVariance}
     */
    static Map<String, double[]> explainedVariance(
            Network network, Map<String, WeightedLayer> layers, ImageFeed photos) {
        return of(network, layers, photos, (name, rows) -> explainedVariance(rows));
    }

    /**
     * Runs {@code photos} through the network, without gradient.
     *
     * @param measure is given a layer's name and its vectors, (n, m) as they entered the layer, while the network is folded as in {@link Network#foldReversibly}
     * @return what it makes of them, by layer name
     */
    static <T> Map<String, T> of(
            Network network,
            Map<String, WeightedLayer> layers,
            ImageFeed photos,
            BiFunction<String, Tensor, T> measure) {
        Map<String, InputPatches> patches = new LinkedHashMap<>();
        layers.forEach((name, layer) -> {
            InputPatches of = new InputPatches();
            patches.put(name, of);
            layer.setObserver(of::observe);
        });
        network.train(false);
        // What enters a layer is the same with normalisation folded.
        try (NoGradGuard guard = new NoGradGuard();
                Network.Folding folding = network.foldReversibly()) {
            photos.forEach(batch -> {
                try (PointerScope scope = new PointerScope()) {
                    network.forward(batch);
                }
            });
            Map<String, T> measured = new LinkedHashMap<>();
            patches.forEach((name, of) -> {
                try (PointerScope scope = new PointerScope()) {
                    Tensor rows = torch.cat(new TensorVector(of.parts.toArray(new Tensor[0])));
                    measured.put(name, measure.apply(name, rows));
                }
            });
            return measured;
        } finally {
            layers.values().forEach(layer -> layer.setObserver(null));
            patches.values().forEach(InputPatches::close);
        }
    }

    private void observe(WeightedLayer layer, Tensor x, Tensor y) {
        try (PointerScope scope = new PointerScope()) {
            if (layer.op() instanceof Conv2d conv) {
                for (int i : places(y.size(2))) {
                    for (int j : places(y.size(3))) {
                        take(patch(conv, x, i, j), conv.groups());
                    }
                }
            } else if (x.dim() == 4) { // a linear layer on a map (N, H, W, C)
                for (int i : places(x.size(1))) {
                    for (int j : places(x.size(2))) {
                        take(x.narrow(1, i, 1).narrow(2, j, 1), 1);
                    }
                }
            } else {
                take(x, 1);
            }
        }
    }

    /** A quarter and three quarters of the way along {@code length}; one place where there is only one. */
    static int[] places(long length) {
        int n = Math.toIntExact(length);
        return n == 1 ? new int[] {0} : new int[] {n / 4, 3 * n / 4};
    }

    /** What output (i, j) of a convolution is computed from: (N, C, kh, kw), zeros beyond the border included. */
    private static Tensor patch(Conv2d conv, Tensor x, int i, int j) {
        Window window = conv.window();
        Padding.Fixed around = window.around(x);
        long top = (long) i * window.stride() - around.top();
        long left = (long) j * window.stride() - around.left();
        long[] rows = {Math.max(0, top), Math.min(x.size(2), top + window.height())};
        long[] columns = {Math.max(0, left), Math.min(x.size(3), left + window.width())};
        Tensor inside = x.narrow(2, rows[0], rows[1] - rows[0]).narrow(3, columns[0], columns[1] - columns[0]);
        return torch.constant_pad_nd(
                inside,
                columns[0] - left,
                left + window.width() - columns[1],
                rows[0] - top,
                top + window.height() - rows[1]);
    }

    /** Keeps one vector of each photo, copied: (N, groups * m) are the values of {@code place}. */
    private void take(Tensor place, int groups) {
        int n = Math.toIntExact(place.size(0));
        long[] turns = new long[n];
        for (int p = 0; p < n; p++) {
            turns[p] = (long) p * groups + (taken + p) % groups;
        }
        Tensor all = place.reshape((long) n * groups, -1);
        Tensor index = Tensors.of(turns).to(place.device(), ScalarType.Long);
        parts.add(Tensors.keep(all.index_select(0, index)));
        taken += n;
    }

    /**
     * The variances of the vectors' principal components over the variance of all, greatest first; zeros when nothing varies. At most as many as vectors
     * or numbers in one.
     */
    private static double[] explainedVariance(Tensor vectors) {
        Tensor rows = vectors.to(ScalarType.Double);
        double[] spectrum = Spectrum.ofRows(rows.sub(rows.mean(0)));
        double sum = 0;
        for (double value : spectrum) {
            sum += value;
        }
        for (int i = 0; i < spectrum.length; i++) {
            spectrum[i] = sum > 0 ? spectrum[i] / sum : 0;
        }
        return spectrum;
    }

    @Override
    public void close() {
        parts.forEach(Tensors::free);
        parts.clear();
    }
}
