package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.CancelToken;
import io.meristem.CancelledException;
import io.meristem.Folders;
import io.meristem.Home;
import io.meristem.InputException;
import io.meristem.Meristem;
import io.meristem.adapter.AdapterOptions;
import io.meristem.artifact.Checkpoints;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.engine.Engine;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import io.meristem.tune.EpochReport;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.Lora;
import io.meristem.weights.Checksums;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run gives the same bytes again, on a machine that has seen none like it too, and keeps the plan that it was computed with. */
class PlannedTrainingTest {

    private static final List<String> SAME = List.of(
            RunFolder.BEST,
            RunFolder.LAST,
            RunFolder.ADAPTER,
            RunFolder.METRICS,
            RunFolder.RANKS,
            RunFolder.PREDICTIONS);

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path folder;

    private static Path photos;
    private static Path weights;
    private static Path run;

    @TempDir
    Path place;

    @BeforeAll
    static void train() throws IOException {
        Engine.start(1);
        photos = ColourPhotos.write(folder.resolve("photos"), 8, 2, 1);
        weights = TinyRuns.pretrained(folder);
        run = folder.resolve("run");
        TrainJob.run(config(1), run, folder.resolve("cache"), JobListener.NONE);
    }

    private static RunConfig config(int epochs) {
        return TinyRuns.run(TinyRuns.train(TinyRuns.lora(), epochs, 1), photos, weights);
    }

    /** With an empty home of its own. */
    private Process start(String name, String plan) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-Djava.awt.headless=true",
                "--add-exports",
                "java.base/jdk.internal.module=ALL-UNNAMED",
                PlannedProcess.class.getName(),
                photos.toString(),
                weights.toString(),
                place.resolve(name).toString(),
                place.resolve("cache_" + name).toString(),
                plan);
        builder.environment()
                .put(
                        "CLASSPATH",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        builder.environment().put(Home.VARIABLE, place.resolve("home_" + name).toString());
        return builder.inheritIO().start();
    }

    private Map<String, String> sums(String name) {
        Map<String, String> sums = new LinkedHashMap<>();
        SAME.stream()
                .filter(file -> Files.exists(place.resolve(name).resolve(file)))
                .forEach(file ->
                        sums.put(file, Checksums.sha256(place.resolve(name).resolve(file))));
        assertTrue(sums.size() >= SAME.size() - 1, sums.toString()); // LoRA allocates no ranks
        return sums;
    }

    @Test
    void emptyHomesGiveTheSameBytes() throws Exception {
        Process first = start("first", "kind");
        Process second = start("second", "kind");
        Process measured = start("measured", "measured");
        assertEquals(0, first.waitFor());
        assertEquals(0, second.waitFor());
        assertEquals(0, measured.waitFor());
        assertEquals(0, start("again", place.resolve("measured").toString()).waitFor());
        for (String name : List.of("first", "measured")) {
            assertTrue(
                    Files.readAllLines(place.resolve(name).resolve(RunFolder.RANKS))
                                    .size()
                            > 1,
                    "ranks were never allocated again");
        }
        assertEquals(sums("first"), sums("second"));
        assertEquals(
                Files.readString(place.resolve("first/plan.json")),
                Files.readString(place.resolve("second/plan.json")));
        assertEquals(sums("measured"), sums("again"));
        ObjectNode plan = read(place.resolve("measured"));
        assertEquals("MEASURED", plan.get("origin").asText());
        ObjectNode again = read(place.resolve("again"));
        assertEquals("GIVEN", again.get("origin").asText());
        assertEquals(plan.get("layers"), again.get("layers"));
        assertFalse(Files.exists(place.resolve("home_again/plans")), "nothing was timed");
    }

    private static ObjectNode read(Path run) throws IOException {
        return (ObjectNode) JSON.readTree(run.resolve(RunFolder.PLAN).toFile());
    }

    @Test
    void aPlanThatDoesNotFitIsRefusedBeforeAnythingIsWritten() throws IOException {
        refused(plan -> plan.put("model", "alexnet"), "is for alexnet at 32 pixels");
        refused(plan -> plan.put("size", 64), "at 64 pixels");
        refused(plan -> layer(plan, 0).put("layer", "features.99"), "names a layer features.99");
        refused(plan -> ((ArrayNode) plan.get("layers")).add(layer(plan, 0).deepCopy()), "twice");
        refused(plan -> layer(plan, 0).putNull("input"), "cannot be read as a PlanFile");
        refused(plan -> layer(plan, 0).putNull("input").putNull("weight"), "does not say how");
        refused(plan -> layer(plan, 0).put("form", "SIDEWAYS"), "cannot be read as a PlanFile");
        refused(plan -> layer(plan, 0).put("input", "FLOAT32"), "need another precision");
        refused(plan -> plan.putArray("layers"), "does not say how features.0.0 is computed");
        refused(plan -> ((ArrayNode) plan.get("layers")).remove(3), "does not say how features.2.conv.0.0");
        refusedWithDropout();
        refused(plan -> plan.put("format", 7), "cannot be read as a PlanFile");
        refused(plan -> plan.remove("layers"), "cannot be read as a PlanFile");
        Path nothing = place.resolve("nothing");
        InputException e = assertThrows(InputException.class, () -> again(nothing, place.resolve("out")));
        assertTrue(e.getMessage().contains("There is no plan"), e.getMessage());
        e = assertThrows(InputException.class, () -> again(photos, place.resolve("out")));
        assertTrue(e.getMessage().contains("has no plan.json"), e.getMessage());
    }

    private void refusedWithDropout() {
        Path out = place.resolve("out");
        InputException e = assertThrows(
                InputException.class,
                () -> TrainJob.run(
                        dropout(), run, out, folder.resolve("cache"), 0, JobListener.NONE, new CancelToken()));
        assertTrue(e.getMessage().contains("which dropout on its input does not allow"), e.getMessage());
        assertFalse(Files.exists(out));
    }

    private static RunConfig dropout() {
        return TinyRuns.run(TinyRuns.train(new Lora(2, new AdapterOptions(0, false, 0.2)), 1, 1), photos, weights);
    }

    /** With dropout every layer is computed in two branches, depthwise ones too: such a plan can be taken again. */
    @Test
    void aPlanWithDropoutIsTakenAgain() throws IOException {
        Path first = place.resolve("first");
        Path second = place.resolve("second");
        TrainJob.run(dropout(), first, folder.resolve("cache"), JobListener.NONE);
        TrainJob.run(dropout(), first, second, folder.resolve("cache"), 0, JobListener.NONE, new CancelToken());
        assertEquals(sums("first"), sums("second"));
        assertEquals(read(first).get("layers"), read(second).get("layers"));
    }

    /** A head alone needs no plan, and its run keeps an empty one, which nothing else can go by. */
    @Test
    void aPlanOfAHeadAloneIsEmpty() throws IOException {
        RunConfig head = TinyRuns.run(TinyRuns.train(new HeadOnly(), 1, 1), photos, weights);
        Path first = place.resolve("first");
        TrainJob.run(head, first, folder.resolve("cache"), JobListener.NONE);
        assertTrue(read(first).get("layers").isEmpty());
        TrainJob.run(
                head, first, place.resolve("second"), folder.resolve("cache"), 0, JobListener.NONE, new CancelToken());
        InputException e = assertThrows(InputException.class, () -> again(first, place.resolve("out")));
        assertTrue(e.getMessage().contains("does not say how"), e.getMessage());
    }

    @Test
    void programsTakeAPlanAgainToo() throws IOException {
        FineTuning training = Meristem.fineTune(photos)
                .model(TinyRuns.MODEL)
                .weights(ModelChoice.SCRATCH)
                .size(TinyRuns.SIZE)
                .method(TinyRuns.lora())
                .batch(8)
                .epochs(1)
                .threads(1)
                .cache(folder.resolve("cache"));
        Path first = place.resolve("first");
        training.run(first);
        training.plan(first).run(place.resolve("second"));
        assertEquals("GIVEN", read(place.resolve("second")).get("origin").asText());
        assertEquals(sums("first"), sums("second"));
        Path out = place.resolve("out");
        assertThrows(InputException.class, () -> training.plan(photos).run(out));
        assertFalse(Files.exists(out));
    }

    private static ObjectNode layer(ObjectNode plan, int index) {
        return (ObjectNode) plan.get("layers").get(index);
    }

    private void refused(Consumer<ObjectNode> change, String word) throws IOException {
        ObjectNode plan = read(run);
        change.accept(plan);
        Path file = Files.writeString(place.resolve("changed.json"), plan.toString());
        Path out = place.resolve("out");
        InputException e = assertThrows(InputException.class, () -> again(file, out));
        assertTrue(e.getMessage().contains(word), e.getMessage());
        assertFalse(Files.exists(out));
    }

    private static void again(Path plan, Path out) {
        TrainJob.run(config(1), plan, out, folder.resolve("cache"), 0, JobListener.NONE, new CancelToken());
    }

    /** A run that was given a plan keeps it, even when it starts again from the beginning. */
    @Test
    void resumingTakesTheRunsPlanAgain() throws IOException {
        ObjectNode plan = read(run);
        List<String> forms = new ArrayList<>();
        plan.get("layers").forEach(layer -> {
            if (layer.get("form").asText().equals("LOW_RANK")) {
                ((ObjectNode) layer).put("form", "MERGED");
                forms.add(layer.get("layer").asText());
            }
        });
        assertFalse(forms.isEmpty());
        Path file = Files.writeString(place.resolve("other.json"), plan.toString());
        Path whole = place.resolve("whole");
        TrainJob.run(config(2), file, whole, folder.resolve("cache"), 0, JobListener.NONE, new CancelToken());
        for (boolean anew : new boolean[] {false, true}) {
            Path stopped = place.resolve("stopped" + anew);
            CancelToken token = new CancelToken();
            JobListener stop = new JobListener() {
                @Override
                public void onEpoch(EpochReport report, boolean best) {
                    token.cancel();
                }
            };
            assertThrows(
                    CancelledException.class,
                    () -> TrainJob.run(config(2), file, stopped, folder.resolve("cache"), 0, stop, token));
            if (!anew) {
                Files.writeString(stopped.resolve(RunFolder.PLAN), plan.toString()); // the checkpoint knows better
            }
            if (anew) {
                Folders.delete(stopped.resolve("checkpoints"));
                assertTrue(Checkpoints.newest(stopped).isEmpty());
            }
            TrainJob.resume(stopped, folder.resolve("cache"), null, JobListener.NONE, new CancelToken());
            for (String name : SAME.subList(0, 4)) {
                assertEquals(
                        Checksums.sha256(whole.resolve(name)), Checksums.sha256(stopped.resolve(name)), name + anew);
            }
            assertEquals(read(whole).get("layers"), read(stopped).get("layers"));
        }
    }
}
