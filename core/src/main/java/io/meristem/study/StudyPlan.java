package io.meristem.study;

import io.meristem.study.Slot.Role;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The runs of a study in their order. First those that tune: methods whose size is their own, then methods that take it from them, as the former's settings
 * decide the latter's size. Then those that compare: seed by seed, so that every table has a first number early; and within a model and folder, again, runs
 * whose size is their own before runs that take it from them.
 */
final class StudyPlan {

    private final Study study;

    /** In the order of doing; each phase can only begin when the one before has ended. */
    private final List<List<Slot>> phases = new ArrayList<>();

    StudyPlan(Study study) {
        this.study = study;
        Map<Object, Slot> known = new LinkedHashMap<>();
        if (study.tuning() != null) {
            for (boolean dependent : new boolean[] {false, true}) {
                List<Slot> phase = new ArrayList<>();
                for (long seed : study.tuning().seeds()) {
                    forEachPair((model, data) -> tuned(dependent)
                            .forEach(method -> method.trials().forEach(trial -> {
                                add(new Slot(model, data, method, trial, Role.TUNING, seed), known, phase);
                            })));
                }
                phases.add(phase);
            }
        }
        List<Slot> phase = new ArrayList<>();
        for (long seed : study.seeds()) {
            forEachPair((model, data) -> {
                for (boolean dependent : new boolean[] {false, true}) {
                    methods(dependent)
                            .forEach(
                                    method -> add(Slot.of(model, data, method, Role.CONFIRMATION, seed), known, phase));
                }
            });
        }
        phases.add(phase);
    }

    private interface Pair {
        void of(StudyModel model, StudyData data);
    }

    private void forEachPair(Pair pair) {
        study.data().forEach(data -> study.models().forEach(model -> pair.of(model, data)));
    }

    private List<StudyMethod> methods(boolean dependent) {
        return study.methods().stream()
                .filter(method -> (method.sizeOf() != null) == dependent)
                .toList();
    }

    /** Those with something to choose, and those that have the size of one that has. */
    private List<StudyMethod> tuned(boolean dependent) {
        List<String> bases = methods(true).stream()
                .filter(StudyMethod::isTuned)
                .map(method -> method.sizeOf().method())
                .toList();
        return methods(dependent).stream()
                .filter(method -> method.isTuned() || !dependent && bases.contains(method.label()))
                .toList();
    }

    /** One run serves all that ask for it; the first says what it is called. */
    private static void add(Slot slot, Map<Object, Slot> known, List<Slot> phase) {
        if (known.putIfAbsent(slot.isOpen() ? slot : slot.with(slot.trial()), slot) == null) {
            phase.add(slot);
        }
    }

    List<List<Slot>> phases() {
        return phases;
    }

    List<Slot> slots() {
        return phases.stream().flatMap(List::stream).toList();
    }

    /** The run whose size this one takes, or null. */
    Slot base(Slot slot) {
        return slot.method().sizeOf() == null
                ? null
                : Slot.of(
                        slot.model(),
                        slot.data(),
                        study.sized(slot.method().sizeOf().method()),
                        slot.role(),
                        slot.seed());
    }

    /** The runs of {@code pending} in order, but with those that {@code troubled} names, and what waits for them, at the end. */
    List<Slot> ordered(List<Slot> pending, List<Slot> troubled) {
        List<Slot> first = new ArrayList<>();
        List<Slot> last = new ArrayList<>();
        for (Slot slot : pending) {
            Slot base = base(slot);
            boolean late = troubled.contains(slot) || (base != null && troubled.contains(base));
            (late ? last : first).add(slot);
        }
        first.addAll(last);
        return first;
    }
}
