package io.meristem.bench.kernels;

import io.meristem.rank.CkaMeter;
import io.meristem.rank.Hsic;
import io.meristem.rank.Similarity;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
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
import org.openjdk.jmh.annotations.Warmup;

/** What is computed from one batch's two Gram matrices, per layer. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 200, timeUnit = TimeUnit.MILLISECONDS)
public class SimilarityBenchmark {

    private static final int FEATURES = 128;

    /** Photos in the batch. */
    @Param("64")
    public int n;

    private double[] k;
    private double[] l;

    @Setup
    public void open() {
        SplittableRandom random = new SplittableRandom(3);
        k = gram(random);
        l = gram(random);
    }

    private double[] gram(SplittableRandom random) {
        double[][] features = new double[n][FEATURES];
        for (double[] row : features) {
            for (int i = 0; i < FEATURES; i++) {
                row[i] = random.nextDouble() - 0.5;
            }
        }
        double[] gram = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                for (int f = 0; f < FEATURES; f++) {
                    gram[i * n + j] += features[i][f] * features[j][f];
                }
            }
        }
        return gram;
    }

    @Benchmark
    public double biased() {
        return Hsic.biased(k, l, n);
    }

    @Benchmark
    public double unbiased() {
        return Hsic.unbiased(k, l, n);
    }

    @Benchmark
    public double participationRatio() {
        return Hsic.participationRatio(l, n);
    }

    /** All that one layer asks for on one batch. */
    @Benchmark
    public Similarity meter() {
        CkaMeter meter = new CkaMeter();
        meter.add(k, l, n, FEATURES);
        return meter.result();
    }
}
