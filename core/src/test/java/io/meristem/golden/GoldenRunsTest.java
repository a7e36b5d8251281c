package io.meristem.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.CancelToken;
import io.meristem.artifact.EpochLine;
import io.meristem.artifact.PhotoAnswer;
import io.meristem.artifact.PredictionTable;
import io.meristem.artifact.RankLine;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunResult;
import io.meristem.eval.Scores;
import io.meristem.job.EvaluateJob;
import io.meristem.job.ImportJob;
import io.meristem.job.JobListener;
import io.meristem.job.TrainJob;
import io.meristem.report.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs, checkpoints and adapters of older versions are read, evaluated and resumed to the figures that those versions wrote. */
class GoldenRunsTest {

    /** Of a probability or a loss, where nothing but the network is computed again. */
    private static final double EVALUATED = 1e-5;

    /**
     * Where the steps after the checkpoint are computed again too: another version, processor or number of threads sums in another order, and AdamW's first steps
     * divide small gradients by their own size.
     */
    private static final double RESUMED = 2e-3;

    @TempDir
    static Path cache;

    @TempDir
    Path place;

    static Stream<String> finished() throws IOException {
        return GoldenRuns.with("run/best.safetensors");
    }

    static Stream<String> stopped() throws IOException {
        return GoldenRuns.with(GoldenRuns.STOPPED);
    }

    static Stream<String> exported() throws IOException {
        return GoldenRuns.with("peft");
    }

    @ParameterizedTest
    @MethodSource("finished")
    void aFinishedRunIsEvaluatedAndReported(String golden) throws IOException {
        Path run = GoldenRuns.finished(golden, place.resolve("run"));
        RunResult result = RunFolder.ended(run);
        assertAnswers(
                answers(run.resolve(RunFolder.PREDICTIONS), "test"), evaluated(run, null, result.test()), EVALUATED);
        assertEquals(result.epochs(), EpochLine.read(run).size());
        Path page = Report.write(run, run.resolve(Report.FILE), null);
        assertTrue(Files.readString(page).contains(result.method()));
    }

    @ParameterizedTest
    @MethodSource("exported")
    void adaptersAreImportedAndEvaluated(String golden) throws IOException {
        Path from = GoldenRuns.root().resolve(golden);
        RunResult result = RunFolder.result(GoldenRuns.finished(golden, place.resolve("run")));
        List<PhotoAnswer> expected = answers(place.resolve("run").resolve(RunFolder.PREDICTIONS), "test");
        Path peft = place.resolve("peft");
        GoldenRuns.unpack(from.resolve("peft"), peft);
        assertAnswers(expected, imported(peft, result), EVALUATED);
        GoldenRuns.unpack(from.resolve("adapter.safetensors.thin"), place.resolve("adapter.safetensors.thin"));
        Path file = place.resolve("adapter.safetensors");
        assertAnswers(expected, imported(file, result), EVALUATED);
    }

    private List<PhotoAnswer> imported(Path source, RunResult result) {
        String weights = GoldenRuns.weights().toString();
        Path run = place.resolve("imported-" + source.getFileName());
        ImportJob.run(ImportJob.Request.of(source).withWeights(weights).withData(GoldenRuns.photos()), run, 1);
        return evaluated(run, null, result.test());
    }

    @ParameterizedTest
    @MethodSource("stopped")
    void aStoppedRunIsResumed(String golden) throws IOException {
        Path old = GoldenRuns.finished(golden, place.resolve("old"));
        Path run = GoldenRuns.stopped(golden, place.resolve("run"));
        List<String> notes = new ArrayList<>();
        JobListener listener = new JobListener() {
            @Override
            public void onNote(String sentence) {
                notes.add(sentence);
            }
        };
        RunResult result = TrainJob.resume(run, cache, null, listener, new CancelToken());
        assertTrue(notes.get(0).startsWith("Resuming the run in " + run + " after"), notes.toString());

        RunResult expected = RunFolder.ended(old);
        assertEquals(expected.method(), result.method());
        assertEquals(expected.sizes(), result.sizes());
        assertEquals(expected.averageMib(), result.averageMib());
        assertScores(expected.val(), result.val(), RESUMED);
        assertScores(expected.test(), result.test(), RESUMED);
        assertEquals(expected.ranks().size(), result.ranks().size());
        for (int r = 0; r < expected.ranks().size(); r++) {
            assertScores(expected.ranks().get(r).test(), result.ranks().get(r).test(), RESUMED);
        }
        assertEpochs(EpochLine.read(old), EpochLine.read(run));
        assertEquals(ranks(old), ranks(run));
        assertAnswers(
                answers(old.resolve(RunFolder.PREDICTIONS), "test"),
                answers(run.resolve(RunFolder.PREDICTIONS), "test"),
                RESUMED);
    }

    private static List<List<Integer>> ranks(Path run) {
        return RankLine.read(run).stream()
                .map(line -> line.layers().stream().map(layer -> layer.rank()).toList())
                .toList();
    }

    private static void assertEpochs(List<EpochLine> expected, List<EpochLine> found) {
        assertEquals(expected.size(), found.size());
        for (int e = 0; e < expected.size(); e++) {
            EpochLine was = expected.get(e);
            EpochLine is = found.get(e);
            assertEquals(was.epoch(), is.epoch());
            assertEquals(was.rate(), is.rate(), 1e-12);
            assertEquals(was.trainLoss(), is.trainLoss(), RESUMED);
            assertEquals(was.valLoss(), is.valLoss(), RESUMED);
            assertEquals(was.best(), is.best());
            assertEquals(was.adapterNumbers(), is.adapterNumbers());
            assertEquals(was.headNumbers(), is.headNumbers());
            assertEquals(was.reallocated(), is.reallocated());
            assertEquals(was.change() == null, is.change() == null);
            if (was.change() != null) {
                assertEquals(was.change(), is.change(), 0.01 * was.change());
            }
        }
    }

    /** Judges the test photos, and compares with what was found before. */
    private List<PhotoAnswer> evaluated(Path run, Integer rank, Scores expected) {
        Path file = place.resolve("answers.csv");
        EvaluateJob.Outcome outcome = EvaluateJob.run(
                EvaluateJob.Request.of(run)
                        .withRank(rank)
                        .withData(GoldenRuns.photos())
                        .withPart(EvaluateJob.Part.TEST)
                        .withPredictions(file),
                1,
                cache,
                JobListener.NONE);
        assertScores(expected, outcome.scores(), EVALUATED);
        return answers(file, "test");
    }

    private static void assertScores(Scores expected, Scores found, double tolerance) {
        assertEquals(expected.photos(), found.photos());
        assertEquals(expected.accuracy(), found.accuracy());
        assertEquals(expected.macroF1(), found.macroF1());
        assertEquals(expected.logLoss(), found.logLoss(), tolerance);
    }

    private static List<PhotoAnswer> answers(Path file, String side) {
        return PredictionTable.read(file, List.of("disc", "ring", "stripe")).stream()
                .filter(answer -> answer.side().equals(side))
                .toList();
    }

    private static void assertAnswers(List<PhotoAnswer> expected, List<PhotoAnswer> found, double tolerance) {
        assertFalse(expected.isEmpty());
        assertEquals(
                expected.stream().map(PhotoAnswer::path).toList(),
                found.stream().map(PhotoAnswer::path).toList());
        for (int p = 0; p < expected.size(); p++) {
            for (int c = 0; c < expected.get(p).probabilities().length; c++) {
                assertEquals(
                        expected.get(p).probabilities()[c],
                        found.get(p).probabilities()[c],
                        tolerance,
                        expected.get(p).path() + Arrays.toString(found.get(p).probabilities()));
            }
        }
    }
}
