package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.Escape;
import io.meristem.InputException;
import io.meristem.Outputs;
import io.meristem.Setting;
import io.meristem.artifact.Json;
import io.meristem.data.check.CheckResult;
import io.meristem.data.check.DataCheck;
import io.meristem.data.check.GroupsFile;
import io.meristem.data.check.Limits;
import io.meristem.report.Report;
import java.io.IOException;
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
        name = "data",
        mixinStandardHelpOptions = true,
        description = "Looks a photo folder over.",
        subcommands = DataCommand.CheckCommand.class,
        synopsisSubcommandLabel = "check")
final class DataCommand {

    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            abbreviateSynopsis = true,
            sortOptions = false,
            description = {
                "Finds what is wrong with a photo folder before anybody trains on it, and says how to mend it:",
                "files that cannot be read, copies within and across sides and classes, groups on two sides, classes that are small or unequal, tiny photos, "
                        + "and classes that a small model tells by border, mean colour or size alone.",
                "Exit code 0; with --strict 1 when there is a warning or worse; 2 when the folder cannot be used."
            })
    static final class CheckCommand implements Callable<Integer> {

        @Spec
        CommandSpec spec;

        @Parameters(
                paramLabel = "FOLDER",
                description =
                        "Photos in one sub-folder per class, with or without train, val and test folders above the classes.")
        Path folder;

        @Option(
                names = {"--groups", "--group-csv"},
                paramLabel = "CSV",
                description =
                        "A table that says which photos belong together (one leaf, one plant). Default: manifest.csv in the folder or beside it, if it fits.")
        Path groups;

        @Mixin
        GroupColumns columns;

        @Option(
                names = "--min-side",
                defaultValue = "32",
                paramLabel = "PIXELS",
                description = "Photos with a shorter side below this are tiny. Default: ${DEFAULT-VALUE}.")
        int minSide;

        @Option(
                names = "--min-photos",
                defaultValue = "20",
                paramLabel = "N",
                description = "Classes with fewer photos to train on are small. Default: ${DEFAULT-VALUE}.")
        int minPhotos;

        @Option(names = "--no-probe", description = "Do not look for shortcuts with a small model.")
        boolean noProbe;

        @Option(names = "--strict", description = "Exit with code 1 when a finding is a warning or worse.")
        boolean strict;

        @Option(names = "--json", paramLabel = "FILE", description = "Also write everything to this file, as JSON.")
        Path json;

        @Option(
                names = "--html",
                paramLabel = "FILE.html",
                description = "Also write a page with the photos to look at, in one file that needs no other.")
        Path html;

        @Option(
                names = "--groups-out",
                paramLabel = "CSV",
                description =
                        "Also write a table for 'train --groups' that keeps copies, and the groups known already, together.")
        Path groupsOut;

        @Mixin
        Threads threads;

        @Override
        public Integer call() {
            if (html != null) {
                Report.refuseUnlessHtml(html, Setting.HTML);
            }
            if (json != null) {
                Outputs.requireFile(json, Setting.JSON);
            }
            if (groupsOut != null) {
                Outputs.requireFile(groupsOut, Setting.GROUPS_OUT);
            }
            PrintWriter out = spec.commandLine().getOut();
            CheckResult result;
            try (Console console = new Console(out, false)) {
                result = DataCheck.run(
                        folder,
                        groups,
                        columns.group,
                        columns.path,
                        new Limits(minSide, minPhotos),
                        !noProbe,
                        threads.count(),
                        (done, total) -> console.step("looking at photos", done, total));
            }
            Findings.print(result, out);
            out.flush(); // one of the files may be standard output
            if (json != null) {
                save(json, "--json", Json.pretty(result));
            }
            if (html != null) {
                Report.write(result, html, OptionNames.PLAIN);
                out.println(Escape.line("The page is in " + html));
            }
            if (groupsOut != null) {
                save(groupsOut, "--groups-out", GroupsFile.text(result));
                out.println(Escape.line("The table of groups is in " + groupsOut));
            }
            out.flush();
            return strict && result.warns() ? Main.FAILED : 0;
        }

        private static void save(Path file, String option, String text) {
            try {
                Outputs.writeString(file, text);
            } catch (IOException e) {
                throw new InputException(
                        ErrorCode.NOT_WRITABLE,
                        e,
                        "Cannot write %s (%s): name another place with %s.",
                        file,
                        Outputs.reason(e),
                        option);
            }
        }
    }
}
