package io.meristem.onnx;

import ai.onnxruntime.OrtEnvironment;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import java.io.IOException;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * ONNX Runtime 1.29 brought telemetry to Linux and macOS. Before anything can switch it off, it matches patterns against the process's command line, one level of
 * recursion for each byte: a long command line overflows the stack, and the process ends without a word. We ship 1.28, which has none of it; a program
 * that uses this library may bring a newer one.
 */
final class RuntimeTelemetry {

    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");
    private static final Version FIRST = Version.parse("1.29");

    /** On a stack of 1 MiB 1.29.0 survives 3,900 bytes and not 4,000; some of the stack is in use when it is called. */
    private static final int LONGEST = 3000;

    private RuntimeTelemetry() {}

    /** Call it before the runtime's environment is made. @throws InputException where that would end the process */
    static void require() {
        if (!Files.isReadable(COMMAND_LINE)) {
            return;
        }
        try {
            require(
                    OrtEnvironment.class.getPackage().getImplementationVersion(),
                    System.getenv("ORT_DISABLE_TELEMETRY"),
                    Files.readAllBytes(COMMAND_LINE).length);
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_READABLE, e, "%s cannot be read (%s).", COMMAND_LINE, e.getMessage());
        }
    }

    /** @param version of the runtime, or null where its jar was repacked and does not tell; then we cannot tell either */
    static void require(String version, String disabled, int commandLine) {
        if (version == null || Version.parse(version).compareTo(FIRST) < 0) {
            return;
        }
        if (!"1".equals(disabled) && commandLine > LONGEST) {
            throw new InputException(
                    ErrorCode.UNSUPPORTED,
                    "ONNX Runtime %s would end this process: its telemetry cannot take a command line of %s bytes (%s at most). Set ORT_DISABLE_TELEMETRY=1 in the environment, or use ONNX Runtime 1.28.0.",
                    version,
                    commandLine,
                    LONGEST);
        }
    }
}
