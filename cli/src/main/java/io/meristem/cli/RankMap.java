package io.meristem.cli;

import io.meristem.rank.Allocation;
import java.util.stream.Collectors;

/** Ranks as one character a layer, from the input to the output. */
final class RankMap {

    private static final String DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz";

    private RankMap() {}

    /** Ranks above 35 show as +. */
    static String line(Allocation allocation) {
        return allocation.rows().stream()
                .map(row -> row.rank() < DIGITS.length() ? String.valueOf(DIGITS.charAt(row.rank())) : "+")
                .collect(Collectors.joining());
    }
}
