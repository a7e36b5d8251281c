package io.meristem.cli;

import io.meristem.exchange.ExportFormat;
import io.meristem.exchange.MergedFormat;
import io.meristem.job.ExportJob;
import java.io.PrintWriter;
import java.nio.file.Path;
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
            "merged: the whole network in one safetensors file, for torchvision or timm."
        })
final class ExportCommand implements Callable<Integer> {

    /** The formats by the words of the command line. */
    enum Format {
        MERGED
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

    @Mixin
    Threads threads;

    @Override
    public Integer call() {
        ExportJob.Written written = ExportJob.run(run, rank, chosen(), to, threads.count());
        PrintWriter out = spec.commandLine().getOut();
        out.println("The network is in " + written.export());
        out.println("What to know about it is in " + written.card());
        out.flush();
        return 0;
    }

    private ExportFormat chosen() {
        return switch (format) {
            case MERGED -> new MergedFormat();
        };
    }
}
