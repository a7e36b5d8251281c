package io.meristem.explain;

import io.meristem.adapter.AdapterOptions;
import io.meristem.artifact.RunConfig;
import io.meristem.data.*;
import io.meristem.data.synth.*;
import io.meristem.engine.*;
import io.meristem.job.*;
import io.meristem.nn.*;
import io.meristem.tune.*;
import io.meristem.weights.*;
import java.nio.*;
import java.nio.file.*;
import java.util.*;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LesionMassTest {
    @TempDir
    Path folder;

    @Test
    void masses() throws Exception {
        int size = Integer.getInteger("heat.size", 96),
                per = Integer.getInteger("heat.per", 60),
                epochs = Integer.getInteger("heat.epochs", 8),
                test = Integer.getInteger("heat.test", 20);
        LeafOptions leaves = new LeafOptions(0.55f, 1, 0.35f, 2, 0.2f);
        Path photos = folder.resolve("photos");
        SyntheticFolder.write(
                photos,
                new SynthOptions(SynthOptions.Kind.LEAVES, per, 8, test, size, 1, 0.95f, 1, leaves),
                (a, b) -> {});
        ModelSpec model = Models.find(Starter.MODEL);
        RunConfig config = new RunConfig(
                new RunConfig.Model(
                        model.name(), Starter.file(model).toString(), size, 1, Fit.CROP, model.mean(), model.std()),
                new RunConfig.Data(photos.toString(), SplitOptions.defaults(), Augmentation.standard()),
                new TrainConfig(
                        new Lora(8, AdapterOptions.DEFAULT),
                        epochs,
                        32,
                        1,
                        new Optimization(
                                Optimization.Kind.ADAMW,
                                4e-3,
                                4e-3,
                                0.01,
                                0.9,
                                Optimization.Schedule.COSINE,
                                0.5,
                                1,
                                0,
                                false),
                        HeadPolicy.TRAINED,
                        NormPolicy.FROZEN,
                        Compute.PLAIN),
                2);
        long t0 = System.nanoTime();
        var result = TrainJob.run(config, folder.resolve("run"), folder.resolve("cache"), JobListener.NONE);
        System.out.printf(
                "trained %.1f s, test %.3f%n",
                (System.nanoTime() - t0) / 1e9, result.test().accuracy());
        List<String> manifest = Files.readAllLines(photos.resolve("manifest.csv"));
        try (Network network = new Network(model, 10).materialize(0)) {
            NetworkState.read(folder.resolve("run/best.safetensors"), network, NetworkState.ALL);
            network.fold();
            network.train(false);
            Map<String, Explainer> all = new LinkedHashMap<>();
            long t1 = System.nanoTime();
            System.out.println(CellGauge.measure(network) + " " + (System.nanoTime() - t1) / 1000000 + " ms");
            all.put("grad-cam", new GradCam(network));
            all.put("occlusion", new Occlusion(network));
            all.put("grad-cam plain", new GradCam(network));
            List<String> classes =
                    io.meristem.artifact.RunFolder.open(folder.resolve("run")).classes();
            Preprocess pre = config.model().preprocess();
            LeafPainter painter = new LeafPainter(leaves);
            for (var e : all.entrySet()) {
                Map<String, double[]> sums = new TreeMap<>();
                double[] time = {0, 0};
                for (String line : manifest) {
                    String[] f = line.split(",");
                    if (!f[2].equals("test")) continue;
                    LeafClass lc = Arrays.stream(LeafClass.values())
                            .filter(c -> c.folder().equals(f[1]))
                            .findFirst()
                            .get();
                    if (!lc.diseased()) continue;
                    int number = Integer.parseInt(f[0].replaceAll(".*/(\\d+)\\.jpg", "$1"));
                    var mask = painter.paintWithMask(lc, Long.parseLong(f[4]), number, 0, size)
                            .mask();
                    int label = classes.indexOf(f[1]);
                    FloatBuffer buffer = ByteBuffer.allocateDirect(4 * pre.length())
                            .order(ByteOrder.nativeOrder())
                            .asFloatBuffer();
                    pre.apply(ImageDecoder.decode(photos.resolve(f[0])), buffer, 0);
                    CoarseMap map;
                    try (PointerScope scope = new PointerScope()) {
                        long t = System.nanoTime();
                        map = e.getValue()
                                .explain(Inference.images(buffer, 1, size), new int[] {label})[0]
                                .map();
                        time[0] += (System.nanoTime() - t) / 1e6;
                        time[1]++;
                    }
                    if (e.getKey().endsWith("plain"))
                        map = new CoarseMap(
                                map.width(),
                                map.height(),
                                map.values(),
                                new CoarseMap.Cells(
                                        (double) size / map.width(),
                                        size / 2.0 / map.width(),
                                        size / 2.0 / map.width()));
                    MapSampler s = new MapSampler(map, size, pre.seen(size, size), size, size);
                    float[] row = new float[size];
                    double in = 0, total = 0, area = 0;
                    double best = -1;
                    boolean hit = false;
                    for (int y = 0; y < size; y++) {
                        s.row(y, row);
                        for (int x = 0; x < size; x++) {
                            boolean m = mask.getRaster().getSample(x, y, 0) > 0;
                            total += row[x];
                            if (m) {
                                in += row[x];
                                area++;
                            }
                            if (row[x] > best) {
                                best = row[x];
                                hit = m;
                            }
                        }
                    }
                    double[] sum = sums.computeIfAbsent(f[1], k -> new double[5]);
                    sum[4]++;
                    if (total > 0) {
                        sum[0] += in / total;
                        sum[1] += area / size / size;
                        sum[2] += hit ? 1 : 0;
                        sum[3]++;
                    }
                }
                StringBuilder b = new StringBuilder();
                double mean = 0;
                double hits = 0, areas = 0;
                for (var c : sums.entrySet()) {
                    double[] v = c.getValue();
                    b.append(String.format("%s %.2f ", c.getKey().substring(0, 4), v[0] / v[1]));
                    mean += Math.log(v[0] / v[1]) / sums.size();
                    hits += v[2] / v[3] / sums.size();
                    areas += v[1] / v[3] / sums.size();
                }
                System.out.printf(
                        "%-15s gm %.3f  pointing %.2f (area %.2f) %.1f ms | %s%n",
                        e.getKey(), Math.exp(mean), hits, areas, time[0] / time[1], b);
            }
        }
    }
}
