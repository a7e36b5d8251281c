package io.meristem.bench;

import io.meristem.AtomicFiles;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.ComputePlan;
import io.meristem.adapter.Planner;
import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import io.meristem.execute.Execution;
import io.meristem.execute.Network;
import io.meristem.execute.NormCalibration;
import io.meristem.weights.NetworkState;
import io.meristem.weights.Safetensors;
import io.meristem.zoo.ModelSpec;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * A short LoRA training whose start and batches other software can repeat exactly: so that two loss curves show whether both compute the same.
 *
 * <p>Adapters sit on the layers that PEFT can adapt as well, which leaves out grouped convolutions; the head trains in full. The folder gets
 * {@code batches.bin}, {@code weights.safetensors}, {@code adapter.safetensors} and {@code layers.txt}.
 */
public final class CurveBench {

    private static final int CLASSES = 5;

    /** Different batches; they are gone through again and again, so that there is something to learn. */
    private static final int BATCHES = 4;

    private static final double RATE = 1e-3;

    /** ConvNeXt's scale of a branch. */
    private static final double BRANCH = 0.3;

    private CurveBench() {}

    public record Settings(
            ModelSpec spec, int batch, int size, int rank, int steps, int threads, Precision precision, Path folder) {}

    /** @return the loss of each step, before its update */
    public static List<Double> run(Settings settings) {
        Engine.start(settings.threads());
        try (PointerScope scope = new PointerScope();
                Network network = new Network(settings.spec(), CLASSES).materialize(1)) {
            Map<String, Integer> ranks = new LinkedHashMap<>();
            network.weightedLayers().forEach((name, layer) -> {
                boolean grouped = layer.isGrouped();
                if (layer != network.head() && !grouped) {
                    ranks.put(name, settings.rank());
                }
            });
            torch.manual_seed(1);
            Tensor[] images = new Tensor[BATCHES];
            Tensor[] labels = new Tensor[BATCHES];
            for (int i = 0; i < BATCHES; i++) {
                images[i] = Tensors.channelsLast(torch.randn(settings.batch(), 3, settings.size(), settings.size()));
                labels[i] =
                        torch.randint(CLASSES, new long[] {settings.batch()}).to(torch.ScalarType.Long);
            }
            enliven(network, images);
            network.setPrecision(settings.precision());
            try (AdapterSet adapters = AdapterSet.attach(network, ranks, AdapterOptions.DEFAULT, 1)) {
                write(settings, network, adapters, images, labels);
                network.fold();
                ComputePlan plan = new Planner(network, adapters, settings.batch(), settings.size()).byKind();
                plan.apply(network, adapters);
                return train(settings, network, adapters, images, labels);
            }
        }
    }

    /**
     * Fresh networks start with branches that are nearly off and statistics of nothing, so that adapters would have no effect to compare: branches are
     * switched on, and normalisations take the statistics of the batches.
     */
    private static void enliven(Network network, Tensor[] images) {
        try (NoGradGuard guard = new NoGradGuard()) {
            network.params().forEach((name, param) -> {
                if (name.endsWith(".gamma")) {
                    param.value().fill_(new Scalar(BRANCH));
                }
            });
            network.batchNorms()
                    .keySet()
                    .forEach(name ->
                            network.params().get(name + ".weight").value().fill_(new Scalar(1.0)));
            NormCalibration.recalibrate(network, consumer -> {
                for (Tensor batch : images) {
                    consumer.accept(batch);
                }
            });
        }
    }

    private static List<Double> train(
            Settings settings, Network network, AdapterSet adapters, Tensor[] images, Tensor[] labels) {
        List<Tensor> parameters = new ArrayList<>(adapters.parameters());
        parameters.add(network.head().weight().value().requires_grad_(true));
        parameters.add(network.head().bias().value().requires_grad_(true));
        AdamWOptions options = new AdamWOptions(RATE);
        options.weight_decay().put(0);
        AdamW optimizer = new AdamW(new TensorVector(parameters.toArray(new Tensor[0])), options);
        List<Double> losses = new ArrayList<>();
        for (int step = 0; step < settings.steps(); step++) {
            try (PointerScope scope = new PointerScope();
                    NoGradGuard guard = new NoGradGuard();
                    Execution run = network.recorded(false, false)) {
                optimizer.zero_grad(true);
                Tensor logits = run.forward(images[step % BATCHES]);
                run.backward(gradient(logits, labels[step % BATCHES], losses));
                optimizer.step();
            }
        }
        return losses;
    }

    private static Tensor gradient(Tensor logits, Tensor labels, List<Double> losses) {
        try (AutoGradMode on = new AutoGradMode(true)) {
            Tensor leaf = logits.detach().requires_grad_(true);
            Tensor loss = torch.cross_entropy_loss(leaf, labels);
            loss.backward();
            losses.add(loss.item_double());
            return Tensors.own(leaf.grad());
        }
    }

    private static void write(
            Settings settings, Network network, AdapterSet adapters, Tensor[] images, Tensor[] labels) {
        Path folder = settings.folder();
        try {
            Files.createDirectories(folder);
            NetworkState.write(folder.resolve("weights.safetensors"), network, NetworkState.ALL, Map.of());
            Map<String, Tensor> first = new LinkedHashMap<>();
            adapters.adapters().forEach((name, adapter) -> first.put(name + ".lora_A", adapter.a()));
            Safetensors.write(folder.resolve("adapter.safetensors"), first, Map.of());
            AtomicFiles.writeString(
                    folder.resolve("layers.txt"),
                    String.join("\n", adapters.adapters().keySet()) + "\n");
            AtomicFiles.write(folder.resolve("batches.bin"), file -> {
                try (OutputStream out = Files.newOutputStream(file)) {
                    out.write(ints(BATCHES, settings.batch(), settings.size()));
                    for (int i = 0; i < BATCHES; i++) {
                        out.write(floats(Tensors.toFloats(images[i].permute(0, 2, 3, 1))));
                        out.write(longs(Tensors.toDoubles(labels[i])));
                    }
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] ints(int... values) {
        byte[] bytes = new byte[values.length * Integer.BYTES];
        little(bytes).asIntBuffer().put(values);
        return bytes;
    }

    private static byte[] floats(float[] values) {
        byte[] bytes = new byte[values.length * Float.BYTES];
        little(bytes).asFloatBuffer().put(values);
        return bytes;
    }

    private static byte[] longs(double[] values) {
        byte[] bytes = new byte[values.length * Long.BYTES];
        ByteBuffer buffer = little(bytes);
        for (double value : values) {
            buffer.putLong((long) value);
        }
        return bytes;
    }
}
