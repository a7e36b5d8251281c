package io.meristem.op;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The shape of a value for one photo, so without N: (C, H, W) of an image, (H, W, C) of a map with channels last, (T, C) of tokens or (C) of a row.
 */
public record Shape(List<Integer> sizes) {

    public Shape {
        sizes = List.copyOf(sizes);
        if (sizes.stream().anyMatch(size -> size < 1)) {
            throw new IllegalArgumentException("a shape of " + sizes + " has nothing in it");
        }
    }

    public static Shape of(int... sizes) {
        return new Shape(Arrays.stream(sizes).boxed().toList());
    }

    public int rank() {
        return sizes.size();
    }

    /** The size along a dimension; -1 is the last. */
    public int size(int dimension) {
        return sizes.get(dimension < 0 ? sizes.size() + dimension : dimension);
    }

    /** How many numbers that are. */
    public long numbers() {
        return sizes.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
    }

    /** This shape with another last size. */
    Shape withLast(int size) {
        int[] all = sizes.stream().mapToInt(Integer::intValue).toArray();
        all[all.length - 1] = size;
        return of(all);
    }

    /** @throws IllegalArgumentException when the shape has not so many dimensions */
    Shape requireRank(int rank, String what) {
        if (rank() != rank) {
            throw new IllegalArgumentException(what + " takes a value of " + rank + " dimensions, not " + this);
        }
        return this;
    }

    @Override
    public String toString() {
        return sizes.stream().map(String::valueOf).collect(Collectors.joining("x"));
    }
}
