package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.artifact.Json;
import io.meristem.data.image.Perturbation;
import io.meristem.data.image.Perturbations;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.eval.Scores;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import io.meristem.tune.FullTuning;
import io.meristem.tune.NormPolicy;
import io.meristem.tune.TrainConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run of a second, judged under perturbations. */
class RobustnessTest {

    @TempDir
    static Path folder;

    private static Path run;

    @BeforeAll
    static void train() {
        Engine.start(1);
        Path photos = ColourPhotos.write(folder.resolve("photos"), 6, 2, 4);
        run = folder.resolve("run");
        // Statistics of these photos, so that the untrained network tells one from another.
        TrainConfig config = TrainConfig.builder(new FullTuning(), 4, 8, 1, TinyRuns.FALLING)
                .norm(NormPolicy.TRAINED)
                .build();
        TrainJob.run(TinyRuns.run(config, photos, null), run, folder.resolve("cache"), JobListener.NONE);
    }

    private static EvaluateJob.Outcome judge(Perturbations perturbations, int threads, JobListener listener) {
        return EvaluateJob.run(
                EvaluateJob.Request.of(run).withPerturbations(perturbations),
                threads,
                folder.resolve("cache"),
                listener);
    }

    private static void assertSame(Scores a, Scores b) {
        assertEquals(a.logLoss(), b.logLoss());
        assertEquals(a.classes(), b.classes());
        assertArrayEquals(a.confusion(), b.confusion());
    }

    @Test
    void cleanScoresAreThoseWithoutPerturbations() {
        long kept = Tensors.kept();
        EvaluateJob.Outcome plain = EvaluateJob.run(run, null, null, 1, folder.resolve("cache"), JobListener.NONE);
        assertNull(plain.robustness());
        EvaluateJob.Outcome outcome = judge(Perturbations.parse("all:0,all:5", 3), 1, JobListener.NONE);
        assertSame(plain.scores(), outcome.scores());
        assertEquals(3, outcome.robustness().seed());
        List<Robustness.Result> results = outcome.robustness().results();
        assertEquals(8, results.size());
        for (Robustness.Result result : results) {
            assertEquals(plain.scores().photos(), result.scores().photos());
            if (result.perturbation().level() == 0) {
                assertSame(plain.scores(), result.scores());
            } else {
                assertTrue(plain.scores().logLoss() != result.scores().logLoss(), result.setting());
            }
        }
        assertEquals(kept, Tensors.kept());
    }

    @Test
    void eachPerturbationIsJudgedOnItsOwn() {
        List<Robustness.Result> all = judge(Perturbations.parse("all:2,all:4", 3), 1, JobListener.NONE)
                .robustness()
                .results();
        for (Robustness.Result result : all) {
            Perturbations one = new Perturbations(List.of(result.perturbation()), 3);
            List<Robustness.Result> alone =
                    judge(one, 1, JobListener.NONE).robustness().results();
            assertEquals(1, alone.size());
            assertEquals(result.perturbation(), alone.get(0).perturbation());
            assertSame(result.scores(), alone.get(0).scores());
        }
        Perturbations other = new Perturbations(List.of(all.get(0).perturbation()), 4);
        assertTrue(all.get(0).scores().logLoss()
                != judge(other, 1, JobListener.NONE)
                        .robustness()
                        .results()
                        .get(0)
                        .scores()
                        .logLoss());
    }

    @Test
    void progressIsToldAndJsonNamesThePerturbation() throws IOException {
        List<Integer> heard = new ArrayList<>();
        JobListener listener = new JobListener() {
            @Override
            public void onPerturbed(int done, int total) {
                heard.add(done);
                assertEquals(4, total); // 12 photos in batches of 8, twice
            }
        };
        EvaluateJob.Outcome outcome = judge(Perturbations.parse("noise:2,crop", 0), 2, listener);
        assertEquals(List.of(1, 2, 3, 4), heard);
        JsonNode json = new ObjectMapper().readTree(Json.pretty(outcome));
        JsonNode noise = json.at("/robustness/results/0");
        assertEquals("noise", noise.get("kind").asText());
        assertEquals(2, noise.get("level").asInt());
        assertEquals("sigma 5.0/255", noise.get("setting").asText());
        assertEquals(12, noise.at("/scores/photos").asInt());
        assertEquals(
                new Perturbation(Perturbation.Kind.CROP, Perturbation.DEFAULT_LEVEL),
                outcome.robustness().results().get(1).perturbation());
    }
}
