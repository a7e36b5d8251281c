package io.meristem.weights;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Message;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpTimeoutException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;

/**
 * Fetches large files over lines that break: into {@code target.part}, which a later try or a later process takes up where it ended, then
 * checked, then moved to the target in one step.
 */
public final class Downloader {

    /** Hears how far a download is, several times a second at most. */
    @FunctionalInterface
    public interface DownloadProgress {
        /** For those who do not listen. */
        DownloadProgress NONE = (done, total) -> {};

        /** @param total bytes of the whole file, or -1 when the server does not say */
        void at(long done, long total);
    }

    /**
     * @param stall how long the server may be silent, on connecting and between bytes
     * @param attempts tries in a row that bring no new byte before giving up
     * @param pause before the second try; doubles with each further one
     */
    public record Settings(Duration stall, int attempts, Duration pause) {

        public static final Settings DEFAULT = new Settings(Duration.ofSeconds(30), 5, Duration.ofSeconds(1));

        public Settings {
            if (stall.isNegative() || stall.isZero() || attempts < 1 || pause.isNegative()) {
                throw new IllegalArgumentException("stall and attempts must be positive, pause not negative");
            }
        }
    }

    /**
     * What is known of a file before it comes.
     *
     * @param sha256 the checksum or its first digits, in hexadecimal; empty when none is known
     * @param mostBytes that it may have
     * @param mend what to do when it has another checksum: the end of a sentence
     * @param place where a person would save it by hand
     */
    public record Expected(String sha256, long mostBytes, Message mend, Path place) {

        public Expected {
            sha256 = sha256.toLowerCase(Locale.ROOT);
            if (!sha256.matches("[0-9a-f]{0,64}")) {
                throw new IllegalArgumentException("not a SHA-256: " + sha256);
            }
        }
    }

    private final Settings settings;
    private final HttpClient client;

    public Downloader(Settings settings) {
        this.settings = settings;
        this.client = HttpClient.newBuilder()
                .connectTimeout(settings.stall())
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build();
    }

    /**
     * Fetches {@code uri} to {@code target}, replacing it. An address of https leads on to others of https only.
     *
     * @throws InputException when the file cannot be had, or is not the expected one
     */
    public void fetch(URI uri, Path target, Expected expected, DownloadProgress progress) {
        if (uri.getHost() == null || !("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE, "%s is not a web address; it should begin with https://", uri);
        }
        Path absolute = target.toAbsolutePath();
        try {
            Files.createDirectories(absolute.getParent());
            Path lockFile = absolute.resolveSibling("." + target.getFileName() + ".lock");
            // The lock file stays: removing it would let a third process lock a new one while a second still holds the
            // old.
            try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = tryLock(channel)) {
                if (lock == null) {
                    throw new InputException(
                            ErrorCode.IN_USE,
                            "another process is downloading %s right now; wait until it is done",
                            target);
                }
                PartialFile part = new PartialFile(absolute);
                receive(uri, part, expected, progress);
                check(uri, part, expected);
                move(part.path(), absolute);
                part.delete();
            }
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_WRITABLE, e, "cannot write %s: %s; check the folder and the free space", target, e);
        }
    }

    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    /** Tries until the part is whole. */
    private void receive(URI uri, PartialFile part, Expected expected, DownloadProgress progress) throws IOException {
        long best = part.length();
        int failures = 0;
        Duration pause = settings.pause();
        while (true) {
            Transfer transfer = new Transfer(client, settings.stall(), uri, part, expected, progress);
            try {
                if (transfer.run()) {
                    return;
                }
            } catch (Transfer.BrokenException e) {
                if (part.length() > best) {
                    best = part.length();
                    failures = 0;
                    pause = settings.pause();
                }
                if (++failures >= settings.attempts() || isHopeless(e)) {
                    throw new InputException(
                            ErrorCode.DOWNLOAD_FAILED,
                            e,
                            "%s; check the network and try again%s, or download %s yourself and save it as %s",
                            reason(uri, e),
                            part.length() > 0 ? ", it will continue from " + Phrases.bytes(part.length()) : "",
                            uri,
                            expected.place());
                }
            } catch (Transfer.RejectedException e) {
                throw new InputException(
                        ErrorCode.DOWNLOAD_FAILED,
                        e,
                        "the server answered %s for %s%s; if the file has moved, download it yourself and save it as %s",
                        e.status(),
                        uri,
                        e.isRedirect() ? ", which leads to an address that is not https, or in circles" : "",
                        expected.place());
            }
            sleep(pause, uri);
            pause = pause.multipliedBy(2);
        }
    }

    private static boolean isHopeless(Transfer.BrokenException e) {
        return e.getCause() instanceof ConnectException
                && e.getCause().getCause() instanceof ConnectException inner
                && inner.getCause() instanceof UnresolvedAddressException;
    }

    private static String reason(URI uri, Transfer.BrokenException e) {
        if (e.getCause() instanceof ConnectException || e.getCause() instanceof HttpTimeoutException) {
            return "cannot reach " + uri.getHost();
        }
        String why = e.getMessage() == null ? "broken off" : e.getMessage();
        return "the download from " + uri.getHost() + " broke off (" + why + ")";
    }

    private static void check(URI uri, PartialFile part, Expected expected) throws IOException {
        if (expected.sha256().isEmpty()) {
            return;
        }
        String actual = Checksums.sha256(part.path());
        if (!actual.startsWith(expected.sha256())) {
            part.delete();
            throw new InputException(
                    ErrorCode.DOWNLOAD_FAILED,
                    "what came from %s has the SHA-256 %s where %s%s was expected, so it was thrown away; %s",
                    uri,
                    actual,
                    expected.sha256(),
                    expected.sha256().length() < 64 ? "…" : "",
                    expected.mend());
        }
    }

    private static void move(Path part, Path target) throws IOException {
        try {
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void sleep(Duration pause, URI uri) {
        try {
            Thread.sleep(pause.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InputException(
                    ErrorCode.DOWNLOAD_FAILED, e, "the download of %s was interrupted; run it again to resume it", uri);
        }
    }
}
