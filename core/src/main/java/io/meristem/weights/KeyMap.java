package io.meristem.weights;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.execute.Network;
import io.meristem.zoo.Models;
import io.meristem.zoo.ReleaseNames;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * From the names in a file to the names in a network. Files of the home libraries need nothing; what is undone here are the prefixes that wrappers
 * of PyTorch and trainers leave, and the names of {@link ReleaseNames}.
 *
 * @param names the file's name for each name in the network's terms, in the file's order
 * @param notes sentences for the user about prefixes that were taken off
 */
record KeyMap(Map<String, String> names, List<String> notes) {

    /** Left at the start of a name by data-parallel training and by weight averaging. */
    private static final String WRAPPER = "module.";

    /** Left at any place of a name by compilation, sharding and checkpointing of a part. */
    private static final List<String> INNER_WRAPPERS =
            List.of("_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.");

    /** What the names of averaged weights have in them. */
    private static final Pattern AVERAGED =
            Pattern.compile("(.*[._])?(ema|averaged?|avg|swa)([._].*)?", Pattern.CASE_INSENSITIVE);

    /**
     * The network as it lies in a file.
     *
     * @param prefix before each of its names
     * @param stem what the network's names begin with where the file has the prefix in its place, as fastai's bodies have; usually empty
     * @param release the names' release; null for those of the home library
     */
    private record Copy(String prefix, String stem, ReleaseNames release) {

        boolean isPlain() {
            return prefix.isEmpty() && stem.isEmpty();
        }

        /**
         * Names of this copy in the network's terms, and others as they are; those that would stand for the same tensor are another copy's, and left out.
         *
         * @param bare the file's name for each name without wrappers
         */
        Map<String, String> map(Map<String, String> bare) {
            Map<String, String> own = new LinkedHashMap<>();
            bare.forEach((name, inFile) -> {
                if (name.startsWith(prefix)) {
                    put(own, inNetwork(name.substring(prefix.length())), inFile);
                }
            });
            Map<String, String> map = new LinkedHashMap<>();
            bare.forEach((name, inFile) -> {
                if (name.startsWith(prefix)) {
                    map.put(inNetwork(name.substring(prefix.length())), inFile);
                } else if (!own.containsKey(name)) {
                    map.put(name, inFile);
                }
            });
            return map;
        }

        private String inNetwork(String rest) {
            return release == null ? stem + rest : release.rename(rest);
        }
    }

    /**
     * Finds a network in a file, also where a trainer has put one prefix before all its names.
     *
     * @param file named in errors
     * @param names the file's tensor names
     * @param needed the network's names that the file must have
     * @throws InputException when two names of the file come to the same, or when it holds the network more than once
     */
    static KeyMap of(Path file, Collection<String> names, Collection<String> needed) {
        Map<String, String> bare = bare(names);
        List<Copy> copies = copies(bare.keySet(), needed);
        List<String> notes = new ArrayList<>();
        Copy copy = copies.isEmpty() ? nearest(bare.keySet(), needed) : copies.get(0);
        if (copies.size() > 1) {
            copy = averaged(file, copies);
            String taken = copy.prefix;
            String other = copies.stream()
                    .map(Copy::prefix)
                    .filter(prefix -> !prefix.equals(taken))
                    .findFirst()
                    .orElseThrow();
            notes.add(file + " holds the network twice: the averaged weights, under " + shown(taken)
                    + ", were taken, and the others, under " + shown(other) + ", were left.");
            return new KeyMap(copy.map(bare), notes);
        }
        if (copy.isPlain()) {
            return new KeyMap(toNetwork(names), notes);
        }
        String prefix = copy.prefix;
        long under =
                bare.keySet().stream().filter(name -> name.startsWith(prefix)).count();
        notes.add((under == bare.size() ? "The names" : under + " of the " + bare.size() + " names") + " in " + file
                + (under == 1 ? " begins with " : " begin with ") + shown(prefix) + ", which was "
                + (copy.stem.isEmpty() ? "taken off." : "read as " + shown(copy.stem) + "."));
        return new KeyMap(copy.map(bare), notes);
    }

    /** The names of a network that a file of its weights has whatever its classes are: all but the head's. */
    static List<String> needed(Network network) {
        String head = network.spec().headName() + ".";
        return network.params().keySet().stream()
                .filter(name -> !name.startsWith(head))
                .toList();
    }

    /** The names in the terms of a network that the file may be of, where it has some of that network's. */
    static Map<String, String> nearest(Map<String, String> bare, Collection<String> needed) {
        List<Copy> copies = copies(bare.keySet(), needed);
        return (copies.isEmpty() ? nearest(bare.keySet(), needed) : copies.get(0)).map(bare);
    }

    /** Where most of the network is, also when only some of its names have a prefix. */
    private static Copy nearest(Set<String> names, Collection<String> needed) {
        String best = "";
        long most = needed.stream().filter(names::contains).count();
        for (String anchor : needed) {
            List<String> prefixes = names.contains(anchor) ? List.of() : before(names, anchor);
            for (String prefix : prefixes) {
                long count = needed.stream()
                        .filter(name -> names.contains(prefix + name) || names.contains(name))
                        .count();
                if (count > most) {
                    most = count;
                    best = prefix;
                }
            }
            if (!prefixes.isEmpty()) {
                break;
            }
        }
        String prefix = best;
        return new Copy(best, "", release(mark -> names.contains(prefix + mark)));
    }

    /** The release whose mark is there; null where none is. */
    private static ReleaseNames release(Predicate<String> mark) {
        return Models.releases().stream()
                .filter(release -> mark.test(release.mark()))
                .findFirst()
                .orElse(null);
    }

    /** Where the whole network is, plain names first. */
    private static List<Copy> copies(Set<String> names, Collection<String> needed) {
        List<Copy> copies = new ArrayList<>();
        if (needed.isEmpty()) {
            return copies;
        }
        for (String stem : new LinkedHashSet<>(List.of("", commonStem(needed)))) {
            String anchor = needed.iterator().next().substring(stem.length());
            for (String prefix : before(names, anchor)) {
                if (copies.isEmpty() || copies.get(0).stem.equals(stem)) {
                    boolean whole =
                            needed.stream().allMatch(name -> names.contains(prefix + name.substring(stem.length())));
                    if (whole) {
                        copies.add(new Copy(prefix, stem, null));
                    }
                }
            }
        }
        if (copies.isEmpty()) {
            for (ReleaseNames release : Models.releases()) {
                for (String prefix : before(names, release.mark())) {
                    Set<String> renamed = names.stream()
                            .filter(name -> name.startsWith(prefix))
                            .map(name -> release.rename(name.substring(prefix.length())))
                            .collect(Collectors.toSet());
                    if (renamed.containsAll(needed)) {
                        copies.add(new Copy(prefix, "", release));
                    }
                }
            }
        }
        copies.sort(Comparator.comparingInt(copy -> copy.prefix.length()));
        return copies;
    }

    /** What stands before {@code end} in those names that end in it. */
    private static List<String> before(Set<String> names, String end) {
        return names.stream()
                .filter(name -> name.equals(end) || name.endsWith("." + end))
                .map(name -> name.substring(0, name.length() - end.length()))
                .toList();
    }

    /** The first part that all names have, such as {@code features.}; empty where they differ in it. */
    private static String commonStem(Collection<String> names) {
        String first = names.iterator().next();
        String stem = first.substring(0, first.indexOf('.') + 1);
        return names.stream().allMatch(name -> name.startsWith(stem)) ? stem : "";
    }

    /** Averaged weights, where they lie beside others, since they are what a trainer that keeps them judges by. */
    private static Copy averaged(Path file, List<Copy> copies) {
        List<Copy> averaged =
                copies.stream().filter(copy -> isAveraged(copy.prefix)).toList();
        if (averaged.size() == 1 && copies.size() == 2) {
            return averaged.get(0);
        }
        throw new InputException(
                ErrorCode.WRONG_KIND,
                "%s holds the network %s times, under %s: save the one that you mean in a file of its own.",
                file,
                copies.size(),
                copies.stream().map(copy -> shown(copy.prefix)).collect(Collectors.joining(", ")));
    }

    /** Whether a key or a prefix says that what is under it are averaged weights. */
    static boolean isAveraged(String name) {
        return AVERAGED.matcher(name).matches();
    }

    private static String shown(String prefix) {
        return prefix.isEmpty() ? "names without a prefix" : "'" + prefix + "'";
    }

    /**
     * @param names a file's tensor names
     * @return the file's name for each name in the network's terms, in the file's order
     * @throws InputException when two names of the file come to the same
     */
    static Map<String, String> toNetwork(Collection<String> names) {
        Map<String, String> bare = bare(names);
        return new Copy("", "", release(bare::containsKey)).map(bare);
    }

    /** The file's name for each name without what wrappers of PyTorch leave. */
    static Map<String, String> bare(Collection<String> names) {
        Map<String, String> map = new LinkedHashMap<>();
        names.forEach(name -> put(map, unwrap(name), name));
        return map;
    }

    private static void put(Map<String, String> map, String name, String inFile) {
        String other = map.put(name, inFile);
        if (other != null) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    "the weights name the same tensor twice, as %s and as %s; keep one of them",
                    other,
                    inFile);
        }
    }

    /** A name without what wrappers of PyTorch leave. */
    static String unwrap(String name) {
        String bare = name;
        for (String wrapper : INNER_WRAPPERS) {
            bare = bare.replace(wrapper, "");
        }
        while (bare.startsWith(WRAPPER)) {
            bare = bare.substring(WRAPPER.length());
        }
        return bare;
    }
}
