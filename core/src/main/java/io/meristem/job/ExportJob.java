package io.meristem.job;

import io.meristem.ErrorCode;
import io.meristem.Folders;
import io.meristem.InputException;
import io.meristem.Outputs;
import io.meristem.Setting;
import io.meristem.Wording;
import io.meristem.WorkFolder;
import io.meristem.artifact.RunFolder;
import io.meristem.engine.Engine;
import io.meristem.exchange.ExportFormat;
import io.meristem.exchange.ModelCard;
import io.meristem.exchange.TunedRun;
import io.meristem.execute.Network;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

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

    /** A file's name until it is moved to its own. */
    private static final String EXPORT = "export";

    private ExportJob() {}

    /**
     * @param rank one that a DyLoRA run was trained for, or null for the run as it is
     * @param to where the export goes; must be free
     * @throws InputException when the place is taken or cannot be written, or the format cannot express the run
     */
    public static Written run(Path runPath, Integer rank, ExportFormat format, Path to, int threads) {
        return run(runPath, rank, format, to, threads, Wording.PLAIN);
    }

    /** The same in whose words the card says what Meristem does with the export: those of the command line, for one. */
    public static Written run(Path runPath, Integer rank, ExportFormat format, Path to, int threads, Wording wording) {
        RunFolder folder = RunFolder.open(runPath).at(rank);
        requireName(format, to);
        clean(format, to);
        refuseUnlessFree(format, to);
        Path card = card(format, to);
        Engine.start(threads);
        try (TunedRun run = open(folder)) {
            String name = String.valueOf(to.getFileName());
            if (format.ending() == null) {
                Folders.write(to, temporary -> {
                    format.write(run, temporary);
                    Files.writeString(temporary.resolve(CARD), ModelCard.of(run, format, name, wording));
                });
            } else {
                Path place = Outputs.followed(to);
                try (WorkFolder work = WorkFolder.beside(place)) {
                    format.write(run, work.resolve(EXPORT));
                    Files.writeString(work.resolve(CARD), ModelCard.of(run, format, name, wording));
                    publish(work, place, card);
                }
            }
            return new Written(to, card);
        } catch (DirectoryNotEmptyException | FileAlreadyExistsException e) {
            throw new InputException(
                    ErrorCode.ALREADY_THERE,
                    e,
                    "%s was written by somebody else meanwhile, and stays: choose another %s.",
                    to,
                    Setting.TO);
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_WRITABLE,
                    e,
                    "The export cannot be written to %s (%s): choose another %s or make room.",
                    to,
                    e,
                    Setting.TO);
        }
    }

    /** The card is made first, and by one process only: who has made it moves the file. So the two belong together. */
    private static void publish(WorkFolder work, Path place, Path card) throws IOException {
        byte[] text = Files.readAllBytes(work.resolve(CARD));
        try (OutputStream out = Files.newOutputStream(card, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            out.write(text);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (IOException e) {
            Files.deleteIfExists(card);
            throw e;
        }
        boolean moved = false;
        try {
            // Not over what is there.
            Files.move(work.resolve(EXPORT), place);
            moved = true;
        } finally {
            if (!moved) {
                Files.deleteIfExists(card);
            }
        }
    }

    /** Removes what exports to this place that were killed have left. */
    private static void clean(ExportFormat format, Path to) {
        try {
            Path place = format.ending() == null ? to : Outputs.followed(to);
            WorkFolder.clean(place, left -> removeCard(left, place, card(format, to)));
        } catch (IOException e) {
            return; // what hinders the export itself is said by it
        }
    }

    /** A card without its file: the kill came between the two. */
    private static void removeCard(Path left, Path place, Path card) {
        try {
            if (Files.exists(left.resolve(EXPORT))
                    && !Files.exists(place, LinkOption.NOFOLLOW_LINKS)
                    && Files.isRegularFile(card, LinkOption.NOFOLLOW_LINKS)
                    && Files.readString(left.resolve(CARD)).startsWith(Files.readString(card))) {
                Files.delete(card);
            }
        } catch (IOException e) {
            return; // it is said to be in the way
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

    private static void requireName(ExportFormat format, Path to) {
        String name = String.valueOf(to.getFileName());
        if (format.ending() != null
                && (!name.endsWith(format.ending())
                        || name.length() == format.ending().length())) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "The format %s is a file that ends in %s, which %s does not: give %s such a name.",
                    format.label(),
                    format.ending(),
                    to,
                    Setting.TO.the());
        }
    }

    private static void refuseUnlessFree(ExportFormat format, Path to) {
        for (Path taken : format.ending() == null ? new Path[] {to} : new Path[] {to, card(format, to)}) {
            if (Files.exists(taken)) {
                throw new InputException(
                        ErrorCode.ALREADY_THERE,
                        "%s is there already: choose another %s, or remove it first.",
                        taken,
                        Setting.TO);
            }
        }
        if (format.ending() == null) {
            Outputs.requireFolder(to, Setting.TO);
        } else {
            Outputs.requireFile(to, Setting.TO);
            Outputs.requireFile(card(format, to), Setting.TO);
        }
    }
}
