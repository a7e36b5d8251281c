package io.meristem.engine;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The libtorch runtime of this process: started once, with a number of threads, and able to say what it is. */
public final class Engine {

    /**
     * What must stand in the environment before the JVM starts, because the C library and the thread pools read it once: large blocks stay
     * with the process instead of going back to the system every step, and idle pool threads stop spinning soon, so that the two pools
     * (OpenMP and BLAS) do not fight for the cores.
     */
    public static final Map<String, String> ENVIRONMENT = environment();

    private static final boolean FAST_BF16 = detectBf16();

    private static boolean started;
    private static boolean warned;
    private static ComputeDevice device = ComputeDevice.CPU;

    /** Facts about the engine for reports; {@code missing} lists the environment variables that the launcher sets and that are not set here. */
    public record Info(
            String libtorch,
            String javacpp,
            String blas,
            String cpu,
            int threads,
            int processors,
            String java,
            String os,
            List<String> missing) {}

    private Engine() {}

    /** Starts libtorch on {@code threads} threads, or on all processors when 0. Later calls change the number of threads. */
    public static synchronized void start(int threads) {
        Natives.load();
        int wanted = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
        torch.set_num_threads(wanted);
        openblas.blas_set_num_threads(wanted);
        started = true;
    }

    /**
     * Starts libtorch like {@link #start(int)}, with tensors on {@code wanted}.
     *
     * @throws InputException when the device is not there
     */
    public static synchronized void start(int threads, ComputeDevice wanted) {
        start(threads);
        if (wanted == ComputeDevice.CUDA && !torch.cuda_is_available()) {
            throw new InputException(
                    ErrorCode.UNSUPPORTED,
                    "There is no CUDA device, or the engine was built without CUDA: leave %s at cpu, or see docs/performance.md for how to build with it.",
                    Setting.DEVICE.the());
        }
        device = wanted;
        try (PointerScope scope = new PointerScope()) {
            // The device's allocator tells nothing, and refuses to be asked, before the first tensor.
            onDevice(torch.zeros(1));
        }
    }

    /** Where networks, photos and adapters live. */
    public static synchronized ComputeDevice device() {
        return device;
    }

    /** {@code tensor} on the device: itself, or a copy that the current scope owns. */
    public static Tensor onDevice(Tensor tensor) {
        return device() == ComputeDevice.CPU ? tensor : tensor.to(nativeDevice(), tensor.scalar_type());
    }

    /** Waits until the device has done what it was given; a GPU works behind the program's back, so times are wrong without. */
    public static void synchronize() {
        if (device() == ComputeDevice.CUDA) {
            torch.cuda_synchronize();
        }
    }

    /** Gives memory that nothing is in back to the system, where the C library otherwise keeps it for what is made next. */
    public static void giveBackMemory() {
        Pointer.trimMemory();
    }

    private static Device nativeDevice() {
        return new Device(device().type());
    }

    /**
     * Unpacks and loads the engine's libraries unless that has been done; {@link #start} does it too.
     *
     * @throws InputException when there is no room for them, or the system refuses them
     */
    public static void load() {
        Natives.load();
    }

    /** Starts the engine with all processors unless it runs already. */
    public static synchronized void ensureStarted() {
        if (!started) {
            start(0);
        }
    }

    /** Seeds the generator behind dropout. Parameters are drawn from generators of their own, see {@link Seeds}. */
    public static void seed(long seed) {
        torch.manual_seed(seed);
    }

    /** Where the generator behind dropout stands, (bytes); the current scope owns it. */
    public static Tensor randomState() {
        return generator().get_state();
    }

    /** Puts the generator behind dropout back to where it stood. */
    public static void setRandomState(Tensor state) {
        generator().set_state(state);
    }

    private static Generator generator() {
        return torch.globalContext().defaultGenerator(nativeDevice());
    }

    /** Whether the device multiplies bfloat16 with instructions of its own. */
    public static boolean multipliesBf16() {
        return device() == ComputeDevice.CUDA || FAST_BF16;
    }

    private static boolean detectBf16() {
        Path cpu = Path.of("/proc/cpuinfo");
        if (!Files.isReadable(cpu)) {
            return false;
        }
        try (Stream<String> lines = Files.lines(cpu)) {
            return lines.filter(line -> line.startsWith("flags") || line.startsWith("Features"))
                    .limit(1)
                    .flatMap(line -> Arrays.stream(line.split("\\s+")))
                    .anyMatch(flag -> flag.equals("avx512_bf16") || flag.equals("amx_bf16") || flag.equals("bf16"));
        } catch (IOException e) {
            return false;
        }
    }

    /** Names what times depend on: processor, threads, engine, Java and what it was started with. Fit for a file name. */
    public static String fingerprint() {
        ensureStarted();
        Info info = info();
        String words = String.join(
                "-",
                processor(),
                info.threads() + "t",
                "libtorch" + info.libtorch(),
                info.blas(),
                info.cpu(),
                device().name(),
                "java" + Runtime.version().feature(),
                Vectors.present() ? "vectors" : "plain",
                info.missing().isEmpty() ? "tuned" : "untuned");
        return words.replaceAll("[^A-Za-z0-9.]+", "-");
    }

    private static String processor() {
        Path cpu = Path.of("/proc/cpuinfo");
        if (Files.isReadable(cpu)) {
            try (Stream<String> lines = Files.lines(cpu)) {
                return lines.filter(line -> line.startsWith("model name"))
                        .findFirst()
                        .map(line -> line.substring(line.indexOf(':') + 1).strip())
                        .orElse("cpu");
            } catch (IOException e) {
                return "cpu";
            }
        }
        return System.getProperty("os.name") + " " + System.getProperty("os.arch");
    }

    public static Info info() {
        ensureStarted();
        return new Info(
                version("pytorch"),
                version("javacpp"),
                blas(),
                torch.get_cpu_capability().getString(),
                torch.get_num_threads(),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.version"),
                System.getProperty("os.name") + " " + System.getProperty("os.arch"),
                missingEnvironment());
    }

    /** What multiplies float32 matrices, by the codes of the presets. */
    private static String blas() {
        return switch (openblas.blas_get_vendor()) {
            case 2 -> "OpenBLAS";
            case 3 -> "MKL";
            default -> "unknown";
        };
    }

    /** The settings of {@link #ENVIRONMENT} that are not set, as NAME=value; asking does not start the engine. */
    public static List<String> missingEnvironment() {
        List<String> missing = new ArrayList<>();
        ENVIRONMENT.forEach((name, value) -> {
            if (System.getenv(name) == null) {
                missing.add(name + "=" + value);
            }
        });
        return List.copyOf(missing);
    }

    /**
     * One sentence about settings that make the engine fast and that the process was started without; empty after the first call, and when nothing is
     * missing.
     */
    public static synchronized Optional<String> warnOnce() {
        if (warned) {
            return Optional.empty();
        }
        List<String> missing = missingEnvironment();
        List<String> slow = new ArrayList<>();
        if (!missing.isEmpty()) {
            slow.add(String.join(" ", missing)
                    + " in the environment, which the launcher sets: steps take up to 1.4 times" + " as long");
        }
        if (!Vectors.present() && Vectors.shipped()) {
            slow.add("Java's vectors: networks with depthwise convolutions train much slower; start Java with "
                    + Vectors.OPTION + ", or with --add-modules jdk.incubator.vector");
        }
        if (slow.isEmpty()) {
            return Optional.empty();
        }
        warned = true;
        return Optional.of("Started without " + String.join("; and without ", slow) + " (docs/performance.md).");
    }

    private static String version(String artifact) {
        try {
            return Loader.getVersion("org.bytedeco", artifact);
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static Map<String, String> environment() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("MALLOC_MMAP_THRESHOLD_", "4294967296");
        settings.put("MALLOC_ARENA_MAX", "1");
        settings.put("MALLOC_TRIM_THRESHOLD_", "8589934592");
        settings.put("GOMP_SPINCOUNT", "20000");
        settings.put("OPENBLAS_THREAD_TIMEOUT", "4");
        return Collections.unmodifiableMap(settings);
    }
}
