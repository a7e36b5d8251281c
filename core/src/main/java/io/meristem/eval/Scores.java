package io.meristem.eval;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * How good a set of predictions is. All in [0, 1].
 *
 * @param photos how many were judged
 * @param accuracy share whose most probable class is the true one (top-1)
 * @param macroF1 mean over the classes present of their F1
 * @param meanAveragePrecision mean over the classes present of one-vs-rest average precision
 * @param logLoss mean negative log probability of the true class, in nats
 * @param classes per-class scores
 * @param confusion photos by true class (row) and predicted class (column)
 */
public record Scores(
        int photos,
        double accuracy,
        double macroF1,
        double meanAveragePrecision,
        double logLoss,
        List<ClassScore> classes,
        int[][] confusion) {

    public Scores {
        int n = classes == null ? -1 : classes.size();
        if (confusion == null
                || confusion.length != n
                || Arrays.stream(confusion).anyMatch(row -> row == null || row.length != n)
                || classes.stream().anyMatch(Objects::isNull)) {
            throw new IllegalArgumentException("its confusion is not a square of its classes");
        }
    }

    /**
     * One class against the rest.
     *
     * @param photos how many truly belong to it
     * @param precision of the photos called this class, the share that are; 0 when none was
     * @param recall of the photos that are this class, the share that was found; null when there are none, as are {@code f1} and {@code averagePrecision}
     */
    public record ClassScore(
            String name, int photos, double precision, Double recall, Double f1, Double averagePrecision) {

        /** Of files from before: they say 0 where nothing was measured. */
        public ClassScore {
            recall = photos == 0 ? null : recall;
            f1 = photos == 0 ? null : f1;
            averagePrecision = photos == 0 ? null : averagePrecision;
            if (photos > 0 && (recall == null || f1 == null || averagePrecision == null)) {
                throw new IllegalArgumentException("it lacks the scores of a class");
            }
        }
    }

    /** Names of the classes of which no photo was judged. */
    public List<String> absent() {
        return classes.stream()
                .filter(c -> c.photos() == 0)
                .map(ClassScore::name)
                .toList();
    }

    /** How many photos' most probable class is the true one. */
    public long right() {
        long right = 0;
        for (int c = 0; c < confusion.length; c++) {
            right += confusion[c][c];
        }
        return right;
    }

    /** Of the accuracy: 95 %, the photos taken as independent of each other. */
    @JsonProperty(value = "accuracy_interval", access = JsonProperty.Access.READ_ONLY)
    public Interval interval() {
        return Interval.wilson(right(), photos);
    }

    private static final double LEAST_PROBABILITY = 1e-12;

    /** The log loss where each true class is held for impossible: probabilities are cut off. */
    public static final double WORST_LOG_LOSS = -Math.log(LEAST_PROBABILITY);

    public static Scores of(Predictions p, List<String> names) {
        int n = names.size();
        int[][] confusion = new int[n][n];
        double loss = 0;
        int right = 0;
        for (int i = 0; i < p.size(); i++) {
            int truth = p.labels()[i];
            confusion[truth][p.top(i)]++;
            right += p.top(i) == truth ? 1 : 0;
            loss -= Math.log(Math.max(p.probabilities()[i][truth], LEAST_PROBABILITY));
        }
        List<ClassScore> classes = new ArrayList<>();
        double f1 = 0;
        double ap = 0;
        int present = 0;
        for (int c = 0; c < n; c++) {
            ClassScore score = classScore(names.get(c), c, confusion, p);
            classes.add(score);
            if (score.photos() > 0) {
                f1 += score.f1();
                ap += score.averagePrecision();
                present++;
            }
        }
        int total = Math.max(1, p.size());
        int some = Math.max(1, present);
        return new Scores(p.size(), (double) right / total, f1 / some, ap / some, loss / total, classes, confusion);
    }

    private static ClassScore classScore(String name, int c, int[][] confusion, Predictions p) {
        int called = 0;
        int truly = 0;
        for (int i = 0; i < confusion.length; i++) {
            called += confusion[i][c];
            truly += confusion[c][i];
        }
        int hit = confusion[c][c];
        double precision = called == 0 ? 0 : (double) hit / called;
        if (truly == 0) {
            return new ClassScore(name, 0, precision, null, null, null);
        }
        double recall = (double) hit / truly;
        double f1 = 2.0 * hit / (called + truly);
        return new ClassScore(name, truly, precision, recall, f1, averagePrecision(p, c));
    }

    /**
     * The area under the precision-recall steps: sum over thresholds of the gain in recall times the precision there. Photos of equal probability
     * share one threshold, so that their order does not matter.
     */
    static double averagePrecision(Predictions p, int c) {
        Integer[] order = new Integer[p.size()];
        int positives = 0;
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
            positives += p.labels()[i] == c ? 1 : 0;
        }
        if (positives == 0) {
            return 0;
        }
        Arrays.sort(order, (x, y) -> Float.compare(p.probabilities()[y][c], p.probabilities()[x][c]));
        double area = 0;
        int hits = 0;
        int counted = 0;
        for (int i = 0; i < order.length; i++) {
            hits += p.labels()[order[i]] == c ? 1 : 0;
            boolean last =
                    i + 1 == order.length || p.probabilities()[order[i]][c] != p.probabilities()[order[i + 1]][c];
            if (last) {
                area += (double) (hits - counted) / positives * hits / (i + 1);
                counted = hits;
            }
        }
        return area;
    }
}
