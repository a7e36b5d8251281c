package io.meristem.report;

import io.meristem.artifact.Provenance;
import io.meristem.artifact.RunResult;
import io.meristem.data.folder.Split;
import io.meristem.eval.Interval;
import io.meristem.eval.Scores;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** How many photos there were, and how well they were told apart. */
final class ScoreTables {

    private ScoreTables() {}

    /** Photos by class and side, those that could be read. */
    static Grid photos(List<String> classes, Provenance provenance) {
        Grid grid = Grid.of("photos", "Photos that could be read", "class", "training", "validation", "test", "all");
        List<Long> sums = new ArrayList<>(List.of(0L, 0L, 0L));
        for (String name : classes) {
            Map<Split, Integer> sides = provenance.photos().getOrDefault(name, Map.of());
            List<Long> counts = Stream.of(Split.TRAIN, Split.VAL, Split.TEST)
                    .map(split -> (long) sides.getOrDefault(split, 0))
                    .toList();
            for (int i = 0; i < counts.size(); i++) {
                sums.set(i, sums.get(i) + counts.get(i));
            }
            grid.rows().add(row(name, counts));
        }
        grid.rows().add(row("all", sums));
        return grid;
    }

    private static List<TableCell> row(String name, List<Long> counts) {
        List<TableCell> cells = new ArrayList<>(List.of(TableCell.text(name)));
        counts.forEach(count -> cells.add(TableCell.number(count)));
        cells.add(TableCell.number(counts.stream().mapToLong(Long::longValue).sum()));
        return cells;
    }

    static Grid sides(RunResult result) {
        Grid grid = Grid.of(
                "scores",
                "Of the best epoch's network",
                "photos of",
                "photos",
                "right",
                "accuracy",
                "95 % interval",
                "macro F1",
                "mAP",
                "log loss");
        side(grid, "test", result.test());
        side(grid, "validation", result.val());
        return grid;
    }

    private static void side(Grid grid, String name, Scores scores) {
        if (scores != null) {
            grid.row(
                    TableCell.text(name),
                    TableCell.number(scores.photos()),
                    TableCell.number(scores.right()),
                    TableCell.number(NumberFormats.percent(scores.accuracy())),
                    TableCell.number(NumberFormats.percent(scores.interval())),
                    TableCell.number(NumberFormats.score(scores.macroF1())),
                    TableCell.number(NumberFormats.score(scores.meanAveragePrecision())),
                    TableCell.number(NumberFormats.score(scores.logLoss())));
        }
    }

    static Grid classes(Scores scores) {
        Grid grid = Grid.of(
                "classes",
                "",
                "class",
                "photos",
                "found (recall)",
                "95 % interval",
                "named rightly (precision)",
                "F1",
                "average precision");
        for (int c = 0; c < scores.classes().size(); c++) {
            Scores.ClassScore score = scores.classes().get(c);
            boolean some = score.photos() > 0;
            Interval interval = Interval.wilson(scores.confusion()[c][c], score.photos());
            grid.row(
                    TableCell.text(score.name()),
                    TableCell.number(score.photos()),
                    TableCell.number(NumberFormats.percent(score.recall())),
                    TableCell.number(some ? NumberFormats.percent(interval) : NumberFormats.percent((Double) null)),
                    TableCell.number(NumberFormats.percent(score.precision())),
                    TableCell.number(NumberFormats.score(score.f1())),
                    TableCell.number(NumberFormats.score(score.averagePrecision())));
        }
        return grid;
    }
}
