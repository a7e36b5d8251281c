package io.meristem.cli;

import io.meristem.adapter.AdapterOptions;
import io.meristem.tune.DyLora;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** What DyLoRA trains beside its range of ranks. */
final class DyLoraOptions {

    @Option(
            names = "--dylora-frozen",
            description = "Train only the last row and column of the rank that each step draws.")
    boolean frozen;

    @Option(
            names = "--dylora-ranks",
            split = ",",
            paramLabel = "R",
            description =
                    "Ranks that DyLoRA's best state is judged at after training. Default: --rank-max, half and a quarter of it.")
    List<Integer> ranks;

    DyLora resolve(int least, int most, AdapterOptions adapter) {
        List<Integer> judged = ranks != null
                ? ranks
                : Stream.of(most, most / 2, most / 4)
                        .filter(rank -> rank >= least)
                        .distinct()
                        .toList();
        return new DyLora(least, most, frozen, judged, adapter);
    }
}
