package io.meristem.weights;

import java.util.List;

/**
 * What became of a file's tensors in a network. Names are the network's, except in {@code unexpected}, where they are the file's.
 *
 * @param loaded parameters and buffers that now hold the file's values
 * @param missing those the file has nothing for; in a successful load only the head's
 * @param unexpected tensors of the file that the network has no place for
 * @param misshaped those that differ in shape; in a successful load only the head's
 * @param replacedHead whether the head keeps its fresh start
 * @param notes sentences for the user about anything out of the ordinary
 */
public record LoadReport(
        List<String> loaded,
        List<String> missing,
        List<String> unexpected,
        List<Misshaped> misshaped,
        boolean replacedHead,
        List<String> notes) {

    /** A tensor whose shape in the file is not the one in the network. */
    public record Misshaped(String name, List<Long> inFile, List<Long> inNetwork) {}

    public LoadReport {
        loaded = List.copyOf(loaded);
        missing = List.copyOf(missing);
        unexpected = List.copyOf(unexpected);
        misshaped = List.copyOf(misshaped);
        notes = List.copyOf(notes);
    }
}
