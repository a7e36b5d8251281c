package io.meristem.report;

import io.meristem.Wording;
import io.meristem.data.check.CheckResult;
import io.meristem.data.check.ClassCount;
import io.meristem.data.check.Finding;
import io.meristem.data.check.Probe;
import io.meristem.data.check.Severity;
import io.meristem.data.image.Thumbnail;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the page about a photo folder shows. */
final class CheckPage {

    /** Longer side of a thumbnail, pixels. */
    private static final int SIDE = 120;

    /** A class is shaded from this on, fully at 1. */
    private static final double STRIKING = 0.5;

    /**
     * @param picture a data URI, or null where the photo cannot be read
     * @param width of the picture in pixels, 0 without one
     */
    record ShownPhoto(String path, String picture, int width, int height) {}

    /** Photos under one caption. */
    record Strip(String caption, List<ShownPhoto> photos) {}

    /**
     * @param mend what to do about it, in the words of whom the page is for
     * @param strips photos to look at
     */
    record FindingView(Finding finding, String mend, List<Strip> strips) {

        String severity() {
            return switch (finding.severity()) {
                case SEVERE -> "Severe";
                case WARNING -> "Warning";
                case NOTE -> "Note";
            };
        }

        String look() {
            return "finding " + severity().toLowerCase(Locale.ROOT);
        }
    }

    private final CheckResult result;
    private final List<FindingView> found = new ArrayList<>();

    CheckPage(CheckResult result, Wording wording) {
        this.result = result;
        Map<String, ShownPhoto> shown = new HashMap<>();
        for (Finding finding : result.findings()) {
            List<Strip> strips = new ArrayList<>();
            for (Finding.Example example : finding.examples()) {
                strips.add(new Strip(
                        example.caption(),
                        example.paths().stream()
                                .map(path -> shown.computeIfAbsent(path, this::show))
                                .toList()));
            }
            found.add(new FindingView(finding, finding.mend().text(wording), strips));
        }
    }

    private ShownPhoto show(String path) {
        try {
            Thumbnail thumbnail = Thumbnail.of(result.folder().resolve(path), SIDE);
            String picture = "data:image/jpeg;base64," + Base64.getEncoder().encodeToString(thumbnail.jpeg());
            return new ShownPhoto(path, picture, thumbnail.width(), thumbnail.height());
        } catch (IOException e) {
            // Files that cannot be read are findings too: they are named, without a picture.
            return new ShownPhoto(path, null, 0, 0);
        }
    }

    String title() {
        return "Photos in " + result.folder().getFileName();
    }

    CheckResult result() {
        return result;
    }

    List<FindingView> found() {
        return found;
    }

    long severe() {
        return result.count(Severity.SEVERE);
    }

    long warnings() {
        return result.count(Severity.WARNING);
    }

    long notes() {
        return result.count(Severity.NOTE);
    }

    Grid classes() {
        Grid grid = result.divided()
                ? Grid.of(
                        "classes",
                        "Photos that can be read",
                        "class",
                        "training",
                        "validation",
                        "test",
                        "all",
                        "median short side",
                        "least")
                : Grid.of("classes", "Photos that can be read", "class", "all", "median short side", "least");
        for (ClassCount c : result.classes()) {
            List<TableCell> cells = new ArrayList<>(List.of(TableCell.text(c.name())));
            if (result.divided()) {
                cells.addAll(
                        List.of(TableCell.number(c.train()), TableCell.number(c.val()), TableCell.number(c.test())));
            }
            cells.addAll(List.of(
                    TableCell.number(c.total()),
                    TableCell.number(c.medianShortSide()),
                    TableCell.number(c.leastShortSide())));
            grid.row(cells.toArray(TableCell[]::new));
        }
        return grid;
    }

    Grid probes() {
        Grid grid = Grid.of(
                "probes", "What a small model names rightly", "it sees", "accuracy", "always the largest class");
        for (Probe probe : result.probes()) {
            grid.row(
                    TableCell.text(probe.kind().label()),
                    TableCell.number(NumberFormats.percent(probe.accuracy())),
                    TableCell.number(NumberFormats.percent(probe.majority())));
        }
        return grid;
    }

    /** Class by class and probe by probe: F1, with recall and precision where the mouse rests. */
    Grid probedClasses() {
        List<String> columns = new ArrayList<>(List.of("class", "photos"));
        result.probes().forEach(p -> columns.add(p.kind().label()));
        Grid grid = Grid.of("probed-classes", "How well each class is told (F1)", columns.toArray(String[]::new));
        List<Probe.ClassScore> first = result.probes().get(0).classes();
        for (int c = 0; c < first.size(); c++) {
            List<TableCell> cells = new ArrayList<>(List.of(
                    TableCell.text(first.get(c).name()),
                    TableCell.number(first.get(c).photos())));
            for (Probe probe : result.probes()) {
                Probe.ClassScore score = probe.classes().get(c);
                double share = Math.max(0, (score.f1() - STRIKING) / (1 - STRIKING));
                cells.add(TableCell.shaded(
                        NumberFormats.score(score.f1()),
                        probe.kind() == Probe.Kind.CENTRE ? 0 : share,
                        Shade.RED,
                        "found " + NumberFormats.percent(score.recall()) + ", named rightly "
                                + NumberFormats.percent(score.precision())));
            }
            grid.row(cells.toArray(TableCell[]::new));
        }
        return grid;
    }
}
