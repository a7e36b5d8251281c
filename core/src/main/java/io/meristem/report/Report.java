package io.meristem.report;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.TemplateException;
import gg.jte.output.StringOutput;
import io.meristem.AtomicFiles;
import io.meristem.Escape;
import io.meristem.InputException;
import io.meristem.Outputs;
import io.meristem.data.check.CheckResult;
import io.meristem.study.StudyJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/** Writes the report of a run or of a study: one HTML file that needs nothing else, neither files nor the network. */
public final class Report {

    /** The name of a report whose place nobody has named, in the folder that it is about. */
    public static final String FILE = "report.html";

    private Report() {}

    /** Like {@link #write(Path, Path, Path, HeatmapChoice)}, without heatmaps. */
    public static Path write(Path folder, Path out, Path photos) {
        return write(folder, out, photos, null);
    }

    /**
     * @param folder of a run or of a study
     * @param out the file, written over where it is there; null for {@value #FILE} in the folder
     * @param photos the folder where a run's photos lie now, null for where they were in training; studies show none
     * @param heatmaps how to show what a run's network looked at, or null to leave it out; studies show none
     * @return the file
     * @throws InputException when the folder is neither, or lacks what every run and study has, or the file cannot be written
     */
    public static Path write(Path folder, Path out, Path photos, HeatmapChoice heatmaps) {
        Path file = out == null ? folder.resolve(FILE) : out;
        if (out != null) {
            refuseUnlessHtml(file, "--out");
        }
        String page;
        try {
            page = page(folder, photos, heatmaps);
        } catch (NullPointerException | IndexOutOfBoundsException | IllegalArgumentException | ClassCastException e) {
            // Each file was read, and says something that the others, or the page, have no place for.
            throw new InputException(
                    "The files in " + folder + " do not fit together (" + e.getMessage()
                            + "): restore them, or do the run or study again.",
                    e);
        }
        if (out == null) {
            save(page, file, "--out", AtomicFiles::writeString); // whatever lies there in a stranger's folder
        } else {
            save(page, file, "--out", Outputs::writeString);
        }
        return file;
    }

    /**
     * The page about a photo folder, with small pictures of the photos that show what was found.
     *
     * @param file written over where it is there
     * @throws InputException when it is no name of an HTML file, or cannot be written
     */
    public static void write(CheckResult check, Path file) {
        refuseUnlessHtml(file, "--html");
        save(render("check.jte", new CheckPage(check)), file, "--html", Outputs::writeString);
    }

    private interface Writing {
        void write(Path file, String text) throws IOException;
    }

    private static void save(String page, Path file, String option, Writing writing) {
        try {
            writing.write(file, page);
        } catch (IOException e) {
            throw new InputException(
                    "The report cannot be written to " + file + " (" + e + "): name another place with " + option + ".",
                    e);
        }
    }

    private static String page(Path folder, Path photos, HeatmapChoice heatmaps) {
        if (!Files.isDirectory(folder)) {
            throw new InputException("There is no folder " + folder + ": give the folder that 'train --out' wrote.");
        }
        if (StudyFiles.isStudy(folder)) {
            if (heatmaps != null && heatmaps.rank() != null) {
                throw new InputException(folder
                        + " is a study, whose report shows no heatmaps: leave --rank out, or give one of its runs.");
            }
            if (photos != null) {
                throw new InputException(folder
                        + " is a study, whose report shows no photos: leave --data out, or give one of its runs.");
            }
            return render("study.jte", new StudyPage(StudyFiles.read(folder)));
        }
        if (RunFiles.isRun(folder)) {
            if (photos != null && !Files.isDirectory(photos)) {
                throw new InputException("There is no folder " + photos + ": say with --data where the photos are.");
            }
            return render("run.jte", RunPage.of(RunFiles.read(folder), photos, heatmaps));
        }
        throw new InputException(folder + " is neither a run nor a study, it has no config.json and no "
                + StudyJob.SPECIFICATION + ": give the folder that 'train --out' or 'study' wrote.");
    }

    /**
     * @param option names the file
     * @throws InputException when a report cannot go there; asked before long work
     */
    public static void refuseUnlessHtml(Path file, String option) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        if (!(name.endsWith(".html") || name.endsWith(".htm")) || Files.isDirectory(file)) {
            throw new InputException("The report cannot go to " + file + ": name a file that ends in .html.");
        }
        Outputs.requireFile(file, option);
    }

    private static String render(String template, Object page) {
        TemplateEngine engine = TemplateEngine.createPrecompiled(
                null, ContentType.Html, Report.class.getClassLoader(), Report.class.getPackageName());
        StringOutput output = new StringOutput(1 << 18);
        try {
            engine.render(template, Map.of("page", page, "assets", Assets.load()), output);
        } catch (TemplateException e) {
            // It wraps what the page has said.
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
        return Escape.text(output.toString());
    }
}
