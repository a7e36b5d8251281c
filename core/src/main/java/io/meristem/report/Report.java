package io.meristem.report;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.TemplateException;
import gg.jte.output.StringOutput;
import io.meristem.Action;
import io.meristem.AtomicFiles;
import io.meristem.ErrorCode;
import io.meristem.Escape;
import io.meristem.InputException;
import io.meristem.Outputs;
import io.meristem.Setting;
import io.meristem.Wording;
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
        return write(folder, out, photos, heatmaps, Wording.PLAIN);
    }

    /** The same in whose words it says what a reader can do next: those of the command line, for one. */
    public static Path write(Path folder, Path out, Path photos, HeatmapChoice heatmaps, Wording wording) {
        Path file = out == null ? folder.resolve(FILE) : out;
        if (out != null) {
            refuseUnlessHtml(file, Setting.OUT);
        }
        String page;
        try {
            page = page(folder, photos, heatmaps, wording);
        } catch (NullPointerException | IndexOutOfBoundsException | IllegalArgumentException | ClassCastException e) {
            // Each file was read, and says something that the others, or the page, have no place for.
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    e,
                    "The files in %s do not fit together (%s): restore them, or do the run or study again.",
                    folder,
                    e.getMessage());
        }
        if (out == null) {
            save(page, file, Setting.OUT, AtomicFiles::writeString); // whatever lies there in a stranger's folder
        } else {
            save(page, file, Setting.OUT, Outputs::writeString);
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
        write(check, file, Wording.PLAIN);
    }

    /** The same in other words for what a reader can do next. */
    public static void write(CheckResult check, Path file, Wording wording) {
        refuseUnlessHtml(file, Setting.HTML);
        save(render("check.jte", new CheckPage(check, wording)), file, Setting.HTML, Outputs::writeString);
    }

    private interface Writing {
        void write(Path file, String text) throws IOException;
    }

    private static void save(String page, Path file, Setting setting, Writing writing) {
        try {
            writing.write(file, page);
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_WRITABLE,
                    e,
                    "The report cannot be written to %s (%s): choose another %s.",
                    file,
                    e,
                    setting);
        }
    }

    private static String page(Path folder, Path photos, HeatmapChoice heatmaps, Wording wording) {
        if (!Files.isDirectory(folder)) {
            throw new InputException(
                    ErrorCode.NOT_FOUND, "There is no folder %s: give the folder that %s wrote.", folder, Action.TRAIN);
        }
        if (StudyFiles.isStudy(folder)) {
            if (heatmaps != null && heatmaps.rank() != null) {
                throw new InputException(
                        ErrorCode.CONFLICTING_SETTINGS,
                        "%s is a study, whose report shows no heatmaps: leave %s out, or give one of its runs.",
                        folder,
                        Setting.RANK.the());
            }
            if (photos != null) {
                throw new InputException(
                        ErrorCode.CONFLICTING_SETTINGS,
                        "%s is a study, whose report shows no photos: leave %s out, or give one of its runs.",
                        folder,
                        Setting.DATA.the());
            }
            return render("study.jte", new StudyPage(StudyFiles.read(folder)));
        }
        if (RunFiles.isRun(folder)) {
            if (photos != null && !Files.isDirectory(photos)) {
                throw new InputException(
                        ErrorCode.NOT_FOUND,
                        "There is no folder %s: say where the photos are now (%s).",
                        photos,
                        Setting.DATA);
            }
            return render("run.jte", RunPage.of(RunFiles.read(folder), photos, heatmaps, wording));
        }
        throw new InputException(
                ErrorCode.WRONG_KIND,
                "%s is neither a run nor a study, it has no config.json and no %s: give the folder that %s or %s wrote.",
                folder,
                StudyJob.SPECIFICATION,
                Action.TRAIN,
                Action.STUDY);
    }

    /**
     * @param setting names the file
     * @throws InputException when a report cannot go there; asked before long work
     */
    public static void refuseUnlessHtml(Path file, Setting setting) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        if (!(name.endsWith(".html") || name.endsWith(".htm")) || Files.isDirectory(file)) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE, "The report cannot go to %s: name a file that ends in .html.", file);
        }
        Outputs.requireFile(file, setting);
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
