package io.meristem.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.NamedTypes;
import io.meristem.adapter.LayerSize;
import io.meristem.artifact.Json;
import io.meristem.execute.Network;
import io.meristem.rank.Scorer;
import io.meristem.rank.SizeHistory;
import io.meristem.rank.UpdateScorer;
import io.meristem.tune.Dra;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.HeadStart;
import io.meristem.tune.Lora;
import io.meristem.tune.NormTraining;
import io.meristem.tune.TrainConfig;
import io.meristem.tune.Updates;
import io.meristem.zoo.Models;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PresetsTest {

    static List<String> names() {
        return Presets.names();
    }

    private static Study study(String preset) {
        return StudyReader.preset(preset, Specs.scratch());
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyPresetIsAStudyAndSurvivesItsFile(String name) throws Exception {
        Study study = study(name);
        boolean tuned = study.tuning() != null;
        assertEquals(tuned ? 8 : 3, study.seeds().size());
        assertFalse(study.questions().isEmpty());
        Study again = Specs.read(study.json());
        assertEquals(study, again);
        boolean paper = !tuned && !name.equals("default");
        for (StudyMethod method : study.methods()) {
            TrainConfig train = method.train();
            assertEquals(paper ? 40 : 20, train.epochs());
            boolean head = method.label().equals("head");
            assertEquals(paper && !head ? HeadPolicy.ADAPTED : HeadPolicy.TRAINED, train.head());
            if (train.method() instanceof Dra dra) {
                assertEquals(5, dra.calibrationEpochs());
            }
            assertEquals(tuned, method.isTuned());
            if (tuned) {
                // Equal tuning: three or four rates, the usual one among them or between two.
                assertEquals(study.tuning().trials(), method.trials().size());
                List<Double> rates = method.trials().stream()
                        .map(trial -> trial.train().optimization().rate())
                        .toList();
                assertTrue(rates.get(0) <= train.method().usualRate()
                        && rates.get(rates.size() - 1) >= train.method().usualRate());
            } else {
                assertEquals(train.method().usualRate(), train.optimization().rate());
            }
        }
        if (tuned) {
            assertTrue(study.questions().stream().anyMatch(q -> q.kind() == Question.Kind.POOLED));
            assertTrue(study.questions().stream().anyMatch(q -> q.kind() == Question.Kind.TUNING));
        }
    }

    /** Every scorer that has something to say before training is in the comparison, so that none wins by absence. */
    @Test
    void allAllocatorsCompete() {
        Set<String> names = new TreeSet<>(NamedTypes.of(Scorer.class).keySet());
        names.remove(UpdateScorer.DEFAULT.label());
        assertEquals(names, scorers("allocators"));
    }

    private static Set<String> scorers(String preset) {
        return study(preset).methods().stream()
                .map(method -> ((Dra) method.train().method()).scorer().label())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Every way and time of updates, at one budget; and what the variants of docs/method.md are. */
    @Test
    void allUpdatesCompete() {
        Study study = study("updates");
        List<Dra> all = study.methods().stream()
                .map(method -> (Dra) method.train().method())
                .toList();
        assertEquals(
                Set.of(Updates.Kind.values()),
                all.stream().map(dra -> dra.updates().way()).collect(Collectors.toSet()));
        assertEquals(
                Set.of(Updates.When.values()),
                all.stream().map(dra -> dra.updates().when()).collect(Collectors.toSet()));
        all.forEach(dra -> assertEquals(2.0, dra.ranks().budgetPercent()));
        study.methods()
                .forEach(
                        method -> assertEquals(NormTraining.BIAS, method.train().trainNorm()));
        assertEquals(Set.of("gradient", "spectrum", "update"), scorers("updates"));
        assertEquals(Updates.Kind.NONE, all.get(0).updates().way());
        TrainConfig d = study.methods().get(8).train();
        assertEquals(HeadStart.RIDGE, d.headStart());
        assertEquals(
                new Updates(Updates.Kind.CARRY, Updates.When.ONCE, 0.4, 1.5),
                all.get(9).updates());
    }

    @Test
    void tablesFourAndFiveVaryTheImportanceWeights() {
        for (String table : List.of("table4", "table5")) {
            for (StudyMethod method : study(table).methods()) {
                double alpha = Json.tree(method.train()).findValue("alpha").asDouble();
                double beta = Json.tree(method.train()).findValue("beta").asDouble();
                String[] words = method.label().split(" ");
                assertEquals(Double.parseDouble(words[1]), alpha, 1e-12, method.label());
                assertEquals(Double.parseDouble(words[3]), beta, 1e-12, method.label());
            }
        }
        assertEquals(study("table4").methods(), study("table5").methods());
    }

    @Test
    void runsThatTablesShareAreDoneOnce() {
        Study paper = study("paper");
        assertEquals(
                List.of("table1", "table2", "table3", "fig4", "table4", "table5", "table6", "table7"),
                paper.questions().stream().map(Question::id).toList());
        // full, dra, three ranks, four other pairs of weights, AdaLoRA, DyLoRA and LoRA at three sizes each; three
        // seeds
        assertEquals(16 * 3, new StudyPlan(paper).slots().size());
        StudyPlan plan = new StudyPlan(study("table1"));
        assertEquals(2 * 3, plan.slots().size());
        assertEquals("full", plan.slots().get(0).method().label());
    }

    @Test
    void publishedAveragesFollowFromPublishedSizes() {
        Published sizes = Published.of("table2");
        for (List<String> row : sizes.rows()) {
            String[] starts = row.get(2).split(", ");
            String[] mib = row.get(3).split(" ");
            List<SizeHistory.Span> spans = new ArrayList<>();
            for (int i = 0; i < starts.length; i++) {
                spans.add(new SizeHistory.Span(Integer.parseInt(starts[i]), Double.parseDouble(mib[i])));
            }
            assertEquals(Double.parseDouble(row.get(4)), SizeHistory.average(spans, 40), 0.0101, row.toString());
        }
        assertEquals(
                sizes.rows().stream().map(row -> row.get(4)).toList(),
                Published.of("table1").rows().stream().map(row -> row.get(2)).toList());
    }

    @Test
    void publishedLoraSizesAreThoseOfOurNetworks() {
        Map<String, String> models = Map.of(
                "AlexNet", "alexnet",
                "MobileNetV2", "mobilenet_v2",
                "RegNetY", "regnety_040",
                "ConvNeXt", "convnext_xlarge");
        for (List<String> row : Published.of("table3").rows()) {
            try (Network network = new Network(Models.find(models.get(row.get(0))), 15)) {
                long perRank = HeadPolicy.ADAPTED.adapted(network).entrySet().stream()
                        .mapToLong(e -> LayerSize.of(e.getKey(), e.getValue()).perRank())
                        .sum();
                for (int i = 0; i < 3; i++) {
                    assertEquals(
                            row.get(1 + i), String.format(Locale.ROOT, "%.2f", LayerSize.mib((4L << i) * perRank)));
                }
            }
        }
    }

    @Test
    void loraIsGivenTheNearestRank() {
        try (Network network = new Network(Models.find("mobilenet_v2"), 15)) {
            List<LayerSize> layers = HeadPolicy.ADAPTED.adapted(network).entrySet().stream()
                    .map(e -> LayerSize.of(e.getKey(), e.getValue()))
                    .toList();
            assertEquals(8, Lora.DEFAULT.sized(0.83, 1, 0, layers).rank());
            assertEquals(4, Lora.DEFAULT.sized(0.45, 1, 0, layers).rank());
            assertEquals(5, Lora.DEFAULT.sized(0.48, 1, 0, layers).rank());
            assertEquals(1, Lora.DEFAULT.sized(0.001, 1, 0, layers).rank());
            Dra dra = Dra.DEFAULT.sized(1, 0.5, 0, layers);
            assertEquals(0.5, dra.ranks().budgetMib());
            assertTrue(Json.tree(dra)
                    .get("calibration_epochs")
                    .equals(Json.tree(Dra.DEFAULT).get("calibration_epochs")));
        }
    }
}
