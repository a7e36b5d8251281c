package io.meristem.report;

import io.meristem.Action;
import io.meristem.Message;
import io.meristem.Wording;
import io.meristem.artifact.Calibration;
import io.meristem.artifact.Json;
import io.meristem.artifact.RunResult;
import io.meristem.artifact.StoredPhotos;
import io.meristem.eval.Scores;
import io.meristem.rank.SizeHistory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the page of a run shows.
 *
 * @param mistakes null where nothing has been judged * @param heatmaps null where nothing has been judged, or none are wanted
 * @param wording in which it says what a reader can do
 */
record RunPage(RunFiles run, Mistakes mistakes, Heatmaps heatmaps, Wording wording) {

    /**
     * @param photos the folder where the photos lie now, or null for where they were in training
     * @param choice null for no heatmaps
     */
    static RunPage of(RunFiles run, Path photos, HeatmapChoice choice, Wording wording) {
        if (run.judged() == null) {
            return new RunPage(run, null, null, wording);
        }
        StoredPhotos.Present found = photos == null ? run.photos() : new StoredPhotos.Present(photos, List.of());
        Path at = found.place();
        return new RunPage(
                run,
                Mistakes.of(run, at, wording).lacking(found, wording),
                choice == null ? null : Heatmaps.of(run, at, choice, wording),
                wording);
    }

    String title() {
        return run.config().model().name() + " on " + run.dataName() + ", " + run.method();
    }

    boolean synthetic() {
        return run.provenance().synthetic();
    }

    boolean finished() {
        return run.result() != null;
    }

    int epochsDone() {
        return run.epochs().size();
    }

    int epochsWanted() {
        return run.config().train().epochs();
    }

    /** Null where nothing has been judged. */
    Scores scores() {
        return run.judged();
    }

    /** "test" or "validation". */
    String side() {
        return run.judgedOnTest() ? "test" : "validation";
    }

    long right() {
        return scores().right();
    }

    String accuracy() {
        return NumberFormats.percent(scores().accuracy());
    }

    String interval() {
        return NumberFormats.percent(scores().interval());
    }

    String methodSentence() {
        return RunSettings.sentence(run.config().train().method());
    }

    List<String> cautions() {
        return Cautions.of(run);
    }

    List<String> unreadable() {
        return run.provenance().unreadable();
    }

    /** The figures that matter most, as value and name. */
    List<TableCell> tiles() {
        List<TableCell> tiles = new ArrayList<>();
        RunResult result = run.result();
        if (result == null) {
            return tiles;
        }
        if (scores() != null) {
            tiles.add(tile(accuracy(), side() + " accuracy, one run"));
            tiles.add(tile(NumberFormats.score(scores().macroF1()), "macro F1"));
        }
        tiles.add(tile(NumberFormats.mib(result.averageMib()), "trained by the method, on average"));
        tiles.add(tile(NumberFormats.mib(result.modelMib()), "whole network"));
        tiles.add(tile(NumberFormats.seconds(result.secondsPerEpoch()), "an epoch"));
        return tiles;
    }

    private static TableCell tile(String value, String name) {
        return new TableCell(value, true, null, name);
    }

    Grid photos() {
        return ScoreTables.photos(run.classes(), run.provenance());
    }

    Grid sides() {
        return ScoreTables.sides(run.result());
    }

    Grid classes() {
        return ScoreTables.classes(scores());
    }

    Grid confusion() {
        return Confusion.matrix(scores());
    }

    boolean manyClasses() {
        return Confusion.many(scores());
    }

    /** Null where the matrix shows it. */
    Grid frequent() {
        return Confusion.frequent(scores());
    }

    /** Null for a run that has not been calibrated. */
    Trust trust() {
        Calibration calibration = run.calibration();
        return calibration == null ? null : new Trust(calibration);
    }
    /** What is said where there is no {@link #trust}. */
    String untrusted() {
        return Message.of(
                        "The probabilities of this run have not been compared with how often it is right; %s does that for a run that has validation photos.",
                        Action.CALIBRATE)
                .text(wording);
    }

    List<Figure> curves() {
        return RunCurves.figures(run);
    }

    Grid epochs() {
        return RunCurves.epochs(run);
    }

    /** Null when the size never changed. */
    Figure size() {
        return RunCurves.size(run);
    }

    Grid sizes() {
        RunResult result = run.result();
        Grid grid = Grid.of("sizes", "Sizes in MiB of float32 (4 bytes a number)", "what", "MiB", "of the network");
        double whole = result.modelMib();
        for (SizeHistory.Span span : result.sizes()) {
            size(grid, "method, from epoch " + span.firstEpoch() + " on", span.size(), whole);
        }
        size(grid, "method, average over the epochs", result.averageMib(), whole);
        size(grid, "head, trained in full beside it", result.headMib(), whole);
        size(grid, "whole network", whole, whole);
        return grid;
    }

    private static void size(Grid grid, String name, double mib, double whole) {
        grid.row(
                TableCell.text(name),
                TableCell.number(NumberFormats.format("%.2f", mib)),
                TableCell.number(NumberFormats.percent(mib / whole)));
    }

    /** Null for a method without ranks. */
    RankMap ranks() {
        return RankMap.of("ranks", "Ranks", run.ranks());
    }

    /** What the scorer saw at each allocation; empty for a method without one. */
    List<ScorerView> seen() {
        return ScorerView.of(run.ranks());
    }

    /** Null where no scorer saw directions. */
    Figure gathered() {
        return ScorerView.gathered(run.ranks());
    }

    Grid settings() {
        return RunSettings.grid(run.config(), run.classes());
    }

    Grid environment() {
        return RunSettings.environment(run.provenance(), run.folder());
    }

    String config() {
        return Json.pretty(run.config());
    }

    String peakMemory() {
        return NumberFormats.format("%.0f MiB", run.result().peakMemoryMib());
    }
}
