package io.meristem.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.meristem.Action;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.data.image.Preprocess;
import io.meristem.data.image.RgbImage;
import io.meristem.predict.Classifier;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;

/** An ONNX file of ours, run by ONNX Runtime on the CPU. Not safe for concurrent calls. */
public final class OnnxClassifier implements Classifier {

    static final String LOGITS = "logits";
    /** What the graph makes of photos, (N, 3, size, size): the prepared images. */
    static final String IMAGES = "images";

    static final String PROBABILITIES = "probabilities";

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final OnnxCard card;
    private final Preprocess preprocess;
    private boolean closed;

    private OnnxClassifier(OrtEnvironment environment, OrtSession session, OnnxCard card) {
        this.environment = environment;
        this.session = session;
        this.card = card;
        this.preprocess = card.preprocess();
    }

    /**
     * @param threads that compute, or 0 for as many as there are processors
     * @throws InputException when the file is not there, is damaged, or is not one that {@link OnnxWriter} wrote; when a runtime from 1.29 on
     *     would end the process ({@code docs/onnx.md})
     */
    public static OnnxClassifier open(Path file, int threads) {
        if (!Files.isRegularFile(file)) {
            throw new InputException(
                    ErrorCode.NOT_FOUND,
                    "There is no file %s: give an ONNX file that %s wrote.",
                    file,
                    Action.EXPORT.with(Setting.FORMAT.as("onnx")));
        }
        OnnxGuard.require(file);
        RuntimeTelemetry.require();
        OrtEnvironment environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "meristem");
        OrtSession session = null;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            environment.setTelemetry(false);
            options.setIntraOpNumThreads(
                    threads > 0 ? threads : Runtime.getRuntime().availableProcessors());
            options.setInterOpNumThreads(1);
            session = environment.createSession(file.toString(), options);
            OnnxCard card = OnnxCard.of(file, session.getMetadata().getCustomMetadata());
            requireShape(file, session, card);
            OnnxClassifier classifier = new OnnxClassifier(environment, session, card);
            session = null;
            return classifier;
        } catch (OrtException e) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    e,
                    "%s cannot be read as an ONNX file (%s): export it again.",
                    file,
                    reason(e));
        } finally {
            close(session);
        }
    }

    private static void requireShape(Path file, OrtSession session, OnnxCard card) throws OrtException {
        Map<String, NodeInfo> inputs = session.getInputInfo();
        long size = card.preprocess().size();
        boolean fits = card.input() == OnnxInput.IMAGES
                ? is(inputs.get(card.input().label()), OnnxJavaType.FLOAT, -1, 3, size, size)
                : is(inputs.get(card.input().label()), OnnxJavaType.UINT8, -1, -1, -1, 3);
        if (!fits
                || inputs.size() != 1
                || !is(
                        session.getOutputInfo().get(LOGITS),
                        OnnxJavaType.FLOAT,
                        -1,
                        card.info().classes().size())) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    "The inputs and outputs of %s are not those that its metadata state: export it again.",
                    file);
        }
    }

    private static boolean is(NodeInfo node, OnnxJavaType type, long... shape) {
        return node != null
                && node.getInfo() instanceof TensorInfo tensor
                && tensor.type == type
                && Arrays.equals(tensor.getShape(), shape);
    }

    /** Its numbers do not fit together, which shows only now. */
    private static InputException failed(OrtException e) {
        return new InputException(
                ErrorCode.DAMAGED_FILE, e, "The ONNX file cannot be computed (%s): export it again.", reason(e));
    }

    /** The first line of what the runtime says, without its own file names. */
    private static String reason(OrtException e) {
        String text = String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason known");
        return text.length() > 200 ? text.substring(0, 200) + "..." : text;
    }

    public OnnxCard card() {
        return card;
    }

    @Override
    public List<String> classes() {
        return card.info().classes();
    }

    @Override
    public Preprocess preprocess() {
        return preprocess;
    }

    @Override
    public OptionalDouble temperature() {
        return card.temperature() == null ? OptionalDouble.empty() : OptionalDouble.of(card.temperature());
    }

    @Override
    public float[][] logits(FloatBuffer images, int n) {
        return card.input() == OnnxInput.IMAGES ? ofImages(images, n) : ofPhotos(Frames.of(images, n, preprocess));
    }

    /**
     * What the graph makes of a whole photo.
     *
     * @param logits (classes)
     * @param image (size, size, 3), prepared and normalised, as {@link Preprocess#apply(RgbImage)} has it
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Seen(float[] logits, float[] image) {}

    /** @throws IllegalStateException when the file takes prepared images */
    Seen see(RgbImage photo) {
        if (card.input() != OnnxInput.PHOTOS) {
            throw new IllegalStateException("the file takes prepared images");
        }
        try (OnnxTensor input = tensor(List.of(photo));
                OrtSession.Result result = run(input, LOGITS, IMAGES)) {
            float[] planes = new float[preprocess.length()];
            values(result, IMAGES).get(planes);
            float[] image = new float[planes.length];
            int positions = planes.length / 3;
            for (int i = 0; i < planes.length; i++) {
                image[i % positions * 3 + i / positions] = planes[i];
            }
            return new Seen(logits(result, 1)[0], image);
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    private float[][] ofImages(FloatBuffer images, int n) {
        int size = preprocess.size();
        int positions = size * size;
        FloatBuffer planes = ByteBuffer.allocateDirect(Math.multiplyExact(n * Float.BYTES, 3 * positions))
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        for (int i = 0; i < n; i++) {
            int from = i * 3 * positions;
            for (int p = 0; p < positions; p++) {
                for (int c = 0; c < 3; c++) {
                    planes.put(from + c * positions + p, images.get(from + p * 3 + c));
                }
            }
        }
        try (OnnxTensor input = OnnxTensor.createTensor(environment, planes, new long[] {n, 3, size, size})) {
            return logits(input, n);
        } catch (OrtException e) {
            throw failed(e);
        }
    }

    private float[][] ofPhotos(List<RgbImage> photos) {
        try (OnnxTensor input = tensor(photos)) {
            return logits(input, photos.size());
        } catch (OrtException e) {
            throw failed(e);
        }
    }

    /** (N, H, W, 3), of photos that are all of one width and height. */
    private OnnxTensor tensor(List<RgbImage> photos) throws OrtException {
        RgbImage first = photos.get(0);
        ByteBuffer bytes = ByteBuffer.allocateDirect(Math.multiplyExact(photos.size(), first.rgb().length));
        photos.forEach(photo -> bytes.put(photo.rgb()));
        long[] shape = {photos.size(), first.height(), first.width(), 3};
        return OnnxTensor.createTensor(environment, bytes.flip(), shape, OnnxJavaType.UINT8);
    }

    private float[][] logits(OnnxTensor input, int n) throws OrtException {
        try (OrtSession.Result result = run(input, LOGITS)) {
            return logits(result, n);
        }
    }

    private float[][] logits(OrtSession.Result result, int n) {
        FloatBuffer values = values(result, LOGITS);
        float[][] rows = new float[n][classes().size()];
        for (float[] row : rows) {
            values.get(row);
        }
        return rows;
    }

    private OrtSession.Result run(OnnxTensor input, String... outputs) throws OrtException {
        if (closed) {
            throw new IllegalStateException("the classifier is closed");
        }
        return session.run(Map.of(card.input().label(), input), Set.of(outputs));
    }

    private static FloatBuffer values(OrtSession.Result result, String output) {
        return ((OnnxTensor) result.get(output).orElseThrow()).getFloatBuffer();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            close(session);
        }
    }

    private static void close(OrtSession session) {
        try {
            if (session != null) {
                session.close();
            }
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }
}
