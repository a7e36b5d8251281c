package io.meristem.bench;

import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.job.Memory;
import io.meristem.tune.Compute;
import io.meristem.tune.MemoryForecast;
import io.meristem.tune.Method;
import io.meristem.tune.Optimization;
import io.meristem.tune.Stepper;
import io.meristem.tune.TrainConfig;
import io.meristem.tune.TrainListener;
import io.meristem.zoo.ModelSpec;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Trains on noise for many steps and looks at the process's memory: at its peak, for the forecast to be compared with, and whether it grows. */
public final class MemoryBench {

    private static final int CLASSES = 5;
    private static final double MIB = 1 << 20;
    private static final int LINES = 10;

    /** Share of the steps after which memory is taken for settled. */
    private static final int WARM_SHARE = 5;

    /** @param steps of the whole training, 10 or more */
    public record Settings(
            ModelSpec spec, int batch, int size, Method method, int steps, int threads, Compute compute) {}

    private MemoryBench() {}

    /** @return figures by name: tensors kept, and MiB */
    public static Map<String, Object> run(Settings settings) {
        Engine.start(settings.threads(), settings.compute().device());
        Map<String, Object> report = new LinkedHashMap<>();
        TrainConfig config = TrainConfig.builder(settings.method(), 1, settings.batch(), 1, Optimization.plain(1e-4))
                .compute(settings.compute())
                .build();
        long before = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                Network network = new Network(settings.spec(), CLASSES)) {
            MemoryForecast forecast = MemoryForecast.of(network, config, settings.size(), settings.threads());
            network.materialize(1);
            report.put("model", settings.spec().name());
            report.put("method", settings.method().label());
            report.put("batch", settings.batch());
            report.put("size", settings.size());
            report.put("steps", settings.steps());
            report.put("precision", settings.compute().precision().name());
            report.put("checkpointing", settings.compute().checkpointing());
            train(network, config, settings, report);
            report.put("peak_mib", Memory.peakMib());
            // Photos are not prepared here.
            report.put("forecast_mib", (forecast.total() - forecast.photos()) / MIB);
            report.put("forecast_steps_mib", forecast.steps() / MIB);
            report.put("forecast_weights_mib", (forecast.weights() + forecast.trained()) / MIB);
        }
        report.put("tensors_left", Tensors.kept() - before);
        return report;
    }

    private static void train(Network network, TrainConfig config, Settings settings, Map<String, Object> report) {
        Tensor images = noise(settings.batch(), settings.size());
        Tensor labels = labels(settings.batch());
        Stepper.StepSettings setting = new Stepper.StepSettings(
                (batches, size) -> consumer -> {
                    for (int b = 0; b < batches; b++) {
                        try (PointerScope scope = new PointerScope()) {
                            consumer.accept(noise(size, settings.size()), labels(size));
                        }
                    }
                },
                settings.batch(),
                settings.steps(),
                settings.size(),
                null,
                TrainListener.NONE);
        try (Stepper stepper = new Stepper(network, config, setting)) {
            stepper.train(true);
            int warm = settings.steps() / WARM_SHARE;
            long kept = 0;
            double resident = 0;
            for (int step = 1; step <= settings.steps(); step++) {
                stepper.step(images, labels, 1);
                if (step == warm) {
                    kept = Tensors.kept();
                    resident = Memory.residentMib();
                    report.put("resident_mib_after_" + step, resident);
                } else if (step > warm && step % Math.max(1, settings.steps() / LINES) == 0) {
                    report.put("resident_mib_after_" + step, Memory.residentMib());
                }
            }
            report.put("resident_growth_mib", Memory.residentMib() - resident);
            report.put("tensors_kept", Tensors.kept());
            report.put("tensors_growth", Tensors.kept() - kept);
        }
    }

    private static Tensor noise(int n, int size) {
        return Engine.onDevice(Tensors.channelsLast(torch.randn(n, 3, size, size)));
    }

    private static Tensor labels(int n) {
        return Engine.onDevice(torch.randint(CLASSES, new long[] {n})).to(torch.ScalarType.Long);
    }
}
