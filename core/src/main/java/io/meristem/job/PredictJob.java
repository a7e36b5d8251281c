package io.meristem.job;

import io.meristem.InputException;
import io.meristem.artifact.Calibration;
import io.meristem.artifact.RunFolder;
import io.meristem.data.image.Views;
import io.meristem.engine.Engine;
import io.meristem.predict.Predictor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Says what is on photos. */
public final class PredictJob {

    /**
     * What is asked, and how.
     *
     * @param model the folder of a run
     * @param rank one that a DyLoRA run was trained for, or null for the run as it is
     * @param top how many classes to name for each photo
     * @param views whose probabilities are averaged
     * @param abstention which answers are marked as unsure
     */
    public record Request(Path model, Integer rank, int top, Views views, Abstention abstention) {}

    private PredictJob() {}

    /** What the calibration of a run says of itself, such as that too few photos were there for one; empty for a file. */
    public static Optional<String> caution(Path model) {
        return Files.isDirectory(model) ? RunFolder.open(model).calibration().map(Calibration::note) : Optional.empty();
    }

    /**
     * A predictor that answers, on the engine with so many threads; the caller closes it.
     *
     * @throws InputException when the request makes no sense or the model cannot be used
     */
    public static Predictor open(Request request, int threads) {
        double least = request.abstention().threshold(request.model(), request.rank());
        Predictor.Options options = new Predictor.Options(request.top(), request.views(), least);
        Engine.start(threads);
        return new Predictor(Classifiers.open(request.model(), request.rank()), options);
    }
}
