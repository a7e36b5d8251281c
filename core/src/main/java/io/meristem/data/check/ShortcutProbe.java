package io.meristem.data.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Asks whether classes can be told apart by what has nothing to do with them. Of copies one photo takes part, and photos of one group are in one
 * fold, so that nothing is recognised that was seen before.
 */
final class ShortcutProbe {

    private static final int FOLDS = 5;

    /** Classes with fewer different photos take no part. */
    private static final int LEAST_PHOTOS = 20;

    /** More photos make the answer no better; they are chosen by their hash. */
    private static final int MOST_PHOTOS = 6000;

    /** Sizes that so great a share of the photos has are features of their own. */
    private static final double FREQUENT_SIZE = 0.01;

    private static final int MOST_SIZES = 8;

    private final List<CheckedPhoto> photos;
    private final List<String> names;
    private final int[] labels;
    private final int[] fold;

    private ShortcutProbe(List<CheckedPhoto> photos, List<String> names, int[] labels, int[] fold) {
        this.photos = photos;
        this.names = names;
        this.labels = labels;
        this.fold = fold;
    }

    /** One probe of each kind; none when fewer than two classes have enough photos. */
    static List<Probe> of(List<CheckedPhoto> photos, List<String> classes, CopyFinder copies) {
        List<CheckedPhoto> different = new ArrayList<>();
        for (List<Integer> cluster : copies.near().all()) {
            different.add(photos.get(cluster.get(0)));
        }
        different.sort(Comparator.comparing(CheckedPhoto::sha256));
        Map<Integer, List<CheckedPhoto>> byLabel = new TreeMap<>();
        for (CheckedPhoto photo : different.subList(0, Math.min(MOST_PHOTOS, different.size()))) {
            byLabel.computeIfAbsent(photo.photo().label(), k -> new ArrayList<>())
                    .add(photo);
        }
        byLabel.values().removeIf(c -> c.size() < LEAST_PHOTOS);
        if (byLabel.size() < 2) {
            return List.of();
        }
        List<CheckedPhoto> chosen = new ArrayList<>();
        List<String> names = new ArrayList<>();
        byLabel.forEach((label, members) -> {
            names.add(classes.get(label));
            chosen.addAll(members);
        });
        int[] labels = chosen.stream()
                .mapToInt(s -> names.indexOf(classes.get(s.photo().label())))
                .toArray();
        ShortcutProbe probe = new ShortcutProbe(chosen, names, labels, folds(chosen, labels, names.size()));
        return Arrays.stream(Probe.Kind.values()).map(probe::ask).toList();
    }

    /** Groups from the largest down, those of one size in the order of their hashes, each to the fold that has least of its classes. */
    private static int[] folds(List<CheckedPhoto> photos, int[] labels, int classes) {
        Map<String, List<Integer>> groups = new HashMap<>();
        for (int i = 0; i < labels.length; i++) {
            String group = photos.get(i).photo().group();
            String key = group == null ? "photo\t" + photos.get(i).sha256() : "group\t" + group;
            groups.computeIfAbsent(key, k -> new ArrayList<>()).add(i);
        }
        List<List<Integer>> units = new ArrayList<>(groups.values());
        units.sort(Comparator.comparingInt((List<Integer> u) -> -u.size())
                .thenComparing(u -> photos.get(u.get(0)).sha256()));
        int[][] held = new int[FOLDS][classes];
        int[] fold = new int[labels.length];
        for (List<Integer> unit : units) {
            int best = 0;
            long least = Long.MAX_VALUE;
            for (int f = 0; f < FOLDS; f++) {
                long sum = 0;
                for (int i : unit) {
                    sum += held[f][labels[i]];
                }
                if (sum < least) {
                    least = sum;
                    best = f;
                }
            }
            for (int i : unit) {
                fold[i] = best;
                held[best][labels[i]]++;
            }
        }
        return fold;
    }

    private Probe ask(Probe.Kind kind) {
        double[][] x = features(kind);
        int classes = names.size();
        int[][] confusion = new int[classes][classes];
        for (int f = 0; f < FOLDS; f++) {
            List<Integer> rows = new ArrayList<>();
            for (int i = 0; i < labels.length; i++) {
                if (fold[i] != f) {
                    rows.add(i);
                }
            }
            if (rows.isEmpty() || rows.size() == labels.length) {
                continue; // all photos are of one group, or no group was left for this fold
            }
            Discriminant model = Discriminant.fit(x, labels, classes, rows);
            for (int i = 0; i < labels.length; i++) {
                if (fold[i] == f) {
                    confusion[labels[i]][model.answer(x[i])]++;
                }
            }
        }
        return score(kind, confusion);
    }

    private Probe score(Probe.Kind kind, int[][] confusion) {
        int all = 0;
        int right = 0;
        int most = 0;
        for (int c = 0; c < confusion.length; c++) {
            int row = Arrays.stream(confusion[c]).sum();
            all += row;
            right += confusion[c][c];
            most = Math.max(most, row);
        }
        List<Probe.ClassScore> scores = new ArrayList<>();
        for (int c = 0; c < confusion.length; c++) {
            int row = Arrays.stream(confusion[c]).sum();
            int column = 0;
            for (int[] others : confusion) {
                column += others[c];
            }
            int hits = confusion[c][c];
            scores.add(new Probe.ClassScore(
                    names.get(c), row, share(hits, row), share(hits, column), share(column - hits, all - row)));
        }
        return new Probe(kind, all, FOLDS, share(right, all), share(most, all), scores);
    }

    private static double share(int part, int all) {
        return all == 0 ? 0 : (double) part / all;
    }

    private double[][] features(Probe.Kind kind) {
        List<Long> sizes = kind == Probe.Kind.SIZE ? frequentSizes() : List.of();
        return photos.stream()
                .map(s -> switch (kind) {
                    case BORDER -> doubles(s.look().border());
                    case CENTRE -> doubles(s.look().centre());
                    case COLOUR -> colour(s.look().colour());
                    case SIZE -> size(s, sizes);
                })
                .toArray(double[][]::new);
    }

    private static double[] doubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < doubles.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }

    /** With squares and products, so that a class may lie between others. */
    private static double[] colour(float[] rgb) {
        double[] features = new double[9];
        for (int c = 0, at = 3; c < 3; c++) {
            features[c] = rgb[c] / 255;
            for (int d = 0; d <= c; d++) {
                features[at++] = rgb[c] / 255 * (rgb[d] / 255);
            }
        }
        return features;
    }

    private static double[] size(CheckedPhoto photo, List<Long> sizes) {
        double w = Math.log(photo.width());
        double h = Math.log(photo.height());
        double[] features = new double[6 + sizes.size()];
        features[0] = w;
        features[1] = h;
        features[2] = w * w;
        features[3] = h * h;
        features[4] = w * h;
        features[5] = Math.abs(w - h);
        int frequent = sizes.indexOf(key(photo));
        if (frequent >= 0) {
            features[6 + frequent] = 1;
        }
        return features;
    }

    private List<Long> frequentSizes() {
        Map<Long, Integer> counts = new HashMap<>();
        photos.forEach(s -> counts.merge(key(s), 1, Integer::sum));
        return counts.entrySet().stream()
                .filter(e -> e.getValue() >= FREQUENT_SIZE * photos.size())
                .sorted(Comparator.comparingInt((Map.Entry<Long, Integer> e) -> -e.getValue())
                        .thenComparing(Map.Entry::getKey))
                .limit(MOST_SIZES)
                .map(Map.Entry::getKey)
                .toList();
    }

    private static long key(CheckedPhoto photo) {
        return (long) photo.width() << 32 | photo.height();
    }
}
