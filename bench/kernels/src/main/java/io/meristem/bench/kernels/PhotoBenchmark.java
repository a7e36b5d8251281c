package io.meristem.bench.kernels;

import io.meristem.data.feed.Augmentation;
import io.meristem.data.feed.TrainingViews;
import io.meristem.data.image.ImageDecoder;
import io.meristem.data.image.Preprocess;
import io.meristem.data.image.RgbImage;
import io.meristem.data.image.UnreadableImageException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What one photo costs on one thread: once, when it is decoded, and in every epoch, when a view of it is taken. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class PhotoBenchmark {

    /** A JPEG of 4:3, soft shapes under fine noise, of the default quality. */
    @State(Scope.Thread)
    public static class Jpeg {
        /** In pixels. */
        @Param("1280")
        public int width;

        private Path file;

        @Setup
        public void open() throws IOException {
            file = Files.createTempFile("photo", ".jpg");
            Files.write(file, jpeg(draw(width, width * 3 / 4)));
        }

        private static byte[] jpeg(RgbImage picture) throws IOException {
            BufferedImage image = new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_INT_RGB);
            for (int y = 0; y < picture.height(); y++) {
                for (int x = 0; x < picture.width(); x++) {
                    image.setRGB(x, y, picture.get(x, y, 0) << 16 | picture.get(x, y, 1) << 8 | picture.get(x, y, 2));
                }
            }
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            ImageIO.write(image, "jpg", bytes);
            return bytes.toByteArray();
        }

        @TearDown
        public void close() throws IOException {
            Files.delete(file);
        }
    }

    /** A photo as the cache holds it. */
    @State(Scope.Thread)
    public static class Cached {
        /** Side of the network's input, pixels. */
        @Param("224")
        public int size;

        private RgbImage scaled;
        private TrainingViews views;
        private FloatBuffer out;
        private int epoch;

        @Setup
        public void open() {
            Preprocess preprocess = Preprocess.imageNet(size);
            scaled = preprocess.scaled(draw(1280, 960));
            views = new TrainingViews(Augmentation.standard(), preprocess, 1);
            out = ByteBuffer.allocateDirect(preprocess.length() * Float.BYTES)
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer();
        }
    }

    private static RgbImage draw(int width, int height) {
        SplittableRandom random = new SplittableRandom(8);
        byte[] rgb = new byte[width * height * 3];
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < 3; c++, i++) {
                    double soft = Math.sin(x * (0.011 + 0.003 * c)) * Math.cos(y * (0.017 - 0.002 * c));
                    rgb[i] = (byte) (128 + 90 * soft + random.nextInt(-12, 13));
                }
            }
        }
        return new RgbImage(width, height, rgb);
    }

    /** Reads and decodes the file, which the system holds in memory. */
    @Benchmark
    public RgbImage decode(Jpeg state) throws UnreadableImageException {
        return ImageDecoder.decode(state.file);
    }

    /** A random view with the standard changes, normalised; another one in each call. */
    @Benchmark
    public FloatBuffer view(Cached state) {
        state.views.write(state.scaled, state.epoch++, 0, state.out, 0);
        return state.out;
    }
}
