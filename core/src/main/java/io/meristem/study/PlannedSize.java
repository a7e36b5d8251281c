package io.meristem.study;

import io.meristem.adapter.LayerSize;
import io.meristem.execute.Network;
import io.meristem.op.WeightedLayer;
import io.meristem.rank.Allocator;
import io.meristem.tune.AdaLora;
import io.meristem.tune.Dra;
import io.meristem.tune.DyLora;
import io.meristem.tune.FullTuning;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.Lora;
import io.meristem.tune.Method;
import io.meristem.zoo.Models;
import java.util.List;
import java.util.Locale;

/** What is known of a run's size before it is done. */
final class PlannedSize {

    private PlannedSize() {}

    /** MiB in words. */
    static String of(StudyRun cell, Method method, boolean open, StudyInputs materials) {
        if (open) {
            return String.format(
                    Locale.ROOT,
                    "%s x %s",
                    cell.sizeOf().factor(),
                    cell.sizeOf().method());
        }
        HeadPolicy head = cell.train().head();
        List<LayerSize> layers = materials.layers(cell.model(), cell.data(), head);
        long beside = materials.beside(cell);
        return method.match(new Method.Cases<String>() {
            @Override
            public String full(FullTuning full) {
                return mib(whole(cell, materials, head));
            }

            @Override
            public String head(HeadOnly none) {
                return mib(0);
            }

            @Override
            public String lora(Lora lora) {
                return mib(beside
                        + layers.stream()
                                .mapToLong(layer ->
                                        (long) layer.perRank() * lora.limit().of(lora.rank(), layer))
                                .sum());
            }

            @Override
            public String adaLora(AdaLora adalora) {
                long first = beside + bound(layers, adalora.initRank());
                double last = adalora.budgetMib() > 0
                        ? adalora.budgetMib()
                        : LayerSize.mib(beside + bound(layers, adalora.targetRank()));
                return mib(first) + " to about " + TableNumbers.mib(Math.min(LayerSize.mib(first), last));
            }

            @Override
            public String dyLora(DyLora dylora) {
                return mib(beside + bound(layers, dylora.rankMax()));
            }

            @Override
            public String dra(Dra dra) {
                long least = beside + bound(layers, dra.ranks().min());
                long most = beside + bound(layers, dra.ranks().max());
                double budget = Math.max(1, dra.updates().startSize())
                        * dra.ranks()
                                .on(whole(cell, materials, HeadPolicy.TRAINED), layers)
                                .budgetMib();
                double bound = LayerSize.mib(most);
                return mib(least) + " to " + TableNumbers.mib(budget == 0 ? bound : Math.min(bound, budget));
            }
        });
    }

    /** Of one rank for all layers, held to what each can use. */
    private static long bound(List<LayerSize> layers, int rank) {
        return layers.stream()
                .mapToLong(layer -> (long) layer.perRank() * Allocator.rank(1, rank, rank, layer.fullRank()))
                .sum();
    }

    private static long whole(StudyRun cell, StudyInputs materials, HeadPolicy policy) {
        int classes = materials.photos(cell.data()).classes().size();
        try (Network network = new Network(Models.find(cell.model().model().name()), classes)) {
            WeightedLayer head = network.head();
            long apart = policy == HeadPolicy.ADAPTED
                    ? 0
                    : head.weight().numel()
                            + (head.bias() == null ? 0 : head.bias().numel());
            return network.parameterCount() - apart;
        }
    }

    private static String mib(long numbers) {
        return TableNumbers.mib(LayerSize.mib(numbers));
    }
}
