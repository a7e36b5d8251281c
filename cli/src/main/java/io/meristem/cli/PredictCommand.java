package io.meristem.cli;

import io.meristem.Escape;
import io.meristem.job.Abstention;
import io.meristem.job.HeatmapJob;
import io.meristem.job.PredictJob;
import io.meristem.predict.Predictor;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "predict",
        mixinStandardHelpOptions = true,
        abbreviateSynopsis = true,
        description = {
            "Says what is on photos, with calibrated probabilities where the run has validation photos.",
            "A photo that cannot be read, or that the network has no answer to, gets a line that says why; the exit code is 2 when no photo got an answer."
        })
final class PredictCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "RUN",
            description = "The folder that 'train --out' wrote, or the file that 'export --format onnx' made of it.")
    Path model;

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "PHOTO",
            description =
                    "Photos, folders that are searched for photos, patterns in quotes such as 'field/**/*.jpg', or - for a list on standard input, one path a line.")
    List<String> photos;

    @Option(
            names = "--top",
            defaultValue = "3",
            paramLabel = "K",
            description = "How many classes to name. Default: ${DEFAULT-VALUE}.")
    int top;

    @Option(
            names = "--rank",
            paramLabel = "R",
            description = "Cut the adapters to a rank that a DyLoRA run was trained for. Default: its greatest.")
    Integer rank;

    @Mixin
    AbstainOptions abstain;

    @Mixin
    ViewOptions views;

    @Mixin
    Threads threads;

    @Mixin
    HeatmapOptions heatmaps;

    @Option(
            names = "--format",
            defaultValue = "TABLE",
            paramLabel = "FORMAT",
            description = "table for reading, csv, or jsonl for one JSON object per line. Default: table.")
    AnswerWriter.Format format;

    @Option(names = "--json", description = "Print one JSON object per line, as --format jsonl.")
    boolean json;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        PhotoPaths paths = PhotoPaths.of(photos);
        paths.notes().forEach(note -> err.println("meristem: " + note));
        PredictJob.Request request = new PredictJob.Request(model, rank, top, views.views, abstain.resolve());
        HeatmapJob.Request wanted = heatmaps.resolve(model, rank);
        List<Path> shown = new ArrayList<>();
        int read = 0;
        int unread = 0;
        try (Predictor predictor = PredictJob.open(request, threads.count())) {
            AnswerWriter writer = writer(out, predictor, paths);
            notes(err, predictor);
            writer.begin();
            int[] counts = new int[2];
            predictor.predict(paths.iterator(System.in), paths.listed(), threads.count(), answer -> {
                counts[answer.problem() == null ? 0 : 1]++;
                if (wanted != null && answer.problem() == null) {
                    shown.add(answer.photo());
                }
                if (answer.problem() == null || writer.takesProblems()) {
                    writer.print(answer);
                } else {
                    out.flush();
                    err.println("meristem: " + Escape.line(answer.problem()));
                    err.flush();
                }
                out.flush();
            });
            read = counts[0];
            unread = counts[1];
        }
        if (unread > 0 && !json) {
            err.println("meristem: " + unread + " of " + (read + unread) + " photos could not be read or answered.");
            err.flush();
        }
        heatmaps.write(wanted, shown, threads.count(), json || format != AnswerWriter.Format.TABLE ? err : out);
        return read == 0 && (unread > 0 || !paths.notes().isEmpty()) ? Main.BAD_INPUT : 0;
    }

    private AnswerWriter writer(PrintWriter out, Predictor predictor, PhotoPaths paths) {
        return AnswerWriter.of(
                json ? AnswerWriter.Format.JSONL : format,
                out,
                predictor.classes(),
                top,
                paths.known(),
                !abstain.resolve().equals(Abstention.NONE));
    }

    /** What a reader of a table should know of its numbers. */
    private void notes(PrintWriter err, Predictor predictor) {
        if (json || format != AnswerWriter.Format.TABLE) {
            return;
        }
        if (!predictor.calibrated()) {
            err.println("meristem: These probabilities are not calibrated; 'meristem calibrate' can mend that for a run"
                    + " with validation photos.");
        }
        PredictJob.caution(model).ifPresent(note -> err.println("meristem: " + note));
        if (abstain.accuracy != null) {
            err.printf(
                    Locale.ROOT,
                    "meristem: Answers below %.1f %% are unsure, as chosen on the validation photos.%n",
                    100 * predictor.options().abstain());
        }
        err.flush();
    }
}
