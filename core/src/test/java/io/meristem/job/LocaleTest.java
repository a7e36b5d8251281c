package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.CancelToken;
import io.meristem.CancelledException;
import io.meristem.artifact.RunConfig;
import io.meristem.report.Report;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import io.meristem.tune.EpochReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where people write other digits, decimal commas, or another small I. */
class LocaleTest {

    private static final int EPOCHS = 3;

    /** Digits of other scripts, and decimals with anything but a point. */
    private static final Pattern FOREIGN = Pattern.compile("[\\p{Nd}&&[^0-9]]|[\u066B\u066C]");

    @TempDir
    Path place;

    private final Locale before = Locale.getDefault();

    @BeforeEach
    @AfterEach
    void restore() {
        Locale.setDefault(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ar-EG-u-nu-arab", "fa-IR", "my-MM", "tr-TR", "de-DE"})
    void aTrainingIsResumedAndItsFilesAreAsEverywhere(String language) throws IOException {
        Locale.setDefault(Locale.forLanguageTag(language));
        Path photos = ColourPhotos.write(place.resolve("photos"), 6, 2, 2);
        RunConfig config = TinyRuns.run(TinyRuns.train(TinyRuns.lora(), EPOCHS, 1), photos, null);
        Path run = place.resolve("run");
        Path cache = place.resolve("cache");
        CancelToken token = new CancelToken();
        assertThrows(
                CancelledException.class,
                () -> TrainJob.run(
                        config,
                        run,
                        cache,
                        1,
                        new JobListener() {
                            @Override
                            public void onEpoch(EpochReport report, boolean best) {
                                token.cancel();
                            }
                        },
                        token));
        try (Stream<Path> checkpoints = Files.list(run.resolve("checkpoints"))) {
            List<String> names =
                    checkpoints.map(c -> c.getFileName().toString()).toList();
            assertFalse(names.isEmpty());
            names.forEach(name -> assertTrue(name.matches("epoch-[0-9]{4}-step-[0-9]{6}"), name));
        }
        List<String> notes = new ArrayList<>();
        TrainJob.resume(
                run,
                cache,
                null,
                new JobListener() {
                    @Override
                    public void onNote(String sentence) {
                        notes.add(sentence);
                    }
                },
                new CancelToken());
        assertTrue(notes.stream().anyMatch(n -> n.startsWith("Resuming the run")), notes.toString());
        assertEquals(EPOCHS, Files.readAllLines(run.resolve("metrics.jsonl")).size());
        Path page = Report.write(run, null, photos);
        assertFalse(FOREIGN.matcher(Files.readString(page)).find(), "the report");
        for (String name : List.of("summary.txt", "config.json", "result.json", "metrics.jsonl", "predictions.csv")) {
            assertFalse(FOREIGN.matcher(Files.readString(run.resolve(name))).find(), name);
        }
        notes.forEach(note -> assertFalse(FOREIGN.matcher(note).find(), note));
        assertTrue(Files.readString(run.resolve("summary.txt")).contains("."), "decimal points");
    }
}
