package io.meristem.cli;

import io.meristem.Message;
import io.meristem.study.PlannedRun;
import io.meristem.study.RunLine;
import io.meristem.study.StudyListener;
import io.meristem.tune.EpochReport;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;

/** A study as a reader of the console sees it: two lines a run, and on a terminal a bar for the run at work. */
final class StudyReporter implements StudyListener, AutoCloseable {

    private final Console console;
    private PlannedRun run;
    private String note;

    StudyReporter(PrintWriter out, boolean quiet) {
        console = new Console(out, quiet);
    }

    @Override
    public void onPlan(int finished, int missing) {
        print(String.format(
                Locale.ROOT, "%d runs: %d finished already, %d to do.", finished + missing, finished, missing));
    }

    @Override
    public void onRun(PlannedRun next, int number, int of, Duration left) {
        run = next;
        note = null;
        print(title(next, number, of) + (left == null ? "" : "; " + words(left) + " left"));
    }

    @Override
    public void onFound(PlannedRun found, int number, int of) {
        print(title(found, number, of) + ": of the same size as " + found.key() + ", which is finished");
    }

    private static String title(PlannedRun run, int number, int of) {
        return String.format(
                Locale.ROOT,
                "[%d/%d] %s%s%s, %s on %s, seed %d",
                number,
                of,
                run.role().equals("tuning") ? "tuning: " : "",
                run.method(),
                run.trial() == null || run.trial().isEmpty() ? "" : " (" + run.trial() + ")",
                run.model(),
                run.data(),
                run.seed());
    }

    @Override
    public void onDecode(int done, int total) {
        console.step("decoding photos", done, total);
        if (done == total) {
            close();
        }
    }

    @Override
    public void onPerturbed(int done, int total) {
        console.step("judging perturbed photos", done, total);
        if (done == total) {
            close();
        }
    }

    /** A note of one run may come from every run: it is shown once in a row. */
    @Override
    public void onNote(Message note) {
        onNote(OptionNames.PLAIN.text(note));
    }

    @Override
    public void onNote(String sentence) {
        if (!sentence.equals(note)) {
            print("      " + sentence);
        }
        note = sentence;
    }

    @Override
    public void onStep(int epoch, int step, int steps, double loss) {
        console.step("training", (epoch - 1) * steps + step, run.epochs() * steps);
    }

    @Override
    public void onEpoch(EpochReport report, boolean best) {
        if (report.epoch() == run.epochs()) {
            close();
        }
    }

    @Override
    public void onRunEnd(RunLine line) {
        close();
        if (line.status() == RunLine.Status.FAILED) {
            print("      FAILED: " + line.error());
            return;
        }
        print(String.format(
                Locale.ROOT,
                "      %s%s%.2f MiB, %.1f s an epoch",
                accuracy("val", line.val()),
                accuracy("test", line.test()),
                line.averageMib(),
                line.secondsPerEpoch()));
    }

    private static String accuracy(String side, RunLine.Brief scores) {
        return scores == null ? "" : String.format(Locale.ROOT, "%s %.2f %%, ", side, 100 * scores.accuracy());
    }

    /** In the two units that matter. */
    static String words(Duration time) {
        if (time.toMinutes() < 2) {
            return "about " + Math.max(1, time.toSeconds()) + " s";
        }
        if (time.toHours() < 2) {
            return "about " + Math.round(time.toSeconds() / 60.0) + " min";
        }
        return time.toHours() < 48
                ? String.format(Locale.ROOT, "about %d h %02d min", time.toHours(), time.toMinutesPart())
                : String.format(Locale.ROOT, "about %d days %d h", time.toDays(), time.toHoursPart());
    }

    private void print(String line) {
        console.print(line);
    }

    @Override
    public void close() {
        console.close();
    }
}
