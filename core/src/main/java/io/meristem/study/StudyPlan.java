package io.meristem.study;

import io.meristem.study.RunRequest.Role;
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
    private final List<List<RunRequest>> phases = new ArrayList<>();

    StudyPlan(Study study) {
        this.study = study;
        Map<Object, RunRequest> known = new LinkedHashMap<>();
        if (study.tuning() != null) {
            for (boolean dependent : new boolean[] {false, true}) {
                List<RunRequest> phase = new ArrayList<>();
                for (long seed : study.tuning().seeds()) {
                    forEachPair((model, data) -> tuned(dependent)
                            .forEach(method -> method.trials().forEach(trial -> {
                                add(new RunRequest(model, data, method, trial, Role.TUNING, seed), known, phase);
                            })));
                }
                phases.add(phase);
            }
        }
        List<RunRequest> phase = new ArrayList<>();
        for (long seed : study.seeds()) {
            forEachPair((model, data) -> {
                for (boolean dependent : new boolean[] {false, true}) {
                    methods(dependent)
                            .forEach(method ->
                                    add(RunRequest.of(model, data, method, Role.CONFIRMATION, seed), known, phase));
                }
            });
        }
        phases.add(phase);
    }

    private interface EachPair {
        void of(StudyModel model, StudyData data);
    }

    private void forEachPair(EachPair pair) {
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
    private static void add(RunRequest slot, Map<Object, RunRequest> known, List<RunRequest> phase) {
        if (known.putIfAbsent(slot.isOpen() ? slot : slot.with(slot.trial()), slot) == null) {
            phase.add(slot);
        }
    }

    List<List<RunRequest>> phases() {
        return phases;
    }

    List<RunRequest> slots() {
        return phases.stream().flatMap(List::stream).toList();
    }

    /** The run whose size this one takes, or null. */
    RunRequest base(RunRequest slot) {
        return slot.method().sizeOf() == null
                ? null
                : RunRequest.of(
                        slot.model(),
                        slot.data(),
                        study.sized(slot.method().sizeOf().method()),
                        slot.role(),
                        slot.seed());
    }

    /** The runs of {@code pending} in order, but with those that {@code troubled} names, and what waits for them, at the end. */
    List<RunRequest> ordered(List<RunRequest> pending, List<RunRequest> troubled) {
        List<RunRequest> first = new ArrayList<>();
        List<RunRequest> last = new ArrayList<>();
        for (RunRequest slot : pending) {
            RunRequest base = base(slot);
            boolean late = troubled.contains(slot) || (base != null && troubled.contains(base));
            (late ? last : first).add(slot);
        }
        first.addAll(last);
        return first;
    }
}
