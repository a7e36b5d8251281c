package io.meristem.report;

import io.meristem.eval.Scores;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What was taken for what. */
final class Confusion {

    /** With more classes than these the columns have numbers in place of names, and the most frequent mistakes are named. */
    private static final int FEW = 9;

    private static final int MOST = 10;

    private Confusion() {}

    static boolean many(Scores scores) {
        return scores.classes().size() > FEW;
    }

    /** Rows true, columns predicted; coloured by the share of the row. */
    static Grid matrix(Scores scores) {
        List<String> names =
                scores.classes().stream().map(Scores.ClassScore::name).toList();
        List<String> columns = new ArrayList<>(List.of("true \\ named"));
        List<List<TableCell>> rows = new ArrayList<>();
        for (int truth = 0; truth < names.size(); truth++) {
            columns.add(many(scores) ? String.valueOf(truth + 1) : names.get(truth));
            String name = many(scores) ? truth + 1 + "  " + names.get(truth) : names.get(truth);
            List<TableCell> cells = new ArrayList<>(List.of(TableCell.text(name)));
            for (int named = 0; named < names.size(); named++) {
                cells.add(cell(scores, truth, named));
            }
            rows.add(cells);
        }
        return new Grid("confusion", "Counts of photos", columns, rows);
    }

    private static TableCell cell(Scores scores, int truth, int named) {
        int count = scores.confusion()[truth][named];
        double share = share(scores, truth, named);
        String title = NumberFormats.percent(share) + " of "
                + scores.classes().get(truth).name() + " named "
                + scores.classes().get(named).name();
        Shade shade = truth == named ? Shade.GREEN : Shade.RED;
        return count == 0
                ? new TableCell("0", true, "color:#9aa59e", title)
                : TableCell.shaded(String.valueOf(count), share, shade, title);
    }

    private static double share(Scores scores, int truth, int named) {
        return (double) scores.confusion()[truth][named]
                / Math.max(1, scores.classes().get(truth).photos());
    }

    private record MixUp(int truth, int named, int count) {}

    /** The mistakes that were made most often; null where the matrix is small enough to show them at a glance, or there are none. */
    static Grid frequent(Scores scores) {
        List<MixUp> pairs = new ArrayList<>();
        for (int truth = 0; truth < scores.confusion().length; truth++) {
            for (int named = 0; named < scores.confusion().length; named++) {
                if (truth != named && scores.confusion()[truth][named] > 0) {
                    pairs.add(new MixUp(truth, named, scores.confusion()[truth][named]));
                }
            }
        }
        if (!many(scores) || pairs.isEmpty()) {
            return null;
        }
        Grid grid = Grid.of(
                "frequent", "The most frequent mistakes", "what is", "was named", "photos", "share of those that are");
        pairs.stream()
                .sorted(Comparator.comparingInt(MixUp::count).reversed())
                .limit(MOST)
                .forEach(p -> grid.row(
                        TableCell.text(scores.classes().get(p.truth()).name()),
                        TableCell.text(scores.classes().get(p.named()).name()),
                        TableCell.number(p.count()),
                        TableCell.number(NumberFormats.percent(share(scores, p.truth(), p.named())))));
        return grid;
    }
}
