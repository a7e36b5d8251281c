package io.meristem.data.check;

import io.meristem.data.feed.Workers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which photos are copies of each other. Exact: the files are equal byte for byte. Near: difference hashes within {@value #MOST_BITS} of 64 bits make a
 * candidate, and the details of the two 32 x 32 pictures, brightness less its surroundings, must then correlate by {@value #LEAST_LIKENESS}. The hash
 * alone takes flat leaves on one ground for the same photo; details of two leaves correlate by less than 0.8. Copies that were saved again,
 * resized, brightened, mirrored or turned by quarters are found; crops are not, nor pictures without any detail.
 */
final class CopyFinder {

    static final int MOST_BITS = 10;

    static final double LEAST_LIKENESS = 0.9;

    /** Copies of one photo among those after it; more, as in the frames of a film, are found as copies of these, and would take memory in the square of their number. */
    static final int MOST_OF_ONE = 500;

    /**
     * Two photos, by their numbers, that are near copies.
     *
     * @param turned whether one is the other mirrored or turned
     */
    record Likeness(int a, int b, double likeness, boolean turned) {}

    private final Clusters exact;
    private final Clusters near;
    private final List<Likeness> pairs;

    private CopyFinder(Clusters exact, Clusters near, List<Likeness> pairs) {
        this.exact = exact;
        this.near = near;
        this.pairs = pairs;
    }

    /** @param turned whether to look for mirrored and turned copies too, which takes eight times as long */
    static CopyFinder among(List<CheckedPhoto> photos, boolean turned, int threads) {
        Clusters exact = new Clusters(photos.size());
        Map<String, Integer> first = new HashMap<>();
        List<Integer> different = new ArrayList<>();
        for (int i = 0; i < photos.size(); i++) {
            Integer before = first.putIfAbsent(photos.get(i).sha256(), i);
            if (before != null) {
                exact.join(before, i);
            } else if (photos.get(i).look().detail() != null) {
                different.add(i);
            }
        }
        List<Likeness> pairs = pairs(photos, different, turned ? PhotoDescriptor.POSITIONS : 1, threads);
        Clusters near = exact.copy();
        pairs.forEach(p -> near.join(p.a(), p.b()));
        return new CopyFinder(exact, near, pairs);
    }

    private static List<Likeness> pairs(List<CheckedPhoto> photos, List<Integer> among, int positions, int threads) {
        long[] upright =
                among.stream().mapToLong(i -> photos.get(i).look().hashes()[0]).toArray();
        List<Likeness> pairs = new ArrayList<>();
        try {
            Workers.forEach(threads, upright.length, i -> {
                List<Likeness> found = new ArrayList<>();
                PhotoDescriptor look = photos.get(among.get(i)).look();
                for (int position = 0; position < positions; position++) {
                    long hash = look.hashes()[position];
                    for (int j = i + 1; j < upright.length && found.size() < MOST_OF_ONE; j++) {
                        if (Long.bitCount(hash ^ upright[j]) <= MOST_BITS) {
                            double likeness = photos.get(among.get(j)).look().likeness(look, position);
                            if (likeness >= LEAST_LIKENESS) {
                                found.add(new Likeness(among.get(i), among.get(j), likeness, position > 0));
                            }
                        }
                    }
                }
                synchronized (pairs) {
                    pairs.addAll(found);
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return best(pairs);
    }

    /** Each pair once, in the position that fits best; the surest first. */
    private static List<Likeness> best(List<Likeness> pairs) {
        Map<Long, Likeness> best = new HashMap<>();
        for (Likeness pair : pairs) {
            best.merge((long) pair.a() << 32 | pair.b(), pair, (p, q) -> p.likeness() >= q.likeness() ? p : q);
        }
        return best.values().stream()
                .sorted(Comparator.comparingDouble((Likeness p) -> -p.likeness())
                        .thenComparingInt(Likeness::a)
                        .thenComparingInt(Likeness::b))
                .toList();
    }

    /** Photos with the same bytes. */
    Clusters exact() {
        return exact;
    }

    /** Photos with the same bytes or the same picture. */
    Clusters near() {
        return near;
    }

    /** Near copies that are not exact ones, the surest first. */
    List<Likeness> pairs() {
        return pairs;
    }
}
