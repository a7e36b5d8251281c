package io.meristem.cli;

import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Standard output, in UTF-8, that does not lose what it cannot write. Its first failure ends the command with a {@link BrokenError}; a job that can be
 * resumed is asked to stop instead ({@link #whenGone}), and the failure is told at its end.
 */
final class StandardOutput extends OutputStream {

    /** Of a shell: 128 and the number of SIGPIPE, as of programs that the signal ends. */
    static final int GONE = 141;

    /** Exit codes above are those of programs that a signal has ended. */
    private static final int SIGNALLED = 128;

    private static final String BROKEN = "Broken pipe";

    /** Standard output takes nothing any more. An error, as nobody between here and {@link Main} can do anything about it. */
    static final class BrokenError extends Error {
        private static final long serialVersionUID = 1;

        BrokenError(IOException cause) {
            super(cause);
        }
    }

    /** Passes on what it reads until there is no more; signals are this process's to answer. */
    private static final List<String> PASSING_ON = List.of("/bin/sh", "-c", "trap '' INT TERM HUP; exec cat");

    /** Of this process, where it is this class's. */
    private static volatile StandardOutput own;

    private OutputStream out;
    private Process passing;
    private final BooleanSupplier pipe;
    private IOException failure;
    private boolean gone;
    private Runnable stop;

    /** @param pipe whether there is a reader at the other end, who may go away */
    StandardOutput(OutputStream out, BooleanSupplier pipe) {
        this.out = out;
        this.pipe = pipe;
    }

    /** Of this process. */
    static StandardOutput ofProcess() {
        own = new StandardOutput(new FileOutputStream(FileDescriptor.out), StandardOutput::isPipe);
        return own;
    }

    /** Linux says what a descriptor leads to; elsewhere the failure's words have to do. */
    private static boolean isPipe() {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
            return target.startsWith("pipe:") || target.startsWith("socket:");
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /**
     * From now on what native libraries print to this process's standard output goes nowhere, and what is written here still goes to where it went, through another
     * process. Where there is no shell nothing changes.
     */
    static void withoutLibraries() {
        StandardOutput standard = own;
        if (standard != null && Files.isExecutable(Path.of(PASSING_ON.get(0)))) {
            standard.attempt(standard::part);
        }
    }

    private void part() throws IOException {
        if (passing == null) {
            out.flush();
            passing = new ProcessBuilder(PASSING_ON)
                    .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            out.close(); // the system's descriptor, which Java then leads to nowhere
            out = passing.getOutputStream();
        }
    }

    /** Waits until all has got to where it goes. */
    void end() {
        attempt(() -> {
            if (passing != null) {
                out.close();
                try {
                    int code = passing.waitFor();
                    if (code > SIGNALLED) {
                        throw new IOException(BROKEN);
                    } else if (code != 0) {
                        throw new IOException("there is no room, or it cannot be written");
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        });
    }

    PrintWriter writer() {
        return new PrintWriter(new BufferedWriter(new OutputStreamWriter(this, StandardCharsets.UTF_8)));
    }

    /**
     * From now on a failure is not thrown, and when the reader has gone away {@code stop} is called.
     *
     * @param stop null for throwing again
     */
    synchronized void whenGone(Runnable stop) {
        this.stop = stop;
    }

    /** Whether the reader has gone away, as {@code head} does. */
    synchronized boolean gone() {
        return gone;
    }

    /** Why something was not written; empty where all was. */
    synchronized Optional<String> failure() {
        return Optional.ofNullable(failure).map(e -> e.getMessage() == null ? e.toString() : e.getMessage());
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
        attempt(() -> out.write(bytes, from, length));
    }

    @Override
    public void flush() {
        attempt(out::flush);
    }

    private interface Attempt {
        void run() throws IOException;
    }

    private synchronized void attempt(Attempt attempt) {
        if (failure != null) {
            return; // told already
        }
        try {
            attempt.run();
        } catch (IOException e) {
            failure = e;
            gone = BROKEN.equals(e.getMessage()) || pipe.getAsBoolean();
            if (stop == null) {
                throw new BrokenError(e);
            }
            if (gone) {
                stop.run();
            }
        }
    }
}
