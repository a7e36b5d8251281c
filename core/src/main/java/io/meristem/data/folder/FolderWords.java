package io.meristem.data.folder;

import java.util.List;
import java.util.stream.Collectors;

/** Folders and numbers in sentences. */
final class FolderWords {

    private static final int MOST_NAMES = 5;

    private FolderWords() {}

    /** A few names, and that there are more. */
    static String names(List<PhotoTree> folders) {
        String names = folders.stream().limit(MOST_NAMES).map(PhotoTree::name).collect(Collectors.joining(", "));
        return folders.size() > MOST_NAMES ? names + ", ..." : names;
    }

    /** Such as {@code 1 photo} and {@code 2 photos}. */
    static String count(long n, String noun) {
        return n + " " + noun + (n == 1 ? "" : "s");
    }
}
