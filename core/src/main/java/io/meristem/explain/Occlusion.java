package io.meristem.explain;

import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Occlusion (Zeiler and Fergus 2014): a square of the photo's mean colour is laid over one place after another, and the map holds by how much the logarithm of
 * the class's probability falls, 0 where it rises. {@value #CELLS} x {@value #CELLS} places, each square as wide as {@value #SIDE} of them; a forward pass for
 * each. It asks the network alone: nothing is assumed about its layers, nor where their cells look.
 */
final class Occlusion implements Explainer {

    static final int CELLS = 10;
    static final int SIDE = 2;
    private static final int BATCH = 20;
    private static final double LEAST = 1e-9;
    private static final long[] POSITIONS = {2, 3};

    private final Network network;

    /** @param network in evaluation mode; stays the caller's */
    Occlusion(Network network) {
        this.network = network;
    }

    @Override
    public Explanation[] explain(Tensor images, int[] labels) {
        Explanation[] all = new Explanation[Math.toIntExact(images.size(0))];
        for (int i = 0; i < all.length; i++) {
            try (PointerScope scope = new PointerScope();
                    NoGradGuard guard = new NoGradGuard()) {
                Tensor image = images.narrow(0, i, 1);
                BatchAnswers whole =
                        BatchAnswers.of(network.forward(image), labels == null ? null : new int[] {labels[i]});
                all[i] = one(image, whole.labels()[0], whole.rows()[0]);
            }
        }
        return all;
    }

    private Explanation one(Tensor image, int label, float[] whole) {
        int size = Math.toIntExact(image.size(2));
        Tensor mean = image.mean(POSITIONS, true, new ScalarTypeOptional()); // (1, 3, 1, 1)
        float[] falls = new float[CELLS * CELLS];
        for (int from = 0; from < falls.length; from += BATCH) {
            int to = Math.min(falls.length, from + BATCH);
            try (PointerScope scope = new PointerScope()) {
                List<Tensor> views = new ArrayList<>();
                for (int place = from; place < to; place++) {
                    views.add(covered(image, mean, place, size));
                }
                Tensor batch = torch.cat(new TensorVector(views.toArray(new Tensor[0])));
                float[][] rows = BatchAnswers.of(network.forward(Tensors.channelsLast(batch)), null)
                        .rows();
                for (int place = from; place < to; place++) {
                    double fall = log(whole[label]) - log(rows[place - from][label]);
                    falls[place] = (float) Math.max(0, fall);
                }
            }
        }
        double step = (double) size / CELLS;
        CoarseMap map = new CoarseMap(CELLS, CELLS, falls, new CoarseMap.Cells(step, step / 2, step / 2));
        return new Explanation(label, whole, map);
    }

    private static double log(float probability) {
        return Math.log(Math.max(LEAST, probability));
    }

    private static Tensor covered(Tensor image, Tensor mean, int place, int size) {
        Tensor view = image.clone();
        long left = edge(place % CELLS, -1, size);
        long right = edge(place % CELLS, 1, size);
        long top = edge(place / CELLS, -1, size);
        long bottom = edge(place / CELLS, 1, size);
        Tensor square = view.narrow(2, top, bottom - top).narrow(3, left, right - left);
        Tensors.inPlace(square, square.copy_(mean.expand(1, 3, bottom - top, right - left)));
        return view;
    }

    /** The lower (-1) or upper (1) edge of the square around a cell, within the picture. */
    private static long edge(int cell, int direction, int size) {
        return Math.round(Math.max(0, Math.min(CELLS, cell + 0.5 + direction * SIDE / 2.0)) * size / CELLS);
    }
}
