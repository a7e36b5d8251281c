package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.Escape;
import io.meristem.InputException;
import io.meristem.exchange.AdapterFormat;
import io.meristem.exchange.ExportFormat;
import io.meristem.exchange.MergedFormat;
import io.meristem.exchange.PeftFormat;
import io.meristem.job.ExportJob;
import io.meristem.onnx.OnnxFormat;
import io.meristem.onnx.OnnxInput;
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
        name = "export",
        mixinStandardHelpOptions = true,
        abbreviateSynopsis = true,
        sortOptions = false,
        description = {
            "Hands a run's network to other programs, with a model card beside it.",
            "merged: the whole network in one safetensors file, for load_state_dict of torchvision or timm.",
            "safetensors: what was trained, without the pretrained weights, in one file.",
            "peft: a folder with an adapter for PeftModel.from_pretrained of PEFT.",
            "onnx: the whole network in one ONNX file, compared with the network in ONNX Runtime before it is there.",
            "See docs/export.md."
        })
final class ExportCommand implements Callable<Integer> {

    /** The formats by the words of the command line. */
    enum Format {
        MERGED,
        SAFETENSORS,
        PEFT,
        ONNX
    }

    @Spec
    CommandSpec spec;

    @Parameters(paramLabel = "RUN", description = "The folder that 'train --out' wrote.")
    Path run;

    @Option(
            names = "--format",
            required = true,
            paramLabel = "FORMAT",
            description = "One of: ${COMPLETION-CANDIDATES}, in any case.")
    Format format;

    @Option(
            names = "--to",
            required = true,
            paramLabel = "PLACE",
            description = "The file, or for a format of several files the folder, to be written; must be free.")
    Path to;

    @Option(
            names = "--rank",
            paramLabel = "R",
            description = "Cut the adapters to a rank that a DyLoRA run was trained for. Default: its greatest.")
    Integer rank;

    @Option(
            names = "--merge-grouped",
            description =
                    "With peft: write the updates of grouped and depthwise convolutions, which PEFT has no equal for, into a base file beside the adapter.")
    boolean mergeGrouped;

    @Option(
            names = "--with-base",
            description = "With peft: write the network that belongs under the adapter beside it in any case.")
    boolean withBase;

    @Option(
            names = "--with-preprocessing",
            description =
                    "With onnx: the file takes photos of any size as bytes, prepares them itself, and gives probabilities.")
    boolean withPreprocessing;

    @Mixin
    Threads threads;

    @Override
    public Integer call() {
        ExportJob.Written written = ExportJob.run(run, rank, chosen(), to, threads.count(), OptionNames.MARKDOWN);
        PrintWriter out = spec.commandLine().getOut();
        out.println(Escape.line("The network is in " + written.export()));
        out.println(Escape.line("What to know about it is in " + written.card()));
        out.flush();
        return 0;
    }

    private ExportFormat chosen() {
        if ((mergeGrouped || withBase) && format != Format.PEFT) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "%s is for --format peft: leave it out.",
                    mergeGrouped ? "--merge-grouped" : "--with-base");
        }
        if (withPreprocessing && format != Format.ONNX) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS, "--with-preprocessing is for --format onnx: leave it out.");
        }
        return switch (format) {
            case MERGED -> new MergedFormat();
            case SAFETENSORS -> new AdapterFormat();
            case PEFT -> new PeftFormat(mergeGrouped, withBase);
            case ONNX -> new OnnxFormat(withPreprocessing ? OnnxInput.PHOTOS : OnnxInput.IMAGES, this::tell);
        };
    }

    private void tell(OnnxFormat.Checked checked) {
        String onPhotos = checked.photos() == 0
                ? "; the run's validation photos are not there to compare on"
                : words(" and %.1e on %d validation photos", checked.onPhotos(), checked.photos());
        String off = checked.off() == 0
                ? ""
                : words(", of whose pixels at most %.3f %% are a grey level off after scaling", 100 * checked.off());
        spec.commandLine()
                .getOut()
                .println(words(
                        "ONNX Runtime gives the network's logits: the largest difference, as a share of the largest logit, is %.1e on random input%s%s",
                        checked.onRandom(), onPhotos, off));
    }

    private static String words(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
