package io.meristem.adapter;

import io.meristem.op.WeightedLayer;
import java.util.List;
import java.util.Map;

/**
 * What one rank costs on a layer whose weight is (out, columns) as a matrix, {@code columns = in/groups * kh * kw}: an adapter of rank r holds {@code
 * r * (out + columns)} trainable numbers. With 15 classes this reproduces all twelve LoRA sizes of the source's table 3.
 */
public record LayerSize(String name, String kind, int out, int columns) {

    /** A MiB of float32, the unit of every reported size. */
    public static final double NUMBERS_PER_MIB = 1 << 18;

    public static LayerSize of(String name, WeightedLayer layer) {
        return new LayerSize(name, layer.kind(), layer.outFeatures(), layer.columns());
    }

    /** Of layers by name, in their order. */
    public static List<LayerSize> of(Map<String, WeightedLayer> layers) {
        return layers.entrySet().stream()
                .map(entry -> of(entry.getKey(), entry.getValue()))
                .toList();
    }

    /** Trainable numbers of one rank. */
    public int perRank() {
        return out + columns;
    }

    /** The rank above which an adapter can express nothing more. */
    public int fullRank() {
        return Math.min(out, columns);
    }

    /** Trainable numbers of all layers together, {@code ranks} in the order of {@code layers}. */
    public static long numbers(List<LayerSize> layers, int[] ranks) {
        long sum = 0;
        for (int i = 0; i < ranks.length; i++) {
            sum += (long) ranks[i] * layers.get(i).perRank();
        }
        return sum;
    }

    /**
     * The rank, one for all layers and at least 1, whose size is nearest to {@code mib}.
     *
     * @param capped whether a layer gets no more than its {@linkplain #fullRank full rank}
     */
    public static int nearestRank(double mib, List<LayerSize> layers, boolean capped) {
        int rank = 1;
        double gap = Double.POSITIVE_INFINITY;
        for (int r = 1; ; r++) {
            int of = r;
            double size = mib(layers.stream()
                    .mapToLong(layer -> (long) layer.perRank() * (capped ? Math.min(of, layer.fullRank()) : of))
                    .sum());
            if (Math.abs(size - mib) >= gap) {
                return rank;
            }
            gap = Math.abs(size - mib);
            rank = r;
        }
    }

    /**
     * The greatest rank, one for all layers, that takes no more than {@code numbers}; at most the rank from which on nothing grows any more. 0 where not even rank 1 fits.
     *
     * @param limit what a layer gets of a rank that it cannot use
     */
    public static int greatestRank(long numbers, List<LayerSize> layers, RankLimit limit) {
        int most = layers.stream().mapToInt(LayerSize::fullRank).max().orElse(0);
        int rank = 0;
        while (numbers(layers, rank + 1, limit) <= numbers && (limit == RankLimit.NONE || rank < most)) {
            rank++;
        }
        return rank;
    }

    /** Trainable numbers of all layers together with one rank for all. */
    public static long numbers(List<LayerSize> layers, int rank, RankLimit limit) {
        return layers.stream()
                .mapToLong(layer -> (long) layer.perRank() * limit.of(rank, layer))
                .sum();
    }

    public static double mib(long numbers) {
        return numbers / NUMBERS_PER_MIB;
    }
}
