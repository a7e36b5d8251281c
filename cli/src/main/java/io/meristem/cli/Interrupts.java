package io.meristem.cli;

import io.meristem.CancelToken;
import java.io.PrintWriter;
import java.util.concurrent.atomic.AtomicInteger;
import org.jline.utils.Signals;

/**
 * Ctrl-C and a polite kill while a job runs: the first asks it to stop where it can be resumed, the second ends the process at once. A reader of standard
 * output that goes away asks it to stop too. Closing it gives the signals back.
 */
final class Interrupts implements AutoCloseable {

    /** Of a shell: 128 and the signal's number. */
    private static final int BY_INT = 130;

    private static final int BY_TERM = 143;

    /** Of this process, where there is one that may fail. */
    private static volatile StandardOutput output;

    private final CancelToken token = new CancelToken();
    private final AtomicInteger code = new AtomicInteger();
    private final PrintWriter err;
    private final Object beforeInt;
    private final Object beforeTerm;

    Interrupts(PrintWriter err) {
        this.err = err;
        beforeInt = Signals.register("INT", () -> stop(BY_INT));
        beforeTerm = Signals.register("TERM", () -> stop(BY_TERM));
        if (output != null) {
            output.whenGone(() -> {
                code.compareAndSet(0, StandardOutput.GONE);
                token.cancel();
            });
        }
    }

    /** @param standard what jobs are to watch from now on; null for nothing */
    static void output(StandardOutput standard) {
        output = standard;
    }

    /** Cancelled by the first signal. */
    CancelToken token() {
        return token;
    }

    /** What the process ends with when the job has stopped. */
    int code() {
        return code.get() == 0 ? BY_INT : code.get();
    }

    private void stop(int by) {
        if (!code.compareAndSet(0, by)) {
            Runtime.getRuntime().halt(by);
        }
        token.cancel();
        err.println("meristem: Stopping after this step, with a checkpoint; a second time stops at once.");
        err.flush();
    }

    @Override
    public void close() {
        Signals.unregister("INT", beforeInt);
        Signals.unregister("TERM", beforeTerm);
        if (output != null) {
            output.whenGone(null);
        }
    }
}
