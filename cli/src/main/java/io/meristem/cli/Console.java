package io.meristem.cli;

import io.meristem.Escape;
import java.io.PrintWriter;
import me.tongfei.progressbar.ProgressBar;

/** Lines for a reader, and below them on a terminal a bar. Quiet, it prints nothing. */
final class Console implements AutoCloseable {

    private final PrintWriter out;
    private final boolean quiet;
    private final boolean bars;
    private ProgressBar bar;

    Console(PrintWriter out, boolean quiet) {
        this.out = out;
        this.quiet = quiet;
        this.bars = !quiet && Bars.shown();
    }

    boolean quiet() {
        return quiet;
    }

    boolean bars() {
        return bars;
    }

    void print(String line) {
        if (quiet) {
            return;
        }
        if (bar != null) {
            // Clears the bar's line; it is drawn again below.
            System.err.print("\r\u001b[K");
            System.err.flush();
        }
        out.println(Escape.line(line));
        out.flush();
    }

    /** Moves the bar, if there are any. */
    void step(String task, int done, int total) {
        if (!bars) {
            return;
        }
        if (bar == null) {
            bar = Bars.open(task, total);
        }
        bar.stepTo(done);
    }

    /** Takes the bar away; the next step makes a new one. */
    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
