package io.meristem.onnx;

import io.meristem.Escape;
import io.meristem.InputException;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.Photo;
import io.meristem.data.folder.Split;
import io.meristem.data.image.ImageDecoder;
import io.meristem.data.image.RgbImage;
import io.meristem.data.image.UnreadableImageException;
import io.meristem.engine.Engine;
import io.meristem.exchange.ExportFormat;
import io.meristem.exchange.PythonCode;
import io.meristem.exchange.TunedRun;
import io.meristem.execute.Network;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/**
 * The whole network as one ONNX file, every update merged and batch normalisation folded into the convolutions, in float32. ONNX Runtime runs it before it is
 * moved to its place, and must give our logits.
 *
 * @param input what the file takes
 * @param listener told what the check found
 */
public record OnnxFormat(OnnxInput input, Consumer<Checked> listener) implements ExportFormat {

    /**
     * Differences of logits between ONNX Runtime and the engine, as shares of the largest logit.
     *
     * @param onRandom the largest on random input
     * @param photos of the run's validation photos that were tried; 0 where they are not there any more
     * @param onPhotos the largest on those
     * @param off the largest share of a photo's numbers that the file itself scales to the next grey level
     */
    public record Checked(double onRandom, int photos, double onPhotos, double off) {}

    static final String ENDING = ".onnx";

    private static final int PHOTOS = 16;

    @Override
    public String label() {
        return "onnx";
    }

    @Override
    public String ending() {
        return ENDING;
    }

    /** @throws IllegalStateException when the file does not give what the network gives */
    @Override
    public void write(TunedRun run, Path place) throws IOException {
        Network network = run.network();
        try {
            OptionalDouble temperature = run.folder().temperature();
            OnnxCard card = new OnnxCard(run.info(), input, temperature.isPresent() ? temperature.getAsDouble() : null);
            OnnxWriter.write(network, card, place);
            try (OnnxClassifier file = OnnxClassifier.open(place, Engine.info().threads())) {
                listener.accept(check(new OnnxCheck(network, file), run));
            }
        } finally {
            network.unfold();
        }
    }

    private static Checked check(OnnxCheck check, TunedRun run) {
        double onRandom = check.onRandom(run.config().train().seed());
        require(onRandom <= OnnxCheck.TOLERANCE, "a difference of " + onRandom);
        double onPhotos = 0;
        double off = 0;
        List<RgbImage> photos = photos(run);
        for (RgbImage photo : photos) {
            OnnxCheck.OnPhoto one = check.on(photo);
            onPhotos = Math.max(onPhotos, one.logits());
            off = Math.max(off, one.off());
            require(one.passes(), one);
        }
        return new Checked(onRandom, photos.size(), onPhotos, off);
    }

    private static void require(boolean passes, Object found) {
        if (!passes) {
            throw new IllegalStateException(
                    "ONNX Runtime does not give the network's logits (" + found + "): the file was not written.");
        }
    }

    /** Validation photos, evenly picked; none where the run's folder has gone or is not a photo folder any more. */
    private static List<RgbImage> photos(TunedRun run) {
        List<Photo> all;
        try {
            all = ImageFolder.scan(run.folder().photos(), run.config().data().split())
                    .photos(Split.VAL);
        } catch (InputException e) {
            return List.of();
        }
        List<RgbImage> photos = new ArrayList<>();
        int count = Math.min(PHOTOS, all.size());
        for (int i = 0; i < count; i++) {
            try {
                photos.add(ImageDecoder.decode(
                        all.get((int) ((long) i * all.size() / count)).file()));
            } catch (UnreadableImageException e) {
                continue; // one fewer to compare
            }
        }
        return photos;
    }

    @Override
    public String inputs(TunedRun run) {
        int size = run.config().model().size();
        int classes = run.classes().size();
        boolean calibrated = run.folder().temperature().isPresent();
        if (input == OnnxInput.PHOTOS) {
            return String.format(
                    Locale.ROOT,
                    """
                    | name | type | shape | what |
                    |---|---|---|---|
                    | input `photos` | uint8 | (N, H, W, 3) | RGB, upright, any height and width, one batch's photos alike; scaling, cropping and normalisation are in the file |
                    | output `probabilities` | float32 | (N, %1$d) | %2$s |
                    | output `logits` | float32 | (N, %1$d) | before the softmax%3$s |
                    | output `images` | float32 | (N, 3, %4$d, %4$d) | what the network saw |
                    """,
                    classes,
                    calibrated ? "calibrated: the temperature is in them already" : "not calibrated",
                    calibrated ? ", not divided by the temperature" : "",
                    size);
        }
        return String.format(
                Locale.ROOT,
                """
                | name | type | shape | what |
                |---|---|---|---|
                | input `images` | float32 | (N, 3, %2$d, %2$d) | RGB, scaled, cropped and normalised as in the code below |
                | output `logits` | float32 | (N, %1$d) | before the softmax%3$s |
                """,
                classes,
                size,
                calibrated ? "; divided by the temperature first, it is calibrated" : "");
    }

    @Override
    public String howToLoad(TunedRun run, String name) {
        return """
                ```python
                import json, numpy as np, onnxruntime
                from PIL import Image, ImageOps


                """
                + PythonCode.OPENED
                + """


                session = onnxruntime.InferenceSession("""
                + Escape.python(name)
                + """
                )
                metadata = session.get_modelmeta().custom_metadata_map
                about = json.loads(metadata["meristem"])
                """
                + (input == OnnxInput.PHOTOS ? FOR_PHOTOS : FOR_IMAGES)
                + """
                print(about["classes"][probabilities.argmax()], float(probabilities.max()))
                ```
                """;
    }

    private static final String FOR_PHOTOS =
            """
            photo = np.asarray(opened("leaf.jpg"))
            probabilities, logits = (out[0] for out in session.run(["probabilities", "logits"], {"photos": photo[None]}))
            """;

    private static final String FOR_IMAGES =
            """
            how = about["input"]
            size = how["size"]
            photo = opened("leaf.jpg")
            if how["fit"] == "crop":
                short = int(size / how["crop_fraction"] + 0.5)
                w, h = photo.size
                photo = photo.resize((max(short, short * w // h), max(short, short * h // w)), Image.BILINEAR)
                left, top = round((photo.width - size) / 2), round((photo.height - size) / 2)
                photo = photo.crop((left, top, left + size, top + size))
            else:
                photo = photo.resize((size, size), Image.BILINEAR)
            image = (np.asarray(photo, np.float32) / 255 - np.float32(how["mean"])) / np.float32(how["std"])
            logits = session.run(["logits"], {"images": image.transpose(2, 0, 1)[None]})[0][0]
            cooled = logits / float(metadata.get("meristem.temperature", 1))  # calibrated, where that was fitted
            probabilities = np.exp(cooled - cooled.max()) / np.exp(cooled - cooled.max()).sum()
            """;
}
