package io.meristem.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.meristem.InputException;
import io.meristem.engine.Tensors;
import io.meristem.zoo.ModelSpec;
import io.meristem.zoo.WeightSource;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightCacheTest {

    @TempDir
    Path dir;

    private HttpServer server;
    private byte[] content;
    private final AtomicInteger requests = new AtomicInteger();
    private WeightCache cache;

    @BeforeEach
    void start() throws IOException {
        Path file = dir.resolve("published");
        try (PointerScope scope = new PointerScope()) {
            Safetensors.write(file, Map.of("a", Tensors.of(new float[] {1}, 1)), Map.of());
        }
        content = Files.readAllBytes(file);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            requests.incrementAndGet();
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content);
            exchange.close();
        });
        server.start();
        cache = new WeightCache(
                dir.resolve("home"), new Downloader(new Downloader.Settings(Duration.ofSeconds(5), 2, Duration.ZERO)));
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void pullsOnceAndFindsItAgain() {
        ModelSpec spec = spec();
        InputException e = assertThrows(InputException.class, () -> cache.resolve("tiny", spec));
        assertTrue(e.getMessage().contains("not downloaded yet; fetch the weights of tiny"), e.getMessage());
        assertEquals(List.of(), cache.cached());
        Path path = cache.pull(spec.weights().get(1), spec, Downloader.DownloadProgress.NONE);
        assertEquals(path, cache.pull(spec.weights().get(1), spec, Downloader.DownloadProgress.NONE));
        assertEquals(1, requests.get());
        assertEquals(dir.resolve("home/weights/tiny/v2_late.safetensors"), path);
        assertEquals(
                List.of(new WeightCache.Cached("tiny", "v2_late", path, content.length, Checksums.sha256(path))),
                cache.cached());
        assertEquals(path, cache.resolve("tiny", spec));
        assertEquals(path, cache.resolve("v2 late", spec));
        assertThrows(InputException.class, () -> cache.resolve("v1", spec));
    }

    @Test
    void takesAPathBeforeAName() throws IOException {
        Path file = dir.resolve("mine.safetensors");
        Files.write(file, content);
        assertEquals(file, cache.resolve(file.toString(), spec()));
        String message = assertThrows(InputException.class, () -> cache.resolve("no.pth", spec()))
                .getMessage();
        assertTrue(
                message.contains("there is no weights file no.pth; check the path, or fetch the weights of tiny"),
                message);
        assertTrue(message.contains("v1, v2 late"), message);
        assertThrows(InputException.class, () -> cache.resolve(dir.toString(), spec()));
        assertThrows(InputException.class, () -> cache.resolve("a\u0000b", spec()));
    }

    @Test
    void throwsAwayWhatIsNotAWeightsFile() {
        content = "<html>please log in</html>".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        ModelSpec spec = spec();
        InputException e = assertThrows(
                InputException.class, () -> cache.pull(spec.weights().get(0), spec, Downloader.DownloadProgress.NONE));
        assertTrue(e.getMessage().contains("is not a weights file, so it was thrown away"), e.getMessage());
        assertEquals(List.of(), cache.cached());
        assertFalse(Files.exists(dir.resolve("home/weights/tiny/v1.pth")));
    }

    /** What came first is what later uses are held to. */
    @Test
    void aFileThatChangedIsRefusedAndAnotherBodyToo() throws IOException {
        ModelSpec spec = spec();
        WeightSource source = spec.weights().get(1);
        Path path = cache.pull(source, spec, Downloader.DownloadProgress.NONE);
        cache.require(path, Checksums.sha256(path));
        String lock = Files.readString(dir.resolve("home/weights/lock.json"));
        assertTrue(lock.contains(Checksums.sha256(path)) && lock.contains(source.url()), lock);
        // As long, and as old.
        java.nio.file.attribute.FileTime time = Files.getLastModifiedTime(path);
        byte[] changed = content.clone();
        changed[changed.length - 1] ^= 1;
        Files.write(path, changed);
        Files.setLastModifiedTime(path, time);
        String now = Checksums.sha256(path);
        String message = assertThrows(InputException.class, () -> cache.require(path, now))
                .getMessage();
        assertTrue(message.contains("is not what it was") && message.contains("pull it again"), message);
        assertThrows(InputException.class, () -> cache.pull(source, spec, Downloader.DownloadProgress.NONE));
        Files.delete(path);
        byte[] first = content;
        content = changed;
        message = assertThrows(InputException.class, () -> cache.pull(source, spec, Downloader.DownloadProgress.NONE))
                .getMessage();
        assertTrue(message.contains("fetch the weights of tiny anew with tag 'v2 late'"), message);
        assertFalse(Files.exists(path));
        content = first;
        assertEquals(path, cache.pull(source, spec, Downloader.DownloadProgress.NONE));
        content = changed;
        assertEquals(path, cache.renew(source, spec, Downloader.DownloadProgress.NONE));
        cache.require(path, now);
    }

    @Test
    void aFileThatWasThereIsPinnedByItsFirstUse() throws IOException {
        Path path = Files.createDirectories(dir.resolve("home/weights/tiny")).resolve("v1.pth");
        Files.write(path, content);
        assertNull(cache.cached().get(0).sha256());
        cache.require(path, Checksums.sha256(path));
        assertEquals(Checksums.sha256(path), cache.cached().get(0).sha256());
        assertThrows(InputException.class, () -> cache.require(path, "0".repeat(64)));
        // Elsewhere it is its owner's affair.
        cache.require(dir.resolve("published"), "0".repeat(64));
        Files.writeString(dir.resolve("home/weights/lock.json"), "{\"tiny/v1.pth\": {}}");
        String message = assertThrows(InputException.class, () -> cache.require(path, "0".repeat(64)))
                .getMessage();
        assertTrue(message.contains("lock.json"), message);
    }

    @Test
    void aBodyWithoutEndIsBroken() {
        server.removeContext("/");
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 0); // no length
            byte[] block = new byte[1 << 16];
            try {
                for (int i = 0; i < 1000; i++) {
                    exchange.getResponseBody().write(block);
                }
            } catch (IOException e) {
                return; // the client has gone
            } finally {
                exchange.close();
            }
        });
        ModelSpec spec = spec();
        String message = assertThrows(
                        InputException.class,
                        () -> cache.pull(spec.weights().get(1), spec, Downloader.DownloadProgress.NONE))
                .getMessage();
        assertTrue(message.contains("larger than 4.0 MiB, the most that this file can be"), message);
        assertEquals(List.of(), cache.cached());
    }

    @Test
    void addressesInCirclesAreSaid() {
        server.removeContext("/");
        server.createContext("/", exchange -> {
            exchange.getResponseHeaders()
                    .set("Location", exchange.getRequestURI().toString());
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        });
        ModelSpec spec = spec();
        String message = assertThrows(
                        InputException.class,
                        () -> cache.pull(spec.weights().get(1), spec, Downloader.DownloadProgress.NONE))
                .getMessage();
        assertTrue(message.contains("302") || message.contains("edirect"), message);
    }

    private ModelSpec spec() {
        String host = "http://127.0.0.1:" + server.getAddress().getPort();
        ModelSpec tiny = Tiny.spec("tiny", "stem.conv", 4);
        return tiny.withWeights(List.of(
                new WeightSource("v1", host + "/a/v1-1234.pth?x=1", "", 5, "CC0"),
                new WeightSource("v2 late", host + "/model.safetensors", "", 5, "CC0")));
    }
}
