package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.meristem.adapter.AdapterOptions;
import io.meristem.artifact.EpochLine;
import io.meristem.artifact.RunResult;
import io.meristem.engine.ComputeDevice;
import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import io.meristem.rank.RankOptions;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import io.meristem.tune.AdaLora;
import io.meristem.tune.Compute;
import io.meristem.tune.Dra;
import io.meristem.tune.DyLora;
import io.meristem.tune.FullTuning;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.Lora;
import io.meristem.tune.Method;
import io.meristem.tune.NormPolicy;
import io.meristem.tune.NormTraining;
import io.meristem.tune.TrainConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A training in bfloat16 judges each epoch as its result is judged, also where normalisation trains and weights are averaged. */
class JudgedInTrainingTest {

    @TempDir
    static Path folder;

    private static Path photos;
    private static Path weights;

    @TempDir
    Path place;

    @BeforeAll
    static void prepare() throws IOException {
        Engine.start(1);
        photos = ColourPhotos.write(folder.resolve("photos"), 8, 6, 1);
        weights = TinyRuns.pretrained(folder);
    }

    static List<Arguments> cases() {
        Lora dropping = new Lora(2, new AdapterOptions(0, false, 0.2));
        Dra dra = TinyRuns.dra(RankOptions.DEFAULT);
        AdaLora adaLora = TinyRuns.adaLora(6, 2, 0);
        DyLora dyLora = TinyRuns.dyLora(false);
        return List.of(
                Arguments.of(dropping, HeadPolicy.ADAPTED, NormPolicy.TRAINED, NormTraining.NONE, 0.0),
                Arguments.of(dra, HeadPolicy.TRAINED, NormPolicy.RECALIBRATED, NormTraining.NONE, 0.0),
                Arguments.of(adaLora, HeadPolicy.TRAINED, NormPolicy.FROZEN, NormTraining.NONE, 0.0),
                Arguments.of(dyLora, HeadPolicy.ADAPTED, NormPolicy.FROZEN, NormTraining.NONE, 0.0),
                Arguments.of(new FullTuning(), HeadPolicy.TRAINED, NormPolicy.TRAINED, NormTraining.NONE, 0.0),
                Arguments.of(new HeadOnly(), HeadPolicy.TRAINED, NormPolicy.RECALIBRATED, NormTraining.NONE, 0.0),
                Arguments.of(dropping, HeadPolicy.TRAINED, NormPolicy.FROZEN, NormTraining.AFFINE, 0.9),
                Arguments.of(dropping, HeadPolicy.TRAINED, NormPolicy.TRAINED, NormTraining.BIAS, 0.9),
                Arguments.of(dra, HeadPolicy.TRAINED, NormPolicy.FROZEN, NormTraining.AFFINE, 0.9),
                Arguments.of(adaLora, HeadPolicy.TRAINED, NormPolicy.FROZEN, NormTraining.BIAS, 0.9),
                Arguments.of(dyLora, HeadPolicy.ADAPTED, NormPolicy.FROZEN, NormTraining.AFFINE, 0.9),
                Arguments.of(new FullTuning(), HeadPolicy.TRAINED, NormPolicy.FROZEN, NormTraining.NONE, 0.9),
                Arguments.of(new HeadOnly(), HeadPolicy.TRAINED, NormPolicy.FROZEN, NormTraining.NONE, 0.9));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theBestEpochsFiguresAreTheResults(
            Method method, HeadPolicy head, NormPolicy norm, NormTraining beside, double ema) {
        Compute compute = new Compute(Precision.BF16, ComputeDevice.CPU, false, false);
        TrainConfig train = TrainConfig.builder(method, 3, 8, 5, TinyRuns.FALLING)
                .head(head)
                .norm(norm)
                .compute(compute)
                .build()
                .with(beside, ema);
        Path run = place.resolve("run");
        long kept = Tensors.kept();
        RunResult result =
                TrainJob.run(TinyRuns.run(train, photos, weights), run, folder.resolve("cache"), JobListener.NONE);
        assertEquals(kept, Tensors.kept());
        EpochLine best = EpochLine.read(run).get(result.bestEpoch() - 1);
        assertEquals(result.val().accuracy(), best.valAccuracy());
        assertEquals(result.val().logLoss(), best.valLoss(), 1e-7);
    }
}
