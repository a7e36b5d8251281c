package io.meristem.cli;

import io.meristem.Escape;
import io.meristem.artifact.Json;
import io.meristem.data.image.Perturbations;
import io.meristem.eval.Scores;
import io.meristem.job.EvaluateJob;
import io.meristem.job.Robustness;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        abbreviateSynopsis = true,
        description = "Judges a trained run, or a file that was exported from one, on labelled photos.")
final class EvaluateCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Parameters(
            paramLabel = "RUN",
            description = "The folder that 'train --out' wrote, or a .safetensors or .onnx file that 'export' wrote.")
    Path run;

    @Option(
            names = "--data",
            paramLabel = "FOLDER",
            description =
                    "Other photos, in folders named as in training. Default: the run's own; a file knows none, so give them.")
    Path data;

    @Option(
            names = "--split",
            paramLabel = "PART",
            description = "Which part: train, val, test or all. Default: test where there is one.")
    EvaluateJob.Part part;

    @Option(
            names = "--rank",
            paramLabel = "R",
            description = "Cut the adapters to a rank that a DyLoRA run was trained for. Default: its greatest.")
    Integer rank;

    @Option(
            names = "--predictions",
            paramLabel = "FILE.csv",
            description = "Also write what the run says about each photo: true and named class, all probabilities.")
    Path predictions;

    @Mixin
    CacheOption cache;

    @Mixin
    PerturbOptions perturb;

    @Mixin
    AbstainOptions abstain;

    @Mixin
    ViewOptions views;

    @Mixin
    Threads threads;

    @Mixin
    OutputOptions output;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Perturbations perturbations = perturb.resolve();
        Path photos = cache.folder();
        EvaluateJob.Outcome outcome;
        try (Reporter reporter = Reporter.of(out, output, 0)) {
            outcome = EvaluateJob.run(
                    EvaluateJob.Request.of(run)
                            .withRank(rank)
                            .withData(data)
                            .withPart(part)
                            .withPerturbations(perturbations)
                            .withViews(views.views)
                            .withAbstention(abstain.resolve())
                            .withPredictions(predictions),
                    threads.count(),
                    photos,
                    reporter);
        }
        if (output.json) {
            out.print(Json.pretty(outcome));
        } else {
            print(out, outcome);
        }
        out.flush();
        return 0;
    }

    private static void print(PrintWriter out, EvaluateJob.Outcome outcome) {
        Scores scores = outcome.scores();
        if (outcome.synthetic()) {
            out.println("These photos are SYNTHETIC: drawn by a program.");
        }
        outcome.unreadable().forEach(sentence -> out.println(Escape.line("left out " + sentence)));
        out.printf(
                Locale.ROOT,
                "%d photo%s: accuracy %.2f %% (95 %% interval %s), macro F1 %.4f, mAP %.4f, log loss %.4f%n%n",
                scores.photos(),
                scores.photos() == 1 ? "" : "s",
                100 * scores.accuracy(),
                scores.interval().percent(),
                scores.macroF1(),
                scores.meanAveragePrecision(),
                scores.logLoss());
        Table table = new Table("class", "photos", "precision", "recall", "F1", "AP");
        for (Scores.ClassScore c : scores.classes()) {
            table.row(
                    c.name(),
                    String.valueOf(c.photos()),
                    number(c.precision()),
                    number(c.recall()),
                    number(c.f1()),
                    number(c.averagePrecision()));
        }
        table.print(out);
        if (!scores.absent().isEmpty()) {
            out.println(Escape.line("No photo of " + String.join(", ", scores.absent())
                    + " is among these: " + (scores.absent().size() == 1 ? "it has" : "they have")
                    + " no recall and no F1, and macro F1 and mAP are over the others."));
        }
        out.println();
        TrustTables.print(out, outcome.trust());
        if (outcome.robustness() != null) {
            out.println();
            print(out, scores, outcome.robustness());
        }
        if (outcome.caution() != null) {
            out.println();
            out.println(Escape.line(OptionNames.PLAIN.text(outcome.caution())));
        }
    }

    private static void print(PrintWriter out, Scores clean, Robustness robustness) {
        Table table = new Table("perturbation", "level", "setting", "accuracy", "95 % interval", "change", "macro F1");
        table.row("none", "", "", percent(clean.accuracy()), clean.interval().percent(), "", number(clean.macroF1()));
        for (Robustness.Result result : robustness.results()) {
            Scores scores = result.scores();
            table.row(
                    result.perturbation().kind().label(),
                    String.valueOf(result.perturbation().level()),
                    result.setting(),
                    percent(scores.accuracy()),
                    scores.interval().percent(),
                    String.format(Locale.ROOT, "%+.2f", 100 * (scores.accuracy() - clean.accuracy())),
                    number(scores.macroF1()));
        }
        table.print(out);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.2f %%", 100 * share);
    }

    /** @param value null where there is none */
    private static String number(Double value) {
        return value == null ? "-" : String.format(Locale.ROOT, "%.4f", value);
    }
}
