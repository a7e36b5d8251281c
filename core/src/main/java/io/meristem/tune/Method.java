package io.meristem.tune;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.meristem.adapter.LayerSize;
import io.meristem.weights.SavedTensors;
import java.util.List;

/** What is trained and how that changes during training. Each method is one record: its settings, and the state that it runs with. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "name")
public sealed interface Method permits FullTuning, HeadOnly, Lora, AdaLora, DyLora, Dra {

    /**
     * One answer for each method. Whoever decides by the method asks through this, so that the compiler shows all that a new one lacks.
     *
     * @param <R> the answer
     */
    interface Cases<R> {

        R full(FullTuning method);

        R head(HeadOnly method);

        R lora(Lora method);

        R adaLora(AdaLora method);

        R dyLora(DyLora method);

        R dra(Dra method);
    }

    /** The answer for this method. */
    <R> R match(Cases<R> cases);

    /** A short name with the setting that matters, for tables. */
    String label();

    /** Learning rate that suits the method with AdamW, when nobody says otherwise: low-rank factors bear, and need, a greater one than whole weights. */
    default double usualRate() {
        return 2e-3;
    }

    /**
     * Prepares the network: what trains requires gradients from here on, all else does not. The new head, when it trains in full, is not the
     * method's business.
     */
    MethodState begin(MethodContext context);

    /**
     * Goes on where a training was stopped; tells the listener nothing.
     *
     * @param context with the network as it was then
     * @param memory of the state then
     */
    MethodState resume(MethodContext context, MethodMemory memory, SavedTensors saved);

    /** Probability with which an entry of an adapter's input is dropped in training; 0 without adapters. */
    default double adapterDropout() {
        return 0;
    }

    /** Whether small factors train on a frozen network, and not the network's own weights. */
    @JsonIgnore
    default boolean isLowRank() {
        return true;
    }

    /** Whether factors A and B can have learning rates of their own. */
    default boolean hasRates() {
        return isLowRank();
    }

    /** Share of the training in which the learning rates do not follow a falling schedule yet. */
    default double heldShare() {
        return 0;
    }

    /** Whether a setting decides the size, so that {@link #sized} can choose it. */
    @JsonIgnore
    default boolean isSizable() {
        return false;
    }

    /**
     * This method with the settings that bring its size closest to {@code factor * mib}.
     *
     * @param mib size of another method, MiB of float32
     * @param beside what trains beside the factors and counts too, MiB
     * @param layers that get adapters
     */
    default Method sized(double mib, double factor, double beside, List<LayerSize> layers) {
        throw new UnsupportedOperationException(label() + " has one size");
    }
}
