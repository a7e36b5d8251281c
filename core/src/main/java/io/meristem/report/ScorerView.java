package io.meristem.report;

import io.meristem.artifact.RankLine;
import io.meristem.rank.ScorerSummary;
import java.util.ArrayList;
import java.util.List;

/**
 * What a scorer saw in each layer at one allocation, as a small picture a layer: a spectrum where it saw directions, else a bar.
 *
 * @param title says which allocation
 * @param measure what the pictures show
 */
record ScorerView(String id, String title, String sentence, String measure, List<Row> rows) {

    private static final int HEIGHT = 18;
    private static final int STEP = 6;
    private static final int BAR = 5;
    private static final int LONGEST = 150;

    /** Directions that a picture has room for. */
    private static final int MOST = 64;

    /**
     * @param share of all that was seen
     * @param words the same for who does not see pictures
     */
    record Row(String layer, String kind, String share, int rank, int width, List<Box> boxes, String words) {
        int height() {
            return HEIGHT;
        }
    }

    /** In the picture's own pixels, from its top left corner. */
    record Box(int x, int y, int width, int height) {}

    /** Of each allocation of which the importance of layers is known. */
    static List<ScorerView> of(List<RankLine> allocations) {
        List<ScorerView> seen = new ArrayList<>();
        for (RankLine line : allocations) {
            if (!line.layers().isEmpty() && line.layers().stream().allMatch(layer -> layer.importance() != null)) {
                seen.add(of(line, "seen-" + (seen.size() + 1)));
            }
        }
        return seen;
    }

    private static ScorerView of(RankLine line, String id) {
        ScorerSummary sight = sight(line);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < line.layers().size(); i++) {
            RankLine.Layer layer = line.layers().get(i);
            double share = sight.share(sight.layers().get(i));
            List<Box> boxes = sight.hasDirections() ? spectrum(layer.gains()) : bar(layer.importance());
            String words = sight.hasDirections()
                    ? NumberFormats.count(
                                    layer.gains().stream()
                                            .filter(gain -> gain > 0)
                                            .count(),
                                    "direction") + " with a gain"
                    : "importance " + NumberFormats.score(layer.importance());
            rows.add(new Row(
                    layer.layer(),
                    layer.kind(),
                    NumberFormats.percent(share),
                    layer.rank(),
                    boxes.stream().mapToInt(box -> box.x() + box.width()).max().orElse(1),
                    boxes,
                    words));
        }
        String scorer = line.scorer() == null ? "the scorer" : "the scorer " + line.scorer();
        return new ScorerView(
                id,
                "What " + scorer + " saw before epoch " + line.firstEpoch(),
                sight.sentence(),
                sight.hasDirections() ? "gain by direction" : "importance",
                rows);
    }

    private static ScorerSummary sight(RankLine line) {
        return new ScorerSummary(line.layers().stream()
                .map(layer -> new ScorerSummary.Layer(layer.layer(), within(layer.importance()), layer.gains()))
                .toList());
    }

    /** A number of a file that may come from anywhere. */
    private static double within(double importance) {
        return importance >= 0 ? Math.min(1, importance) : 0;
    }

    private static List<Box> spectrum(List<Double> gains) {
        List<Box> boxes = new ArrayList<>();
        double greatest = gains.stream().mapToDouble(Double::doubleValue).max().orElse(0);
        for (int i = 0; i < Math.min(MOST, gains.size()); i++) {
            double gain = gains.get(i);
            if (gain > 0) {
                int height = Math.max(1, (int) Math.round(HEIGHT * gain / greatest));
                boxes.add(new Box(i * STEP, HEIGHT - height, BAR, height));
            }
        }
        return boxes;
    }

    private static List<Box> bar(double importance) {
        double share = within(importance);
        return share > 0
                ? List.of(new Box(0, HEIGHT / 4, Math.max(1, (int) Math.round(LONGEST * share)), HEIGHT / 2))
                : List.of();
    }

    /** How fast the gain gathers as directions are taken; null where none were seen, or nothing gains. */
    static Figure gathered(List<RankLine> allocations) {
        List<List<Double>> all = new ArrayList<>();
        List<String> labels = new ArrayList<>();
        for (RankLine line : allocations) {
            if (line.layers().stream().allMatch(layer -> layer.importance() != null)) {
                List<Double> held = sight(line).held();
                if (!held.isEmpty()) {
                    all.add(held);
                    labels.add("before epoch " + line.firstEpoch());
                }
            }
        }
        int most = all.stream().mapToInt(List::size).max().orElse(0);
        if (most == 0) {
            return null;
        }
        List<Double> xs = new ArrayList<>();
        for (int i = 1; i <= most; i++) {
            xs.add((double) i);
        }
        List<Plot.Series> series = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            List<Double> values = new ArrayList<>(all.get(i));
            while (values.size() < most) {
                values.add(null);
            }
            series.add(new Plot.Series(labels.get(i), i, i % 2 == 1, values, null, null));
        }
        return new Figure(
                "gathered",
                "How the gain is spread over directions",
                "The share of all gain that the best direction holds, the best two, and so on, over all layers. A curve that rises at once: few directions"
                        + " matter. Upright dashed line: where the first curve reaches "
                        + NumberFormats.setPercent(ScorerSummary.MOST) + ".",
                new Plot(
                        "directions, best first",
                        "share of the gain",
                        true,
                        true,
                        true,
                        false,
                        xs,
                        series,
                        List.of(new Plot.Mark(reached(all.get(0)), -1, 1))));
    }

    private static double reached(List<Double> held) {
        int at = 0;
        while (at < held.size() - 1 && held.get(at) < ScorerSummary.MOST) {
            at++;
        }
        return at + 1;
    }
}
