package io.meristem.data.folder;

import io.meristem.data.image.PhotoSeeds;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/** Divides photos into sides, class by class in the wanted shares, groups kept whole. */
final class Splitter {

    /** Photos that must stay together; {@code perClass[c]} of them are of class c. */
    private static final class Unit {
        final String name;
        final List<Photo> photos;
        final int[] perClass;
        Split side;

        Unit(String name, List<Photo> photos, int[] perClass) {
            this.name = name;
            this.photos = photos;
            this.perClass = perClass;
        }
    }

    /** Wanted and reached numbers of photos per class on one side. */
    private static final class Side {
        final double share;
        final double[] target;
        final int[] current;

        Side(double share, int classes) {
            this.share = share;
            this.target = new double[classes];
            this.current = new int[classes];
        }
    }

    private final int classes;
    private final Map<Split, Side> sides = new EnumMap<>(Split.class);

    private Splitter(int classes, double val, double test) {
        this.classes = classes;
        sides.put(Split.TRAIN, new Side(1 - val - test, classes));
        sides.put(Split.VAL, new Side(val, classes));
        sides.put(Split.TEST, new Side(test, classes));
    }

    private Side side(Split split) {
        return Objects.requireNonNull(sides.get(split));
    }

    /** Fills the sides that are not {@code given} with photos from the training side; a given side is left as it is. */
    static List<Photo> divide(
            List<Photo> photos, List<String> classNames, Set<Split> given, SplitOptions options, List<String> notes) {
        double val = given.contains(Split.VAL) ? 0 : options.valFraction();
        double test = given.contains(Split.TEST) ? 0 : options.testFraction();
        List<Photo> source =
                photos.stream().filter(p -> p.split() == Split.TRAIN).toList();
        Splitter splitter = new Splitter(classNames.size(), val, test);
        boolean grouped = source.stream().anyMatch(p -> p.group() != null);
        Map<Photo, Split> chosen =
                grouped ? splitter.byGroup(source, options.seed()) : splitter.byPhoto(source, options.seed());
        List<Photo> divided = new ArrayList<>();
        for (Photo photo : photos) {
            divided.add(photo.on(chosen.getOrDefault(photo, photo.split())));
        }
        divided.sort(Photo.order());
        splitter.note(divided, given, grouped, options.seed(), notes);
        return divided;
    }

    private void note(List<Photo> divided, Set<Split> given, boolean grouped, long seed, List<String> notes) {
        for (Split split : List.of(Split.VAL, Split.TEST)) {
            if (side(split).share > 0) {
                long count = divided.stream().filter(p -> p.split() == split).count();
                String origin = given.isEmpty()
                        ? "The folder is not divided"
                        : "The folder has no " + ImageFolder.name(split) + " side";
                notes.add(origin + ": " + count + " photos were set aside for " + ImageFolder.name(split) + " by class"
                        + (grouped ? ", groups kept whole" : "") + ", seed " + seed + ".");
            }
        }
    }

    private Map<Photo, Split> byPhoto(List<Photo> source, long seed) {
        Map<Integer, List<Photo>> byClass = new TreeMap<>();
        source.forEach(
                p -> byClass.computeIfAbsent(p.label(), k -> new ArrayList<>()).add(p));
        Map<Photo, Split> chosen = new HashMap<>();
        Comparator<String> order = PhotoSeeds.order(seed);
        for (List<Photo> photos : byClass.values()) {
            photos.sort((a, b) -> order.compare(a.relative(), b.relative()));
            int n = photos.size();
            int val = count(n, side(Split.VAL).share);
            int test = count(n, side(Split.TEST).share);
            // Training keeps at least one photo of every class, then the test side has the next claim.
            test = Math.min(test, n - 1);
            val = Math.min(val, n - 1 - test);
            for (int i = 0; i < n; i++) {
                chosen.put(photos.get(i), i < test ? Split.TEST : i < test + val ? Split.VAL : Split.TRAIN);
            }
        }
        return chosen;
    }

    /** From three photos on, a wanted side gets at least one. */
    private static int count(int n, double share) {
        int rounded = (int) Math.round(n * share);
        return share > 0 && n >= 3 ? Math.max(1, rounded) : rounded;
    }

    /**
     * Greedy: units from the largest down, seeded order among equals, each to the side that lacks most of the unit's classes. A side left without
     * a class that has three units or more then takes that class's smallest one from training.
     */
    private Map<Photo, Split> byGroup(List<Photo> source, long seed) {
        List<Unit> units = units(source);
        Comparator<String> order = PhotoSeeds.order(seed);
        units.sort(Comparator.comparing((Unit u) -> -u.photos.size()).thenComparing(u -> u.name, order));
        for (Side side : sides.values()) {
            for (Unit unit : units) {
                for (int c = 0; c < classes; c++) {
                    side.target[c] += side.share * unit.perClass[c];
                }
            }
        }
        units.forEach(unit -> move(unit, neediest(unit)));
        repair(units);
        Map<Photo, Split> chosen = new HashMap<>();
        units.forEach(unit -> unit.photos.forEach(p -> chosen.put(p, unit.side)));
        return chosen;
    }

    private List<Unit> units(List<Photo> source) {
        Map<String, List<Photo>> members = new TreeMap<>();
        for (Photo p : source) {
            // The mark keeps a group's name apart from the path of a photo that stands alone.
            String name = p.group() == null ? "photo\t" + p.relative() : "group\t" + p.group();
            members.computeIfAbsent(name, k -> new ArrayList<>()).add(p);
        }
        List<Unit> units = new ArrayList<>();
        members.forEach((name, photos) -> {
            int[] perClass = new int[classes];
            photos.forEach(p -> perClass[p.label()]++);
            units.add(new Unit(name, photos, perClass));
        });
        return units;
    }

    private Split neediest(Unit unit) {
        Split best = Split.TRAIN;
        double most = Double.NEGATIVE_INFINITY;
        for (Split split : Split.values()) {
            Side side = side(split);
            if (side.share == 0) {
                continue;
            }
            double need = 0;
            for (int c = 0; c < classes; c++) {
                need += unit.perClass[c] * (side.target[c] - side.current[c]);
            }
            if (need > most + 1e-9) {
                most = need;
                best = split;
            }
        }
        return best;
    }

    private void move(Unit unit, Split to) {
        for (int c = 0; c < classes; c++) {
            side(to).current[c] += unit.perClass[c];
            if (unit.side != null) {
                side(unit.side).current[c] -= unit.perClass[c];
            }
        }
        unit.side = to;
    }

    private void repair(List<Unit> units) {
        for (int c = 0; c < classes; c++) {
            int label = c;
            List<Unit> withClass =
                    units.stream().filter(u -> u.perClass[label] > 0).toList();
            for (Split split : List.of(Split.TEST, Split.VAL)) {
                Side side = side(split);
                if (side.share > 0 && side.current[c] == 0 && withClass.size() >= 3) {
                    withClass.stream()
                            .filter(u -> u.side == Split.TRAIN && leavesTraining(u))
                            .min(Comparator.comparingInt((Unit u) -> u.photos.size())
                                    .thenComparing(u -> u.name))
                            .ifPresent(u -> move(u, split));
                }
            }
        }
    }

    private boolean leavesTraining(Unit unit) {
        for (int c = 0; c < classes; c++) {
            if (unit.perClass[c] > 0 && side(Split.TRAIN).current[c] <= unit.perClass[c]) {
                return false;
            }
        }
        return true;
    }

    /** At most {@code limit} photos per class and side, a seeded choice in the given order; 0 keeps all. */
    static List<Photo> limit(List<Photo> photos, int limit, long seed) {
        if (limit == 0) {
            return photos;
        }
        Comparator<String> order = PhotoSeeds.order(seed);
        Map<Split, Map<Integer, List<Photo>>> cells = new EnumMap<>(Split.class);
        for (Photo p : photos) {
            cells.computeIfAbsent(p.split(), k -> new TreeMap<>())
                    .computeIfAbsent(p.label(), k -> new ArrayList<>())
                    .add(p);
        }
        List<Photo> kept = new ArrayList<>();
        for (Map<Integer, List<Photo>> byClass : cells.values()) {
            for (List<Photo> cell : byClass.values()) {
                cell.stream()
                        .sorted((a, b) -> order.compare(a.relative(), b.relative()))
                        .limit(limit)
                        .forEach(kept::add);
            }
        }
        kept.sort(Photo.order());
        return kept;
    }
}
