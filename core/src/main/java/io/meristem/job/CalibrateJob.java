package io.meristem.job;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.artifact.Calibration;
import io.meristem.artifact.PhotoAnswer;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.Photo;
import io.meristem.data.folder.Split;
import io.meristem.engine.Engine;
import io.meristem.execute.Network;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Fits the temperature of a finished run anew, for runs that have none. */
public final class CalibrateJob {

    private CalibrateJob() {}

    /**
     * Fits on the answers that the run has kept about its validation photos. Where it has kept none, the run's network is asked about the photos first,
     * and its answers are kept.
     *
     * @param data where the run's photos are now, or null for where they were
     * @throws InputException when the run has no validation photos
     */
    public static Calibration run(Path path, Path data, int threads, Path cache, JobListener listener) {
        RunFolder run = RunFolder.open(path);
        List<PhotoAnswer> answers = run.answers().orElse(List.of());
        boolean asked = answers.isEmpty();
        if (asked) {
            answers = ask(run, data, threads, cache, listener);
        }
        List<Calibration.AtRank> ranks =
                run.calibration().map(Calibration::ranks).orElse(List.of());
        Calibration calibration = Calibration.of(answers, ranks)
                .orElseThrow(() -> new InputException(
                        ErrorCode.TOO_FEW,
                        "The run %s has no validation photos, and its test photos are not there to fit on: train with %s, or go without calibration.",
                        path,
                        Setting.VAL.the()));
        if (asked) {
            run.save(answers);
        }
        run.save(calibration);
        return calibration;
    }

    private static List<PhotoAnswer> ask(RunFolder run, Path data, int threads, Path cache, JobListener listener) {
        RunConfig config = run.config();
        Path root = data == null ? run.photos() : data;
        ImageFolder folder = ImageFolder.scan(root, config.data().split(), run.classes());
        folder.cautions().forEach(listener::onNote);
        Engine.start(threads);
        List<PhotoAnswer> answers = new ArrayList<>();
        try (Network network = Networks.tuned(run)) {
            PreparedPhotos photos =
                    PreparedPhotos.open(folder, config.model().preprocess(), cache, threads, listener::onDecode);
            photos.cache().notes().forEach(listener::onNote);
            for (Split split : List.of(Split.VAL, Split.TEST)) {
                List<Photo> chosen = photos.cache().photos(split);
                if (!chosen.isEmpty()) {
                    answers.addAll(Judgement.of(
                                    network,
                                    photos.evaluation(chosen, config.train().batchSize(), threads),
                                    config.model().size(),
                                    run.classes(),
                                    Judgement::side)
                            .answers());
                }
            }
        }
        return answers;
    }
}
