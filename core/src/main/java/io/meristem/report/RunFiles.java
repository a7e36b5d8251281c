package io.meristem.report;

import io.meristem.artifact.Calibration;
import io.meristem.artifact.EpochLine;
import io.meristem.artifact.Json;
import io.meristem.artifact.PhotoAnswer;
import io.meristem.artifact.PredictionTable;
import io.meristem.artifact.Provenance;
import io.meristem.artifact.RankLine;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunResult;
import io.meristem.artifact.StoredPhotos;
import io.meristem.eval.Scores;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a run folder holds; no tensors are read.
 *
 * @param result null when the run is not finished
 * @param epochs those that are done
 * @param ranks allocations, none for a method without
 */
record RunFiles(
        Path folder,
        RunConfig config,
        List<String> classes,
        Provenance provenance,
        RunResult result,
        List<EpochLine> epochs,
        List<RankLine> ranks) {

    static boolean isRun(Path folder) {
        return Files.isRegularFile(folder.resolve(RunFolder.CONFIG));
    }

    /** @throws io.meristem.InputException naming a file that is missing or damaged */
    static RunFiles read(Path folder) {
        RunFolder.requireOwn(folder);
        List<String> classes = RunFolder.classes(folder);
        Path result = folder.resolve(RunFolder.RESULT);
        return new RunFiles(
                folder,
                Json.read(folder.resolve(RunFolder.CONFIG), RunConfig.class),
                classes,
                Json.read(folder.resolve(RunFolder.PROVENANCE), Provenance.class),
                Files.exists(result) ? Json.read(result, RunResult.class) : null,
                EpochLine.read(folder),
                RankLine.read(folder));
    }

    /** What the run says photo by photo; null for a run that has not kept it. */
    List<PhotoAnswer> answers() {
        Path file = folder.resolve(RunFolder.PREDICTIONS);
        return Files.exists(file) ? PredictionTable.read(file, classes) : null;
    }

    /** Null for a run without validation photos, for an imported one, and for one from before there was calibration. */
    Calibration calibration() {
        Path file = folder.resolve(RunFolder.CALIBRATION);
        Calibration read = Files.exists(file) ? Json.read(file, Calibration.class) : null;
        return read == null || read.val() == null ? null : read;
    }

    String method() {
        return config.train().label();
    }

    /** The last part of the data folder's path, which is what people call it. */
    String dataName() {
        if (config.data().folder() == null) {
            return "photos that are not known";
        }
        Path name = config.data().place().getFileName();
        return name == null ? config.data().folder() : name.toString();
    }

    /**
     * Where the photos are by the configuration, and which classes are not among them; where nothing is, when they are not there any more.
     *
     * @throws io.meristem.InputException when that is a place that no stranger may send a report to
     */
    StoredPhotos.Present photos() {
        Path place = config.data().place();
        return Files.exists(place)
                ? StoredPhotos.some(folder, config.data(), classes)
                : new StoredPhotos.Present(place, List.of());
    }

    /** Of the photos that the run is judged by: test photos, or validation photos where there are none; null without either. */
    Scores judged() {
        if (result == null) {
            return null;
        }
        return result.test() == null ? result.val() : result.test();
    }

    boolean judgedOnTest() {
        return result != null && result.test() != null;
    }

    /** Epochs that an update followed. */
    List<Integer> updates() {
        return epochs.stream()
                .filter(EpochLine::reallocated)
                .map(EpochLine::epoch)
                .toList();
    }
}
