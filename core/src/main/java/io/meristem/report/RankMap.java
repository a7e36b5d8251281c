package io.meristem.report;

import io.meristem.artifact.RankLine;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Ranks as a heat map: a row a layer, a column an allocation.
 *
 * @param id names it within the page
 * @param columns the epoch that each allocation was first trained in
 * @param panels the rows in network order, cut into pieces that stand side by side
 * @param most the greatest rank, which has the darkest colour
 */
record RankMap(String id, String title, List<String> columns, List<List<Row>> panels, int most) {

    /** Rows that fit beside each other on a page. */
    private static final int PANEL = 40;

    private static final int PANELS = 3;

    /** @param kind of the layer, such as depthwise */
    record Row(String layer, String kind, List<TableCell> ranks) {}

    /** Null when there are no allocations. */
    static RankMap of(String id, String title, List<RankLine> allocations) {
        if (allocations.isEmpty()) {
            return null;
        }
        int most = allocations.stream()
                .flatMap(line -> line.layers().stream())
                .mapToInt(RankLine.Layer::rank)
                .max()
                .orElse(1);
        Map<String, RankLine.Layer[]> byLayer = new LinkedHashMap<>();
        for (int i = 0; i < allocations.size(); i++) {
            for (RankLine.Layer layer : allocations.get(i).layers()) {
                byLayer.computeIfAbsent(layer.layer(), name -> new RankLine.Layer[allocations.size()])[i] = layer;
            }
        }
        List<Row> rows = new ArrayList<>();
        byLayer.forEach((name, layers) -> rows.add(row(name, layers, most)));
        List<String> columns = allocations.stream()
                .map(line -> String.valueOf(line.firstEpoch()))
                .toList();
        return new RankMap(id, title, columns, panels(rows), most);
    }

    private static Row row(String name, RankLine.Layer[] layers, int most) {
        List<TableCell> cells = new ArrayList<>();
        String kind = "";
        for (RankLine.Layer layer : layers) {
            if (layer == null) {
                cells.add(TableCell.number(""));
                continue;
            }
            kind = layer.kind();
            String title = name + ", " + kind + ": rank " + layer.rank() + ", " + layer.numbers() + " numbers"
                    + (layer.importance() == null ? "" : ", importance " + NumberFormats.score(layer.importance()));
            cells.add(TableCell.shaded(
                    String.valueOf(layer.rank()), (double) layer.rank() / Math.max(1, most), Shade.GREEN, title));
        }
        return new Row(name, kind, cells);
    }

    /** Up to three panels, as equal as can be; one where the rows are few. */
    private static List<List<Row>> panels(List<Row> rows) {
        int count = Math.max(1, Math.min(PANELS, (rows.size() + PANEL - 1) / PANEL));
        int each = (rows.size() + count - 1) / count;
        List<List<Row>> panels = new ArrayList<>();
        for (int from = 0; from < rows.size(); from += each) {
            panels.add(List.copyOf(rows.subList(from, Math.min(rows.size(), from + each))));
        }
        return panels;
    }

    /** The colour scale, from rank 0 to the greatest. */
    List<TableCell> legend() {
        List<TableCell> cells = new ArrayList<>();
        int steps = Math.min(most, 8);
        for (int i = 0; i <= steps; i++) {
            int rank = Math.round((float) most * i / Math.max(1, steps));
            cells.add(TableCell.shaded(String.valueOf(rank), (double) rank / Math.max(1, most), Shade.GREEN, null));
        }
        return cells;
    }
}
