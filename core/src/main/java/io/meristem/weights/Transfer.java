package io.meristem.weights;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One try to bring a part nearer to its end. */
final class Transfer {

    /** The line broke, or the server is busy: worth another try. */
    static final class BrokenException extends Exception {
        private static final long serialVersionUID = 1;

        BrokenException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The server has an answer, and it is not the file. */
    static final class RejectedException extends Exception {
        private static final long serialVersionUID = 1;
        private final int status;

        RejectedException(int status) {
            super("HTTP " + status);
            this.status = status;
        }

        int status() {
            return status;
        }

        /** Whether the answer is another address, which the client has not followed. */
        boolean isRedirect() {
            return status / 100 == 3;
        }
    }

    private static final int BLOCK = 1 << 16;
    private static final long PROGRESS_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int OK = 200;
    private static final int PARTIAL = 206;
    private static final int NOT_SATISFIABLE = 416;
    private static final Set<Integer> BUSY = Set.of(408, 425, 429, 500, 502, 503, 504);
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (?:(\\d{1,18})-\\d{1,18}|\\*)/(\\d{1,18}|\\*)");

    private final HttpClient client;
    private final Duration stall;
    private final URI uri;
    private final PartialFile part;
    private final Downloader.Expected expected;
    private final Downloader.DownloadProgress progress;

    Transfer(
            HttpClient client,
            Duration stall,
            URI uri,
            PartialFile part,
            Downloader.Expected expected,
            Downloader.DownloadProgress progress) {
        this.client = client;
        this.stall = stall;
        this.uri = uri;
        this.part = part;
        this.expected = expected;
        this.progress = progress;
    }

    /**
     * Asks for what is missing and writes what comes.
     *
     * @return true when the part is whole; false when it had to be thrown away and must be asked for anew
     * @throws IOException when the disk, not the line, is the trouble
     */
    boolean run() throws IOException, BrokenException, RejectedException {
        PartialFile.Version version = part.version();
        boolean known = version != null && version.url().equals(uri.toString());
        // A checksum will show if parts of different versions were put together.
        boolean checked = !expected.sha256().isEmpty();
        long have = known && (checked || !version.validator().isEmpty()) ? part.length() : 0;
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(stall).header("Accept-Encoding", "identity");
        if (have > 0) {
            request.header("Range", "bytes=" + have + "-");
            if (!version.validator().isEmpty()) {
                request.header("If-Range", version.validator());
            }
        }
        HttpResponse<InputStream> response = send(request.build());
        try (InputStream body = response.body()) {
            Matcher range = CONTENT_RANGE.matcher(
                    response.headers().firstValue("Content-Range").orElse(""));
            boolean ranged = range.matches();
            long total = ranged && !range.group(2).equals("*") ? Long.parseLong(range.group(2)) : -1;
            int status = response.statusCode();
            if (status == OK) {
                part.begin(new PartialFile.Version(uri.toString(), validator(response)));
                long length =
                        response.headers().firstValueAsLong("Content-Length").orElse(-1);
                copy(body, 0, length);
                return true;
            }
            if (status == PARTIAL && have > 0) {
                boolean follows = ranged && range.group(1) != null && Long.parseLong(range.group(1)) == have;
                // A server may overlook If-Range, so its word on the version is compared too.
                if (!follows || !validator(response).equals(version.validator())) {
                    part.delete();
                    return false;
                }
                copy(body, have, total);
                return true;
            }
            if (status == NOT_SATISFIABLE && have > 0) {
                if (total == have) {
                    return true;
                }
                part.delete();
                return false;
            }
            if (BUSY.contains(status)) {
                throw new BrokenException("the server answered " + status, null);
            }
            throw new RejectedException(status);
        }
    }

    private HttpResponse<InputStream> send(HttpRequest request) throws BrokenException {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        } catch (IOException e) {
            throw new BrokenException(e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InputException(
                    ErrorCode.DOWNLOAD_FAILED, e, "the download of %s was interrupted; run it again to resume it", uri);
        }
    }

    private static String validator(HttpResponse<?> response) {
        String tag = response.headers().firstValue("ETag").orElse("");
        // A weak tag promises equal meaning, not equal bytes.
        return !tag.isEmpty() && !tag.startsWith("W/")
                ? tag
                : response.headers().firstValue("Last-Modified").orElse("");
    }

    /** Appends the body to the part; {@code total} is the whole file's length or -1. */
    private void copy(InputStream body, long have, long total) throws IOException, BrokenException {
        requireSize(Math.max(have, total));
        AtomicLong heard = new AtomicLong(System.nanoTime());
        AtomicBoolean silent = new AtomicBoolean();
        ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "download-watch");
            thread.setDaemon(true);
            return thread;
        });
        long done = have;
        Future<?> ticking = null;
        try (OutputStream out =
                Files.newOutputStream(part.path(), StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            long period = Math.max(1, stall.toMillis() / 4);
            ticking = watch.scheduleWithFixedDelay(
                    () -> {
                        if (System.nanoTime() - heard.get() > stall.toNanos() && !silent.getAndSet(true)) {
                            closeQuietly(body);
                        }
                    },
                    period,
                    period,
                    TimeUnit.MILLISECONDS);
            byte[] block = new byte[BLOCK];
            long shown = heard.get();
            for (int n = read(body, block); n >= 0; n = read(body, block)) {
                if (total >= 0 && done + n > total) {
                    throw new BrokenException("more came than the " + total + " bytes announced", null);
                }
                requireSize(done + n);
                out.write(block, 0, n);
                done += n;
                heard.set(System.nanoTime());
                if (heard.get() - shown > PROGRESS_NANOS) {
                    shown = heard.get();
                    progress.at(done, total);
                }
            }
        } catch (BrokenException e) {
            throw silent.get() ? silence(e) : e;
        } finally {
            if (ticking != null) {
                ticking.cancel(false);
            }
            watch.shutdownNow();
        }
        if (silent.get()) {
            throw silence(null);
        }
        if (total >= 0 && done != total) {
            throw new BrokenException(done + " of " + total + " bytes came", null);
        }
        progress.at(done, total);
    }

    /** A body need not say how long it is, and what it says need not be true. */
    private void requireSize(long bytes) throws IOException {
        if (bytes > expected.mostBytes()) {
            part.delete();
            throw new InputException(
                    ErrorCode.DOWNLOAD_FAILED,
                    "what comes from %s is larger than %s, the most that this file can be, so it was thrown away; check the address",
                    uri,
                    Phrases.bytes(expected.mostBytes()));
        }
    }

    private BrokenException silence(Throwable cause) {
        return new BrokenException("nothing came for " + stall.toMillis() / 1000.0 + " s", cause);
    }

    private static int read(InputStream body, byte[] block) throws BrokenException {
        try {
            return body.read(block);
        } catch (IOException e) {
            throw new BrokenException(e.getMessage(), e);
        }
    }

    private static void closeQuietly(InputStream stream) {
        try {
            stream.close();
        } catch (IOException e) {
            // The reader learns of it by itself.
        }
    }
}
