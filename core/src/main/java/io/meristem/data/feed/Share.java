package io.meristem.data.feed;

/**
 * Which photos of each batch are prepared here, where several processes train on the same batches: the photos that they share out differ by one at most, and in a
 * last batch that is smaller than there are processes some get none.
 *
 * @param part this process's number, from 0
 * @param of how many there are
 */
public record Share(int part, int of) {

    /** Whole batches. */
    public static final Share ALL = new Share(0, 1);

    public Share {
        if (part < 0 || part >= of) {
            throw new IllegalArgumentException("there is no part " + part + " of " + of);
        }
    }

    /** The first photo of a batch of {@code photos} that is this process's. */
    int from(int photos) {
        return (int) ((long) photos * part / of);
    }

    /** The first after its own. */
    int to(int photos) {
        return (int) ((long) photos * (part + 1) / of);
    }

    /** The most that can be its own. */
    int most(int photos) {
        return (photos + of - 1) / of;
    }
}
