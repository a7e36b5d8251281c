package io.meristem.cli;

import io.meristem.adapter.LayerRank;
import io.meristem.adapter.LayerSize;
import io.meristem.job.JobListener;
import io.meristem.rank.Allocation;
import io.meristem.tune.EpochReport;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;

/**
 * Training as a reader of the console sees it: a line per epoch and per allocation, and on a terminal a bar with the time left for the whole training.
 * With JSON output nothing is printed.
 */
final class Reporter implements JobListener, AutoCloseable {

    private final PrintWriter out;
    private final boolean bars;
    private final boolean quiet;
    private final int epochs;
    private ProgressBar bar;

    private Reporter(PrintWriter out, boolean quiet, int epochs) {
        this.out = out;
        this.quiet = quiet;
        this.epochs = epochs;
        this.bars = !quiet && Bars.shown();
    }

    static Reporter of(PrintWriter out, OutputOptions output, int epochs) {
        return new Reporter(out, output.json, epochs);
    }

    @Override
    public void onDecode(int done, int total) {
        if (bars) {
            step("decoding photos", done, total);
        } else if (!quiet && done == total) {
            out.printf("Decoded %d photos.%n", total);
            out.flush();
        }
        if (done == total) {
            close();
        }
    }

    @Override
    public void onPerturbed(int done, int total) {
        if (bars) {
            step("judging perturbed photos", done, total);
            if (done == total) {
                close();
            }
        }
    }

    @Override
    public void onNote(String sentence) {
        print(sentence);
    }

    @Override
    public void onAllocation(int firstEpoch, Allocation allocation) {
        print(String.format(
                Locale.ROOT,
                "Ranks from epoch %d on: %.2f MiB over %d layers.  %s",
                firstEpoch,
                LayerSize.mib(allocation.numbers()),
                allocation.rows().size(),
                RankMap.line(allocation)));
    }

    @Override
    public void onRanks(int epoch, List<LayerRank> layers) {
        print(String.format(
                Locale.ROOT,
                "Ranks from epoch %d on: %.2f MiB over %d layers.  %s",
                epoch,
                LayerSize.mib(layers.stream().mapToLong(LayerRank::numbers).sum()),
                layers.size(),
                RankMap.line(layers.stream().mapToInt(LayerRank::rank))));
    }

    @Override
    public void onStep(int epoch, int step, int steps, double loss) {
        if (bars) {
            step("training", (epoch - 1) * steps + step, epochs * steps);
        }
    }

    @Override
    public void onEpoch(EpochReport report, boolean best) {
        EpochReport.Timing timing = report.timing();
        print(String.format(
                Locale.ROOT,
                "epoch %2d/%d  loss %.4f  train %.1f %%%s  adapter %.2f MiB  %.1f s%s",
                report.epoch(),
                epochs,
                report.trainLoss(),
                100 * report.trainAccuracy(),
                report.val() == null
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                "  val %.2f %%%s",
                                100 * report.val().accuracy(),
                                best ? " *" : "  "),
                LayerSize.mib(report.numbers()),
                timing.train() + timing.validate() + timing.allocate(),
                Double.isNaN(report.change()) ? "" : String.format(Locale.ROOT, "  change %.4f", report.change())));
        if (report.epoch() == epochs) {
            close();
        }
    }

    private void step(String task, int done, int total) {
        if (bar == null) {
            bar = Bars.open(task, total);
        }
        bar.stepTo(done);
    }

    private void print(String line) {
        if (quiet) {
            return;
        }
        if (bar != null) {
            // Clears the bar's line; it is drawn again below.
            System.err.print("\r\u001b[K");
            System.err.flush();
        }
        out.println(line);
        out.flush();
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
