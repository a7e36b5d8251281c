package io.meristem.job;

import io.meristem.Folders;
import io.meristem.InputException;
import io.meristem.Outputs;
import io.meristem.artifact.RunFolder;
import io.meristem.engine.Engine;
import io.meristem.exchange.ExportFormat;
import io.meristem.exchange.ModelCard;
import io.meristem.exchange.TunedRun;
import io.meristem.nn.Network;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Hands a run's best state to other programs, with a model card beside it. */
public final class ExportJob {

    /**
     * What was written.
     *
     * @param export the file or folder
     * @param card the model card, in Markdown
     */
    public record Written(Path export, Path card) {}

    private static final String CARD = "README.md";

    private ExportJob() {}

    /**
     * @param rank one that a DyLoRA run was trained for, or null for the run as it is
     * @param to where the export goes; must be free
     * @throws InputException when the place is taken or cannot be written, or the format cannot express the run
     */
    public static Written run(Path runPath, Integer rank, ExportFormat format, Path to, int threads) {
        RunFolder folder = RunFolder.open(runPath).at(rank);
        refuseUnlessFree(format, to);
        Path card = card(format, to);
        Engine.start(threads);
        try (TunedRun run = open(folder)) {
            String name = String.valueOf(to.getFileName());
            if (format.ending() == null) {
                Folders.write(to, temporary -> {
                    format.write(run, temporary);
                    Files.writeString(temporary.resolve(CARD), ModelCard.of(run, format, name));
                });
            } else {
                Outputs.write(to, temporary -> format.write(run, temporary));
                Outputs.writeString(card, ModelCard.of(run, format, name));
            }
            return new Written(to, card);
        } catch (IOException e) {
            throw new InputException(
                    "The export cannot be written to " + to + " (" + e + "): choose another --to or make room.", e);
        }
    }

    private static TunedRun open(RunFolder folder) {
        Network network = Networks.merged(folder);
        try {
            network.train(false);
            return new TunedRun(
                    folder,
                    folder.config(),
                    network,
                    folder.classes(),
                    folder.provenance(),
                    RunFolder.isFinished(folder.path()) ? RunFolder.result(folder.path()) : null);
        } catch (RuntimeException e) {
            network.close();
            throw e;
        }
    }

    /** In the folder as {@code README.md}, or beside the file, which may have a sister of another format. */
    private static Path card(ExportFormat format, Path to) {
        if (format.ending() == null) {
            return to.resolve(CARD);
        }
        return to.resolveSibling(to.getFileName() + ".md");
    }

    private static void refuseUnlessFree(ExportFormat format, Path to) {
        String name = String.valueOf(to.getFileName());
        if (format.ending() != null
                && (!name.endsWith(format.ending())
                        || name.length() == format.ending().length())) {
            throw new InputException("The format " + format.label() + " is a file that ends in " + format.ending()
                    + ", which " + to + " does not: give --to such a name.");
        }
        for (Path taken : format.ending() == null ? new Path[] {to} : new Path[] {to, card(format, to)}) {
            if (Files.exists(taken)) {
                throw new InputException(taken + " is there already: choose another --to, or remove it first.");
            }
        }
        if (format.ending() == null) {
            Outputs.requireFolder(to, "--to");
        } else {
            Outputs.requireFile(to, "--to");
            Outputs.requireFile(card(format, to), "--to");
        }
    }
}
