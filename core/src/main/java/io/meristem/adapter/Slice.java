package io.meristem.adapter;

/**
 * Says that a trained tensor is what is left of an earlier one.
 *
 * @param of place of the earlier tensor in the list of trained ones before
 * @param dim along which entries were taken
 * @param entries taken, in order; null for all
 */
public record Slice(int of, int dim, long[] entries) {

    /** The tensor as it was. */
    public static Slice whole(int of) {
        return new Slice(of, 0, null);
    }
}
