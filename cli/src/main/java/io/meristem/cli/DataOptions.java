package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.artifact.RunConfig;
import io.meristem.data.feed.Augmentation;
import io.meristem.data.folder.SplitOptions;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which photos, and how they are split. */
final class DataOptions {

    @Spec(Spec.Target.MIXEE)
    CommandSpec command;

    /** Required, unless a run that has its own is resumed. */
    @Option(
            names = "--data",
            paramLabel = "FOLDER",
            description =
                    "Photos in one sub-folder per class, with or without train, val and test folders above the classes.")
    Path data;

    @Option(
            names = "--val",
            defaultValue = "0.15",
            paramLabel = "SHARE",
            description =
                    "Share of photos kept for choosing the best epoch, where the folder has no val. Default: ${DEFAULT-VALUE}.")
    double val;

    @Option(
            names = "--test",
            defaultValue = "0.15",
            paramLabel = "SHARE",
            description =
                    "Share of photos kept for the final test, where the folder has no test. Default: ${DEFAULT-VALUE}.")
    double test;

    @Option(
            names = "--split-seed",
            defaultValue = "0",
            paramLabel = "N",
            description = "Another number splits differently. Default: ${DEFAULT-VALUE}.")
    long splitSeed;

    @Option(
            names = "--groups",
            paramLabel = "CSV",
            description =
                    "A table that says which photos belong together (one leaf, one plant), so that a split does not part them.")
    Path groups;

    @Option(
            names = "--no-groups",
            description =
                    "Split photo by photo, also where a manifest.csv in or beside the folder says which photos belong together, which is used otherwise.")
    boolean noGroups;

    @Mixin
    GroupColumns columns;

    @Option(
            names = "--limit-per-class",
            defaultValue = "0",
            paramLabel = "N",
            description = "Use at most N photos of each class in each part; 0 for all. Default: ${DEFAULT-VALUE}.")
    int limitPerClass;

    @Option(names = "--strict", description = "Stop at a photo that cannot be read, in place of leaving it out.")
    boolean strict;

    @Option(
            names = "--no-augment",
            description = "Show training photos as they are, neither mirrored nor cropped nor tinted at random.")
    boolean noAugment;

    @Mixin
    CacheOption cache;

    /** @throws ParameterException when no folder is given */
    void require() {
        if (data == null) {
            throw new ParameterException(command.commandLine(), "Missing required option: '--data=FOLDER'");
        }
    }

    RunConfig.Data resolve() {
        return new RunConfig.Data(
                data.toAbsolutePath().normalize().toString(),
                split(),
                noAugment ? Augmentation.NONE : Augmentation.standard());
    }

    private SplitOptions split() {
        if (noGroups && groups != null) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS, "Both --groups and --no-groups are given: choose one of them.");
        }
        SplitOptions given = new SplitOptions(
                val,
                test,
                splitSeed,
                groups == null ? null : groups.toAbsolutePath().normalize(),
                columns.group,
                columns.path,
                limitPerClass,
                strict);
        return noGroups ? given : given.withGroupsFound(data);
    }

    /** One line about a table of groups that nobody has named. */
    Optional<String> foundGroups(RunConfig.Data resolved) {
        Path csv = resolved.split().groupCsv();
        return groups != null || csv == null
                ? Optional.empty()
                : Optional.of(
                        "Photos of one group stay together where the folder is not divided already: groups are taken from "
                                + csv + " (--no-groups turns that off).");
    }
}
