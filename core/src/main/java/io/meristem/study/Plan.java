package io.meristem.study;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The runs of a study in their order: seed by seed, so that every table has a first number early; and within a model and folder, runs whose size is
 * their own before runs that take it from them.
 */
final class Plan {

    /** Each run with what its first table calls the method. */
    private final Map<Cell, String> cells = new LinkedHashMap<>();

    private final Study study;

    Plan(Study study) {
        this.study = study;
        for (long seed : study.seeds()) {
            for (StudyData data : study.data()) {
                for (StudyModel model : study.models()) {
                    add(model, data, seed, false);
                    add(model, data, seed, true);
                }
            }
        }
    }

    private void add(StudyModel model, StudyData data, long seed, boolean dependent) {
        study.methods().stream()
                .filter(method -> (method.sizeOf() != null) == dependent)
                .forEach(method -> cells.putIfAbsent(Cell.of(model, data, method, seed), method.label()));
    }

    List<Cell> cells() {
        return List.copyOf(cells.keySet());
    }

    String label(Cell cell) {
        return cells.get(cell);
    }

    /** The run whose size this one takes, or null. */
    Cell base(Cell cell) {
        return cell.sizeOf() == null
                ? null
                : Cell.of(cell.model(), cell.data(), study.sized(cell.sizeOf().method()), cell.seed());
    }

    /** The runs of {@code pending} in order, but with those that {@code troubled} names, and what waits for them, at the end. */
    List<Cell> ordered(List<Cell> pending, List<Cell> troubled) {
        List<Cell> first = new ArrayList<>();
        List<Cell> last = new ArrayList<>();
        for (Cell cell : pending) {
            Cell base = base(cell);
            boolean late = troubled.contains(cell) || (base != null && troubled.contains(base));
            (late ? last : first).add(cell);
        }
        first.addAll(last);
        return first;
    }
}
