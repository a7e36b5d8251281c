package io.meristem.workers;

import io.meristem.engine.Vectors;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Another Java on this machine that runs a class of this program with the same libraries, options and environment. What it prints goes nowhere; what it has to say when it
 * fails is in a file. Ctrl-C and a polite kill do not reach it, since its starter decides when it ends; when the starter dies, it ends by itself ({@link #endWithStarter}).
 */
public final class WorkerProcess implements AutoCloseable {

    /** What another Java cannot have too: ports, and archives that this one writes. */
    private static final List<String> OWN = List.of(
            "-agentlib:", "-agentpath:", "-Xrunjdwp", "-Dcom.sun.management.jmxremote", "-XX:ArchiveClassesAtExit");

    /** What a program may have set since it started, and what says where the engine's libraries and our own folder are. */
    private static final List<String> PASSED = List.of("user.home", "java.io.tmpdir", "org.bytedeco.javacpp.cachedir");

    private static final int GONE = 127;

    /** Exit codes above are those of programs that a signal has ended. */
    private static final int SIGNALLED = 128;

    private final Process process;
    private final Path reason;
    private final Path errors;

    private WorkerProcess(Process process, Path reason, Path errors) {
        this.process = process;
        this.reason = reason;
        this.errors = errors;
    }

    /**
     * @param main has a main method
     * @param reason a file that it writes when it fails: a sentence
     * @param errors a file for its standard error
     */
    public static WorkerProcess start(Class<?> main, Path reason, Path errors, List<String> arguments)
            throws IOException {
        List<String> command = new ArrayList<>();
        if (File.separatorChar == '/') {
            command.addAll(List.of("/bin/sh", "-c", "trap '' INT TERM; exec \"$0\" \"$@\""));
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> OWN.stream().noneMatch(option::startsWith))
                .forEach(command::add);
        PASSED.stream()
                .filter(name -> System.getProperty(name) != null)
                .forEach(name -> command.add("-D" + name + "=" + System.getProperty(name)));
        // What the command line's jar has in its manifest, which counts with -jar only.
        command.addAll(List.of(Vectors.OPTION.split(" ")));
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(main.getName());
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(errors.toFile())
                .start();
        process.getOutputStream().close();
        return new WorkerProcess(process, reason, errors);
    }

    /** To be called by what was started: ends this process when the one that started it is gone. */
    public static void endWithStarter(long starter) {
        ProcessHandle.of(starter)
                .ifPresentOrElse(
                        process -> process.onExit()
                                .thenRun(() -> Runtime.getRuntime().halt(GONE)),
                        () -> Runtime.getRuntime().halt(GONE));
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Waits for its end, so many milliseconds at most. */
    public boolean ended(long millis) {
        try {
            return process.waitFor(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return !process.isAlive();
        }
    }

    /** Why it has ended, in words that a sentence can go on with; empty while it runs, and where it has ended well. */
    public Optional<String> fault() {
        if (process.isAlive() || process.exitValue() == 0) {
            return Optional.empty();
        }
        try {
            if (Files.exists(reason)) {
                return Optional.of(Files.readString(reason).strip());
            }
            if (process.exitValue() > SIGNALLED) {
                return Optional.of("it was killed (exit code " + process.exitValue() + ")");
            }
            try (Stream<String> lines = Files.lines(errors)) {
                String first = lines.filter(line -> !line.isBlank() && !line.startsWith("WARNING"))
                        .findFirst()
                        .map(line -> ": " + line.strip())
                        .orElse("");
                return Optional.of("it has ended with exit code " + process.exitValue() + first);
            }
        } catch (IOException | RuntimeException e) {
            return Optional.of("it has ended with exit code " + process.exitValue());
        }
    }

    public long pid() {
        return process.pid();
    }

    /** Ends it, if it has not ended by itself. */
    @Override
    public void close() {
        process.destroyForcibly();
        boolean interrupted = Thread.interrupted();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
