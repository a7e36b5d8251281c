package io.meristem.cli;

import io.meristem.Message;
import io.meristem.adapter.LayerRank;
import io.meristem.adapter.LayerSize;
import io.meristem.data.check.DataCheck;
import io.meristem.data.feed.PixelCache;
import io.meristem.data.folder.ImageFolder;
import io.meristem.job.JobListener;
import io.meristem.rank.Allocation;
import io.meristem.tune.EpochReport;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/**
 * Training as a reader of the console sees it: a line per epoch and per allocation, and on a terminal a bar with the time left for the whole training.
 * With JSON output nothing is printed.
 */
final class Reporter implements JobListener, AutoCloseable {

    private final Console console;
    private final int epochs;
    private final int checkThreads;

    private Reporter(Console console, int epochs, int checkThreads) {
        this.console = console;
        this.epochs = epochs;
        this.checkThreads = checkThreads;
    }

    static Reporter of(PrintWriter out, OutputOptions output, int epochs) {
        return new Reporter(new Console(out, output.json), epochs, 0);
    }

    /** One that also looks the photos over before training, on so many threads, and says what it found. */
    static Reporter checking(PrintWriter out, OutputOptions output, int epochs, int threads) {
        return new Reporter(new Console(out, output.json), epochs, threads);
    }

    @Override
    public void onDecode(int done, int total) {
        console.step("decoding photos", done, total);
        if (done == total) {
            if (!console.bars()) {
                console.print("Decoded " + total + (total == 1 ? " photo." : " photos."));
            }
            close();
        }
    }

    @Override
    public void onPhotos(ImageFolder folder, PixelCache photos) {
        if (checkThreads > 0 && !console.quiet()) {
            Findings.brief(DataCheck.quick(folder, photos, checkThreads)).forEach(this::print);
        }
    }

    @Override
    public void onPerturbed(int done, int total) {
        console.step("judging perturbed photos", done, total);
        if (done == total) {
            close();
        }
    }

    @Override
    public void onNote(Message note) {
        onNote(OptionNames.PLAIN.text(note));
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
                RankStrip.line(allocation)));
    }

    @Override
    public void onRanks(int epoch, List<LayerRank> layers) {
        print(String.format(
                Locale.ROOT,
                "Ranks from epoch %d on: %.2f MiB over %d layers.  %s",
                epoch,
                LayerSize.mib(layers.stream().mapToLong(LayerRank::numbers).sum()),
                layers.size(),
                RankStrip.line(layers.stream().mapToInt(LayerRank::rank))));
    }

    @Override
    public void onStep(int epoch, int step, int steps, double loss) {
        console.step("training", (epoch - 1) * steps + step, epochs * steps);
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
                                "  val %.2f %% (%s)%s",
                                100 * report.val().accuracy(),
                                report.val().interval().percent(),
                                best ? " *" : "  "),
                LayerSize.mib(report.numbers()),
                timing.train() + timing.validate() + timing.allocate(),
                Double.isNaN(report.change()) ? "" : String.format(Locale.ROOT, "  change %.4f", report.change())));
        if (report.epoch() == epochs) {
            close();
        }
    }

    private void print(String line) {
        console.print(line);
    }

    @Override
    public void close() {
        console.close();
    }
}
