package io.meristem.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.meristem.InputException;
import io.meristem.Message;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloaderTest {

    private static final int LENGTH = 300_000;

    /** How the server answers one request. */
    @FunctionalInterface
    private interface Answer {
        void to(HttpExchange exchange) throws IOException;
    }

    @TempDir
    Path dir;

    private HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch over = new CountDownLatch(1);
    private final Deque<Answer> script = new ArrayDeque<>();
    /** The Range and If-Range headers of every request, "-" for none. */
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());

    private byte[] content = random(1);
    private String etag = "\"v1\"";
    private Path target;
    private final Downloader downloader =
            new Downloader(new Downloader.Settings(Duration.ofSeconds(5), 3, Duration.ZERO));

    @BeforeEach
    void start() throws IOException {
        target = dir.resolve("sub/model.pth");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                requests.add(header(exchange, "Range") + " " + header(exchange, "If-Range"));
                Answer answer = script.poll();
                (answer == null ? (Answer) this::serve : answer).to(exchange);
            }
        });
        server.start();
    }

    @AfterEach
    void stop() {
        over.countDown();
        server.stop(0);
        threads.shutdownNow();
    }

    @Test
    void fetchesAWholeFile() throws IOException {
        List<Long> seen = new ArrayList<>();
        downloader.fetch(uri(), target, expected(sha(content)), (done, total) -> {
            assertEquals(LENGTH, total);
            seen.add(done);
        });
        assertDone(1);
        assertEquals(LENGTH, seen.get(seen.size() - 1));
        downloader.fetch(
                uri(),
                target,
                expected(sha(content).substring(0, 8).toUpperCase(java.util.Locale.ROOT)),
                Downloader.DownloadProgress.NONE);
        assertDone(2);
    }

    @Test
    void goesOnWhereTheLineBroke() throws IOException {
        script.add(exchange -> breakOff(exchange, 100_000));
        downloader.fetch(uri(), target, expected(""), Downloader.DownloadProgress.NONE);
        assertDone(2);
        assertEquals("- -", requests.get(0));
        assertEquals("bytes=100000- \"v1\"", requests.get(1));
    }

    @Test
    void goesOnInALaterProcess() throws IOException {
        for (int i = 0; i < 3; i++) {
            script.add(exchange -> breakOff(exchange, 100_000));
        }
        // Each try begins anew for a server that does not know ranges, so there is no new byte and the tries are
        // counted.
        InputException e = assertThrows(
                InputException.class,
                () -> downloader.fetch(uri(), target, expected(""), Downloader.DownloadProgress.NONE));
        assertTrue(e.getMessage().contains("broke off"), e.getMessage());
        assertTrue(e.getMessage().contains("it will continue from"), e.getMessage());
        assertTrue(
                e.getMessage().contains(uri() + " yourself and save it as " + target.toAbsolutePath()), e.getMessage());
        assertFalse(Files.exists(target));
        downloader.fetch(uri(), target, expected(sha(content)), Downloader.DownloadProgress.NONE);
        assertEquals("bytes=100000- \"v1\"", requests.get(3));
        assertDone(4);
    }

    @Test
    void countsOnlyTriesThatBringNothing() throws IOException {
        for (int i = 1; i <= 6; i++) {
            int upTo = i * 40_000;
            script.add(exchange -> {
                int from = rangeStart(exchange);
                exchange.getResponseHeaders().set("ETag", etag);
                exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + (LENGTH - 1) + "/" + LENGTH);
                exchange.sendResponseHeaders(from == 0 ? 200 : 206, LENGTH - from);
                exchange.getResponseBody().write(content, from, upTo - from);
                exchange.getResponseBody().flush();
                awaitPart(upTo);
            });
        }
        downloader.fetch(uri(), target, expected(sha(content)), Downloader.DownloadProgress.NONE);
        assertDone(7);
    }

    @Test
    void beginsAnewWhenTheServerKnowsNoRanges() throws IOException {
        script.add(exchange -> breakOff(exchange, 100_000));
        script.add(exchange -> send(exchange, 200, content));
        downloader.fetch(uri(), target, expected(""), Downloader.DownloadProgress.NONE);
        assertDone(2);
    }

    @Test
    void beginsAnewWhenTheFileChanged() throws IOException {
        script.add(exchange -> {
            breakOff(exchange, 100_000);
            content = random(2);
            etag = "\"v2\"";
        });
        downloader.fetch(uri(), target, expected(""), Downloader.DownloadProgress.NONE);
        assertDone(2);
    }

    @Test
    void beginsAnewWhenTheServerOverlooksThatTheFileChanged() throws IOException {
        script.add(exchange -> {
            breakOff(exchange, 100_000);
            content = random(2);
            etag = "\"v2\"";
        });
        script.add(this::sendRange);
        downloader.fetch(uri(), target, expected(""), Downloader.DownloadProgress.NONE);
        assertDone(3);
        assertEquals("- -", requests.get(2));
    }

    @Test
    void beginsAnewWhenTheRangeIsAnother() throws IOException {
        script.add(exchange -> breakOff(exchange, 100_000));
        script.add(exchange -> {
            exchange.getResponseHeaders().set("ETag", etag);
            exchange.getResponseHeaders().set("Content-Range", "bytes 0-9/" + LENGTH);
            send(exchange, 206, Arrays.copyOf(content, 10));
        });
        downloader.fetch(uri(), target, expected(""), Downloader.DownloadProgress.NONE);
        assertDone(3);
    }

    @Test
    void understandsThatThePartIsWhole() throws IOException {
        partial(content, "\"v1\"");
        downloader.fetch(uri(), target, expected(sha(content)), Downloader.DownloadProgress.NONE);
        assertDone(1);
        assertTrue(requests.get(0).startsWith("bytes=" + LENGTH + "-"));
    }

    @Test
    void beginsAnewWhenThePartIsTooLong() throws IOException {
        partial(new byte[LENGTH + 5], "\"v1\"");
        downloader.fetch(uri(), target, expected(sha(content)), Downloader.DownloadProgress.NONE);
        assertDone(2);
    }

    @Test
    void doesNotTrustAPartOfUnknownVersion() throws IOException {
        partial(new byte[100], "");
        downloader.fetch(uri(), target, expected(""), Downloader.DownloadProgress.NONE);
        assertDone(1);
        assertEquals("- -", requests.get(0));
        Files.write(target.resolveSibling("model.pth.part"), new byte[100]);
        downloader.fetch(uri(), target, expected(sha(content)), Downloader.DownloadProgress.NONE);
        assertDone(2);
        assertEquals("- -", requests.get(1));
    }

    @Test
    void throwsAwayWhatHasAnotherChecksum() throws IOException {
        InputException e = assertThrows(
                InputException.class,
                () -> downloader.fetch(uri(), target, expected("abcdef12"), Downloader.DownloadProgress.NONE));
        assertTrue(e.getMessage().contains("where abcdef12… was expected, so it was thrown away"), e.getMessage());
        assertEquals(List.of(".model.pth.lock"), names());
        assertThrows(
                IllegalArgumentException.class,
                () -> downloader.fetch(uri(), target, expected("xyz"), Downloader.DownloadProgress.NONE));
    }

    @Test
    void namesARefusalAndDoesNotInsist() {
        script.add(exchange -> send(exchange, 404, new byte[0]));
        InputException e = assertThrows(
                InputException.class,
                () -> downloader.fetch(uri(), target, expected(""), Downloader.DownloadProgress.NONE));
        assertTrue(e.getMessage().contains("the server answered 404 for " + uri()), e.getMessage());
        assertEquals(1, requests.size());
    }

    @Test
    void triesABusyServerAgain() throws IOException {
        script.add(exchange -> send(exchange, 503, new byte[0]));
        script.add(exchange -> send(exchange, 429, new byte[0]));
        downloader.fetch(uri(), target, expected(""), Downloader.DownloadProgress.NONE);
        assertDone(3);
    }

    @Test
    void followsRedirects() throws IOException {
        script.add(exchange -> {
            exchange.getResponseHeaders().set("Location", "/elsewhere");
            exchange.sendResponseHeaders(302, -1);
        });
        downloader.fetch(uri(), target, expected(sha(content)), Downloader.DownloadProgress.NONE);
        assertDone(2);
    }

    @Test
    void goesOnBehindARedirect() throws IOException {
        Answer redirect = exchange -> {
            exchange.getResponseHeaders().set("Location", "/elsewhere?signature=" + requests.size());
            exchange.sendResponseHeaders(302, -1);
        };
        script.add(redirect);
        script.add(exchange -> breakOff(exchange, 100_000));
        script.add(redirect);
        downloader.fetch(uri(), target, expected(sha(content)), Downloader.DownloadProgress.NONE);
        assertEquals("bytes=100000- \"v1\"", requests.get(3));
        assertDone(4);
    }

    @Test
    void leavesASilentServer() throws IOException {
        Downloader impatient = new Downloader(new Downloader.Settings(Duration.ofSeconds(1), 10, Duration.ZERO));
        script.add(exchange -> {
            exchange.getResponseHeaders().set("ETag", etag);
            exchange.sendResponseHeaders(200, LENGTH);
            exchange.getResponseBody().write(content, 0, 1000);
            exchange.getResponseBody().flush();
            await();
        });
        script.add(exchange -> await());
        impatient.fetch(uri(), target, expected(sha(content)), Downloader.DownloadProgress.NONE);
        assertDone(3);
        assertTrue(requests.get(2).startsWith("bytes=1000-"), requests.get(2));
    }

    @Test
    void saysWhenAServerFallsSilentForGood() {
        Downloader impatient = new Downloader(new Downloader.Settings(Duration.ofMillis(300), 1, Duration.ZERO));
        script.add(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(content, 0, 1000);
            exchange.getResponseBody().flush();
            await();
        });
        String message = assertThrows(
                        InputException.class,
                        () -> impatient.fetch(uri(), target, expected(""), Downloader.DownloadProgress.NONE))
                .getMessage();
        assertTrue(message.contains("nothing came for 0.3 s") || message.startsWith("cannot reach"), message);
    }

    @Test
    void saysWhenThereIsNoNetwork() {
        int port = server.getAddress().getPort();
        server.stop(0);
        URI nobody = URI.create("http://127.0.0.1:" + port + "/model.pth");
        InputException e = assertThrows(
                InputException.class,
                () -> downloader.fetch(nobody, target, expected(""), Downloader.DownloadProgress.NONE));
        assertTrue(e.getMessage().startsWith("cannot reach 127.0.0.1; check the network"), e.getMessage());
        assertTrue(
                e.getMessage().contains("download " + nobody + " yourself and save it as " + target), e.getMessage());
        URI unknown = URI.create("http://nowhere.invalid/model.pth");
        e = assertThrows(
                InputException.class,
                () -> downloader.fetch(unknown, target, expected(""), Downloader.DownloadProgress.NONE));
        assertTrue(e.getMessage().startsWith("cannot reach nowhere.invalid"), e.getMessage());
        assertThrows(
                InputException.class,
                () -> downloader.fetch(
                        URI.create("file:///etc/passwd"), target, expected(""), Downloader.DownloadProgress.NONE));
    }

    @Test
    void leavesAPartToWhoHoldsIt() throws IOException {
        Files.createDirectories(target.getParent());
        try (FileChannel channel = FileChannel.open(
                        target.resolveSibling(".model.pth.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            assertTrue(lock.isValid());
            InputException e = assertThrows(
                    InputException.class,
                    () -> downloader.fetch(uri(), target, expected(""), Downloader.DownloadProgress.NONE));
            assertTrue(e.getMessage().contains("another process is downloading"), e.getMessage());
        }
        assertEquals(0, requests.size());
    }

    @Test
    void saysWhenItCannotWrite() throws IOException {
        Files.writeString(dir.resolve("file"), "");
        Path below = dir.resolve("file/model.pth");
        InputException e = assertThrows(
                InputException.class,
                () -> downloader.fetch(uri(), below, expected(""), Downloader.DownloadProgress.NONE));
        assertTrue(e.getMessage().startsWith("cannot write " + below), e.getMessage());
    }

    /** A proper server: ranges, If-Range, 416. */
    private void serve(HttpExchange exchange) throws IOException {
        String condition = header(exchange, "If-Range");
        boolean ranged = !header(exchange, "Range").equals("-") && (condition.equals("-") || condition.equals(etag));
        if (!ranged) {
            exchange.getResponseHeaders().set("ETag", etag);
            send(exchange, 200, content);
        } else if (rangeStart(exchange) >= content.length) {
            exchange.getResponseHeaders().set("Content-Range", "bytes */" + content.length);
            send(exchange, 416, new byte[0]);
        } else {
            sendRange(exchange);
        }
    }

    private void sendRange(HttpExchange exchange) throws IOException {
        int from = rangeStart(exchange);
        exchange.getResponseHeaders().set("ETag", etag);
        exchange.getResponseHeaders()
                .set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
        send(exchange, 206, Arrays.copyOfRange(content, from, content.length));
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    /** Announces everything, sends {@code bytes}, and closes the connection. */
    private void breakOff(HttpExchange exchange, int bytes) throws IOException {
        exchange.getResponseHeaders().set("ETag", etag);
        exchange.sendResponseHeaders(200, content.length);
        exchange.getResponseBody().write(content, 0, bytes);
        exchange.getResponseBody().flush();
        awaitPart(bytes);
    }

    /** Waits until the client has written so much, because its library drops what it still holds when a line breaks. */
    private void awaitPart(long bytes) throws IOException {
        Path part = target.resolveSibling("model.pth.part");
        try {
            while (!over.await(5, java.util.concurrent.TimeUnit.MILLISECONDS)
                    && (!Files.exists(part) || Files.size(part) < bytes)) {
                Thread.onSpinWait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void await() {
        try {
            over.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void partial(byte[] bytes, String validator) throws IOException {
        Path part = target.resolveSibling("model.pth.part");
        Files.createDirectories(part.getParent());
        new PartialFile(target).begin(new PartialFile.Version(uri().toString(), validator));
        Files.write(part, bytes);
    }

    private void assertDone(int expectedRequests) throws IOException {
        assertArrayEquals(content, Files.readAllBytes(target));
        assertEquals(List.of(".model.pth.lock", "model.pth"), names());
        assertEquals(expectedRequests, requests.size(), requests.toString());
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(target.getParent())) {
            return files.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/model.pth");
    }

    private static String header(HttpExchange exchange, String name) {
        String value = exchange.getRequestHeaders().getFirst(name);
        return value == null ? "-" : value;
    }

    private static int rangeStart(HttpExchange exchange) {
        String range = header(exchange, "Range");
        return range.equals("-") ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
    }

    private static byte[] random(long seed) {
        byte[] bytes = new byte[LENGTH];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private Downloader.Expected expected(String sha256) {
        return new Downloader.Expected(sha256, Long.MAX_VALUE, Message.of("ask the publisher"), target);
    }

    private static String sha(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
