package io.meristem.rank;

import io.meristem.adapter.LayerSize;
import io.meristem.nn.ImageFeed;
import io.meristem.nn.Network;
import io.meristem.nn.WeightedLayer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The outcome of measuring a network on calibration photos: for each layer what was seen and the rank that follows. */
public record Allocation(List<Row> rows) {

    /**
     * One layer.
     *
     * @param correction the factor C
     * @param importance I, before any budget
     */
    public record Row(LayerSize layer, Similarity similarity, double correction, double importance, int rank) {

        /** Trainable numbers of this layer's adapter. */
        public long numbers() {
            return (long) rank * layer.perRank();
        }
    }

    /** Measures {@code network} and gives each of {@code layers} a rank. */
    public static Allocation of(
            Network network,
            Map<String, WeightedLayer> layers,
            ImageFeed calibration,
            Importance importance,
            RankOptions options) {
        Map<String, Similarity> measured = GramProbe.measure(network, calibration);
        List<LayerSize> sizes = new ArrayList<>();
        layers.forEach((name, layer) -> sizes.add(LayerSize.of(name, layer)));
        double[] signal = sizes.stream()
                .mapToDouble(size -> importance.of(measured.get(size.name())))
                .toArray();
        int[] ranks = Allocator.allocate(sizes, signal, options);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < ranks.length; i++) {
            Similarity s = measured.get(sizes.get(i).name());
            rows.add(new Row(sizes.get(i), s, importance.correction(s), signal[i], ranks[i]));
        }
        return new Allocation(List.copyOf(rows));
    }

    /** Rank by layer name, in definition order. */
    public Map<String, Integer> ranks() {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        rows.forEach(row -> ranks.put(row.layer().name(), row.rank()));
        return ranks;
    }

    /** Trainable numbers of all adapters together. */
    public long numbers() {
        return rows.stream().mapToLong(Row::numbers).sum();
    }
}
