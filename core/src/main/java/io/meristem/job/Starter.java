package io.meristem.job;

import io.meristem.AtomicFiles;
import io.meristem.ErrorCode;
import io.meristem.Home;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.Setting;
import io.meristem.zoo.ModelSpec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The small network that comes with the library: MobileNetV2 of width 0.35, pre-trained by us on procedurally drawn patterns (bench/starter). It is
 * for trying things out; on photos of real plants, weights that were trained on photos do better.
 */
public final class Starter {

    /** What a user writes for it. */
    public static final String NAME = "starter";

    /** The network that it is for. */
    public static final String MODEL = "mobilenet_v2_035";

    /** The side of the pictures that it was trained on, pixels. */
    public static final int SIZE = 96;

    private static final String RESOURCE = "/io/meristem/starter/mobilenet_v2_035.safetensors";

    private Starter() {}

    /**
     * Its weights as a file, unpacked under {@link Home#writable} where that has not been done.
     *
     * @throws InputException when {@code spec} is another network
     */
    public static Path file(ModelSpec spec) {
        if (!spec.name().equals(MODEL)) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "The starter weights are of %s, not of %s: choose %s.",
                    MODEL,
                    spec.name(),
                    Setting.MODEL.the(MODEL));
        }
        Path target = Home.writable().resolve("weights").resolve(MODEL).resolve(NAME + ".safetensors");
        try (InputStream in = Starter.class.getResourceAsStream(RESOURCE)) {
            byte[] bytes = in.readAllBytes();
            if (!Files.exists(target) || !Arrays.equals(Files.readAllBytes(target), bytes)) {
                AtomicFiles.write(target, temporary -> Files.write(temporary, bytes));
            }
            return target;
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_WRITABLE,
                    e,
                    "The starter weights cannot be unpacked to %s (%s): make room, or set %s to another folder.",
                    target,
                    InputFiles.reason(e),
                    Home.VARIABLE);
        }
    }
}
