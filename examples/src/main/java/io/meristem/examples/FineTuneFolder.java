package io.meristem.examples;

import io.meristem.Meristem;
import io.meristem.adapter.AdapterOptions;
import io.meristem.artifact.RunResult;
import io.meristem.job.EvaluateJob;
import io.meristem.job.JobListener;
import io.meristem.job.Starter;
import io.meristem.tune.EpochReport;
import io.meristem.tune.Lora;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;

/** Fine-tunes the network that comes with the library on a folder of photos, and judges it. */
public final class FineTuneFolder {

    private FineTuneFolder() {}

    /** Arguments: the folder of photos, and the folder for the run. */
    public static void main(String[] args) {
        run(Path.of(args[0]), Path.of(args[1]), 5, System.out);
    }

    static RunResult run(Path photos, Path out, int epochs, PrintStream console) {
        JobListener progress = new JobListener() {
            @Override
            public void onEpoch(EpochReport report, boolean best) {
                console.printf(
                        Locale.ROOT,
                        "epoch %d: loss %.3f%s%n",
                        report.epoch(),
                        report.trainLoss(),
                        best ? ", best" : "");
            }
        };
        RunResult result = Meristem.fineTune(photos)
                .model(Starter.MODEL)
                .weights(Starter.NAME)
                .size(Starter.SIZE)
                .method(new Lora(8, AdapterOptions.DEFAULT))
                .epochs(epochs)
                .listener(progress)
                .run(out);
        console.printf(
                Locale.ROOT, "validation accuracy %.1f %%%n", 100 * result.val().accuracy());

        EvaluateJob.Outcome outcome = Meristem.evaluate(out, null);
        console.printf(
                Locale.ROOT,
                "%d test photos: accuracy %.1f %%, calibration error %.3f%n",
                outcome.scores().photos(),
                100 * outcome.scores().accuracy(),
                outcome.trust().side().after().calibrationError());
        return result;
    }
}
