package io.meristem.job;

import io.meristem.AtomicFiles;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Names;
import io.meristem.Setting;
import io.meristem.artifact.RunFolder;
import io.meristem.data.image.ImageDecoder;
import io.meristem.data.image.JpegEncoder;
import io.meristem.data.image.PngEncoder;
import io.meristem.data.image.Preprocess;
import io.meristem.data.image.RgbImage;
import io.meristem.data.image.UnreadableImageException;
import io.meristem.engine.Engine;
import io.meristem.execute.Network;
import io.meristem.explain.Explainer;
import io.meristem.explain.Heatmap;
import io.meristem.explain.HeatmapMethod;
import io.meristem.explain.Legend;
import io.meristem.tune.Inference;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;

/** Shows what a run's best state looked at, photo by photo. Closing it frees the network. */
public final class HeatmapJob implements AutoCloseable {

    /**
     * What is wanted.
     *
     * @param run with a rank where one was asked for
     * @param label index of the class to explain, or null for each photo's most probable one
     */
    public record Request(RunFolder run, HeatmapMethod method, Integer label) {

        /**
         * @param rank one that a DyLoRA run was trained for, or null for the run as it is
         * @param className null for each photo's most probable class
         * @throws InputException when there is no such run, rank or class
         */
        public static Request of(Path runPath, Integer rank, HeatmapMethod method, String className) {
            RunFolder run = RunFolder.open(runPath).at(rank);
            if (className == null) {
                return new Request(run, method, null);
            }
            int label = run.classes().indexOf(Names.nfc(className));
            if (label < 0) {
                throw new InputException(
                        ErrorCode.UNKNOWN_NAME,
                        "The run in %s knows no class '%s': give one of %s.",
                        runPath,
                        className,
                        String.join(", ", run.classes()));
            }
            return new Request(run, method, label);
        }
    }

    private final Network network;
    private final Preprocess preprocess;
    private final Explainer explainer;
    private final FloatBuffer input;

    private HeatmapJob(Network network, Preprocess preprocess, HeatmapMethod method) {
        this.network = network;
        this.preprocess = preprocess;
        this.explainer = method.of(network);
        this.input = ByteBuffer.allocateDirect(preprocess.length() * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    /** Loads the run's network. */
    public static HeatmapJob open(RunFolder run, HeatmapMethod method, int threads) {
        Engine.start(threads);
        Network network = Networks.tuned(run);
        try {
            return new HeatmapJob(network, run.config().model().preprocess(), method);
        } catch (RuntimeException e) {
            network.close();
            throw e;
        }
    }

    /** @param label the class to explain, or null for the most probable one */
    public Heatmap of(RgbImage photo, Integer label) {
        preprocess.apply(photo, input, 0);
        try (PointerScope scope = new PointerScope()) {
            int[] labels = label == null ? null : new int[] {label};
            return new Heatmap(
                    explainer.explain(Inference.images(input, 1, preprocess.size()), labels)[0],
                    preprocess.size(),
                    preprocess.seen(photo.width(), photo.height()),
                    photo.width(),
                    photo.height());
        }
    }

    /**
     * Writes a heatmap for every photo that can be read: {@link HeatmapNames} says where.
     *
     * @param folder made where it is not there
     * @return how many were written
     * @throws InputException when one cannot be written
     */
    public static int write(Request request, List<Path> photos, Path folder, int threads) {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new InputException(
                    ErrorCode.WRONG_KIND, "%s is no folder: choose another %s.", folder, Setting.HEATMAP);
        }
        List<Path> names = HeatmapNames.of(photos);
        int written = 0;
        try (HeatmapJob job = open(request.run(), request.method(), threads)) {
            for (int i = 0; i < photos.size(); i++) {
                RgbImage picture;
                try {
                    picture = ImageDecoder.decode(
                            photos.get(i),
                            photo -> Legend.below(job.of(photo, request.label()).over(photo)));
                } catch (UnreadableImageException e) {
                    continue; // the prediction has said why
                }
                save(picture, folder.resolve(names.get(i)));
                written++;
            }
        }
        return written;
    }

    private static void save(RgbImage picture, Path file) {
        try {
            byte[] bytes = file.toString().endsWith(".png") ? PngEncoder.encode(picture) : JpegEncoder.encode(picture);
            AtomicFiles.write(file, temporary -> Files.write(temporary, bytes));
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_WRITABLE,
                    e,
                    "The heatmap %s cannot be written (%s): make room, or choose another %s.",
                    file,
                    e,
                    Setting.HEATMAP);
        }
    }

    @Override
    public void close() {
        network.close();
    }
}
