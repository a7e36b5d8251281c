package io.meristem.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.artifact.RunFolder;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.job.Classifiers;
import io.meristem.job.ExportJob;
import io.meristem.job.JobListener;
import io.meristem.job.TrainJob;
import io.meristem.predict.Classifier;
import io.meristem.rank.RankOptions;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.Method;
import io.meristem.tune.NormPolicy;
import io.meristem.tune.NormTraining;
import io.meristem.tune.TrainConfig;
import io.meristem.weights.NetworkState;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs go out as ONNX files and are found again by their ending. */
class OnnxFormatTest {

    @TempDir
    static Path folder;

    private static Path photos;

    @TempDir
    Path place;

    @BeforeAll
    static void prepare() throws IOException {
        Engine.start(1);
        photos = ColourPhotos.write(folder.resolve("photos"), 4, 2, 2);
    }

    private Path run(Method method, HeadPolicy head, NormPolicy norm, NormTraining trainNorm) throws IOException {
        TrainConfig train = TrainConfig.builder(method, 3, 8, 1, TinyRuns.FALLING)
                .head(head)
                .norm(norm)
                .build();
        Path out = place.resolve("run");
        TrainJob.run(
                TinyRuns.run(train.with(trainNorm, 0.9), photos, TinyRuns.pretrained(place)),
                out,
                folder.resolve("cache"),
                JobListener.NONE);
        return out;
    }

    /** ONNX Runtime gives the network's logits with what has trained beside the factors. */
    @Test
    void answersTheSameWithTrainedNormalisation() throws IOException {
        answersTheSame(run(
                TinyRuns.dra(new RankOptions(0, 4, 0.15, false)),
                HeadPolicy.ADAPTED,
                NormPolicy.RECALIBRATED,
                NormTraining.AFFINE));
    }

    @Test
    void answersTheSameWithTrainedBiases() throws IOException {
        answersTheSame(run(TinyRuns.lora(), HeadPolicy.TRAINED, NormPolicy.FROZEN, NormTraining.BIAS));
    }

    private void answersTheSame(Path run) {
        List<OnnxFormat.Checked> checked = new ArrayList<>();
        Path file = place.resolve("leaf.onnx");
        ExportJob.run(run, null, new OnnxFormat(OnnxInput.IMAGES, checked::add), file, 1);
        assertTrue(checked.get(0).onRandom() < 1e-4, checked.toString());
        assertTrue(checked.get(0).onPhotos() < 1e-4, checked.toString());
        try (Classifier classifier = Classifiers.open(file, null)) {
            assertInstanceOf(OnnxClassifier.class, classifier);
            assertEquals(ColourPhotos.CLASSES, classifier.classes());
        }
    }

    /** Weights that are finite, and numbers that overflow all the same. */
    @Test
    void aNetworkWhoseNumbersOverflowIsNotWritten() throws IOException {
        Path run = run(TinyRuns.lora(), HeadPolicy.TRAINED, NormPolicy.FROZEN, NormTraining.NONE);
        Path best = run.resolve(RunFolder.BEST);
        try (Network network = new Network(Models.find(TinyRuns.MODEL), 3).materialize(0);
                PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            NetworkState.read(best, network, NetworkState.ALL);
            Tensor head = network.head().weight().value();
            Tensors.inPlace(head, head.fill_(new Scalar(1e38)));
            network.batchNorms().values().forEach(norm -> {
                Tensor bias = norm.params().get("bias").value();
                Tensors.inPlace(bias, bias.fill_(new Scalar(1e3)));
            });
            NetworkState.write(
                    best, network, NetworkState.ALL, Map.of("format", "meristem-network", "model", TinyRuns.MODEL));
        }
        Path file = place.resolve("out.onnx");
        InputException e = assertThrows(
                InputException.class,
                () -> ExportJob.run(run, null, new OnnxFormat(OnnxInput.IMAGES, checked -> {}), file, 1));
        assertTrue(e.getMessage().contains("numbers overflow"), e.getMessage());
        assertFalse(Files.exists(file));
    }
}
