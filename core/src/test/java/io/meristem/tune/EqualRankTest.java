package io.meristem.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.adapter.LayerSize;
import io.meristem.adapter.RankLimit;
import io.meristem.execute.Network;
import io.meristem.rank.RankOptions;
import io.meristem.zoo.Models;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The greatest rank, one for all layers, within a budget. */
class EqualRankTest {

    private static EqualRank within(double mib, Network network, NormTraining norm, RankLimit limit) {
        return EqualRank.within(mib, network, HeadPolicy.TRAINED, norm, limit);
    }

    /** One rank more would not fit, unless nothing can grow any more. */
    @ParameterizedTest
    @CsvSource({
        "mobilenet_v2, NONE",
        "mobilenet_v2, BIAS",
        "mobilenet_v2_035, AFFINE",
        "alexnet, BIAS",
        "convnext_xlarge, AFFINE"
    })
    void isTheGreatestThatFits(String model, NormTraining norm) {
        try (Network network = new Network(Models.find(model), 5)) {
            long beside = norm.numbers(network, HeadPolicy.TRAINED);
            assertEquals(
                    norm == NormTraining.NONE, beside == 0, "layer norms count, and biases where there are no norms");
            for (RankLimit limit : RankLimit.values()) {
                for (double percent : new double[] {10, 20}) {
                    double mib = RankOptions.mib(percent, network);
                    EqualRank found = within(mib, network, norm, limit);
                    assertEquals(beside, found.beside());
                    assertTrue(LayerSize.mib(found.numbers() + beside) <= mib, found.toString());
                    var layers = HeadPolicy.TRAINED.adapted(network).entrySet().stream()
                            .map(e -> LayerSize.of(e.getKey(), e.getValue()))
                            .toList();
                    assertTrue(
                            LayerSize.mib(LayerSize.numbers(layers, found.rank() + 1, limit) + beside) > mib,
                            found.toString());
                }
            }
        }
    }

    @Test
    void whatIsTooSmallIsSaidWithWhatRankOneTakes() {
        try (Network network = new Network(Models.find("mobilenet_v2"), 5);
                Network alexnet = new Network(Models.find("alexnet"), 5)) {
            InputException e =
                    assertThrows(InputException.class, () -> within(0.05, network, NormTraining.NONE, RankLimit.LAYER));
            assertTrue(
                    e.getMessage().contains("rank 1 on each of 52 layers, which takes 0.0987 MiB: give a larger"),
                    e.getMessage());
            InputException below =
                    assertThrows(InputException.class, () -> within(0.01, network, NormTraining.BIAS, RankLimit.LAYER));
            assertTrue(below.getMessage().contains("beside the 0.0651 MiB"), below.getMessage());
            InputException scales =
                    assertThrows(InputException.class, () -> within(5, alexnet, NormTraining.AFFINE, RankLimit.LAYER));
            assertTrue(scales.getMessage().contains("no normalisation"), scales.getMessage());
        }
    }

    /** Far more than all can use ends at the rank from which on nothing grows. */
    @Test
    void noRankIsHigherThanAnyLayerCanUse() {
        try (Network network = new Network(Models.find("mobilenet_v2_035"), 5)) {
            EqualRank found = within(1e6, network, NormTraining.NONE, RankLimit.LAYER);
            int most = network.weightedLayers().entrySet().stream()
                    .filter(e -> e.getValue() != network.head())
                    .mapToInt(e -> LayerSize.of(e.getKey(), e.getValue()).fullRank())
                    .max()
                    .orElseThrow();
            assertEquals(most, found.rank());
        }
    }
}
