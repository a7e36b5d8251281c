package io.meristem.cli;

import io.meristem.rank.Allocation;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Ranks as one character a layer, from the input to the output. */
final class RankStrip {

    private static final String DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz";

    private RankStrip() {}

    /** Ranks above 35 show as +. */
    static String line(Allocation allocation) {
        return line(allocation.rows().stream().mapToInt(Allocation.Row::rank));
    }

    /** Ranks above 35 show as +. */
    static String line(IntStream ranks) {
        return ranks.mapToObj(rank -> rank < DIGITS.length() ? String.valueOf(DIGITS.charAt(rank)) : "+")
                .collect(Collectors.joining());
    }
}
