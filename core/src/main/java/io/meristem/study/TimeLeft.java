package io.meristem.study;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

/**
 * How long runs will take, judged by runs that are finished: by those with the same model and kind of method, or else the same model, or else all; in
 * proportion to training photos and epochs.
 */
final class TimeLeft {

    /** Training photos of a set. */
    private final ToIntFunction<StudyData> photos;

    /** Seconds per training photo and epoch. */
    private final Map<StudyRun, Double> known = new HashMap<>();

    TimeLeft(ToIntFunction<StudyData> photos) {
        this.photos = photos;
    }

    void learn(StudyRun cell, double secondsPerEpoch) {
        known.put(cell, secondsPerEpoch / photos(cell));
    }

    /** Null as long as nothing is finished. */
    Duration of(List<StudyRun> cells) {
        if (known.isEmpty()) {
            return null;
        }
        double seconds = cells.stream().mapToDouble(this::seconds).sum();
        return Duration.ofMillis(Math.round(1000 * seconds));
    }

    private double seconds(StudyRun cell) {
        Predicate<StudyRun> sameModel = other -> other.model().equals(cell.model());
        Predicate<StudyRun> sameKind = other -> Objects.equals(
                other.train().method().getClass(), cell.train().method().getClass());
        for (Predicate<StudyRun> like : List.of(sameModel.and(sameKind), sameModel)) {
            double mean = mean(like);
            if (!Double.isNaN(mean)) {
                return mean * photos(cell) * cell.train().epochs();
            }
        }
        return mean(other -> true) * photos(cell) * cell.train().epochs();
    }

    private double mean(Predicate<StudyRun> like) {
        return known.keySet().stream()
                .filter(like)
                .mapToDouble(known::get)
                .average()
                .orElse(Double.NaN);
    }

    private double photos(StudyRun cell) {
        return Math.max(1, photos.applyAsInt(cell.data()));
    }
}
