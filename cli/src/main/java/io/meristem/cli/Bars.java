package io.meristem.cli;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Progress bars with the time left, on standard error, and only where a person watches. */
final class Bars {

    private static final int MILLIS = 250;

    private Bars() {}

    static boolean shown() {
        return System.console() != null;
    }

    /** The caller closes it. */
    static ProgressBar open(String task, long total) {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(MILLIS)
                .setConsumer(new ConsoleProgressBarConsumer(System.err))
                .build();
    }
}
