package io.meristem.tune;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.rank.ScorerMemory;
import io.meristem.rank.SettledTrigger;
import java.util.Map;
import java.util.Objects;

/** What a method remembers from step to step beside its tensors, as it is saved. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "name")
public sealed interface MethodMemory {

    MethodMemory NOTHING = new Nothing();

    /** Of a method whose tensors say all. */
    @JsonTypeName("nothing")
    record Nothing() implements MethodMemory {}

    /**
     * Of DyLoRA.
     *
     * @param draws from its random stream so far
     */
    @JsonTypeName("drawn")
    record Drawn(long draws) implements MethodMemory {}

    /**
     * Of AdaLoRA.
     *
     * @param step done
     * @param kept a digit for each triplet that there is memory for: 1, or 0 where it is masked
     * @param left a digit for each triplet of the beginning: 0 where it has been removed; null before the removal
     */
    @JsonTypeName("pruned")
    record Pruned(int step, String kept, String left) implements MethodMemory {

        public Pruned {
            Objects.requireNonNull(kept, "it lacks kept");
        }

        static String digits(boolean[] flags) {
            StringBuilder digits = new StringBuilder();
            for (boolean flag : flags) {
                digits.append(flag ? '1' : '0');
            }
            return digits.toString();
        }

        /** @throws InputException when these are not so many */
        static boolean[] flags(String digits, int length) {
            if (digits.length() != length) {
                throw foreign();
            }
            boolean[] flags = new boolean[length];
            for (int i = 0; i < length; i++) {
                flags[i] = digits.charAt(i) == '1';
            }
            return flags;
        }
    }

    /**
     * Of DRA.
     *
     * @param threshold null before calibration
     * @param generation allocations so far
     * @param ranks of the layers with adapters, in definition order
     * @param updated epoch that the last update followed; null before there is one
     * @param settled of updates that wait for the adapters to settle; null with others
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @JsonTypeName("allocated")
    record Allocated(
            Double threshold,
            int generation,
            Map<String, Integer> ranks,
            ScorerMemory scorer,
            Integer updated,
            SettledTrigger.State settled)
            implements MethodMemory {

        public Allocated {
            // In the order of the file. Copies are refused where something in them is null.
            Map.copyOf(ranks);
            Objects.requireNonNull(scorer, "it lacks scorer");
        }
    }

    /** This, as what a method needs. */
    default <T extends MethodMemory> T as(Class<T> type) {
        if (!type.isInstance(this)) {
            throw foreign();
        }
        return type.cast(this);
    }

    private static InputException foreign() {
        return new InputException(
                ErrorCode.MISMATCH,
                "The checkpoint is one of another method than the run's: restore the run folder as it was, or train again.");
    }
}
