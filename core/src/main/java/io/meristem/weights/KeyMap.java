package io.meristem.weights;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.execute.Network;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * From the names in a file to the names in a network. Files of the home libraries need nothing; what is undone here are the prefixes that wrappers
 * of PyTorch and trainers leave, and the names of the authors' own ConvNeXt release, which timm's network replaced by its own.
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

    private static final String CONVNEXT_MARK = "downsample_layers.0.0.weight";

    private record Rule(Pattern pattern, String replacement) {
        Rule(String pattern, String replacement) {
            this(Pattern.compile(pattern), replacement);
        }
    }

    /** In the order tried; the first that matches the start of a name wins. */
    private static final List<Rule> CONVNEXT = List.of(
            new Rule("downsample_layers\\.0\\.([01])\\.", "stem.$1."),
            new Rule("downsample_layers\\.([123])\\.([01])\\.", "stages.$1.downsample.$2."),
            new Rule("stages\\.(\\d+)\\.(\\d+)\\.dwconv\\.", "stages.$1.blocks.$2.conv_dw."),
            new Rule("stages\\.(\\d+)\\.(\\d+)\\.pwconv([12])\\.", "stages.$1.blocks.$2.mlp.fc$3."),
            new Rule("stages\\.(\\d+)\\.(\\d+)\\.", "stages.$1.blocks.$2."),
            new Rule("norm\\.", "head.norm."),
            new Rule("head\\.", "head.fc."));

    /**
     * The network as it lies in a file.
     *
     * @param prefix before each of its names
     * @param stem what the network's names begin with where the file has the prefix in its place, as fastai's bodies have; usually empty
     * @param original whether the names are those of ConvNeXt's first release
     */
    private record Place(String prefix, String stem, boolean original) {

        boolean isPlain() {
            return prefix.isEmpty() && stem.isEmpty();
        }

        /** @param bare the file's name for each name without wrappers */
        Map<String, String> map(Map<String, String> bare) {
            Map<String, String> map = new LinkedHashMap<>();
            bare.forEach((name, inFile) -> {
                String rest = name.startsWith(prefix) ? name.substring(prefix.length()) : null;
                put(map, rest == null ? name : original ? rename(rest) : stem + rest, inFile);
            });
            return map;
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
        List<Place> places = places(bare.keySet(), needed);
        List<String> notes = new ArrayList<>();
        Place place = places.isEmpty() ? nearest(bare.keySet(), needed) : places.get(0);
        if (places.size() > 1) {
            place = chosen(file, places);
            String taken = place.prefix;
            notes.add(file + " holds the network " + places.size() + " times, and the one under "
                    + shown(taken) + " was taken, not "
                    + places.stream()
                            .map(Place::prefix)
                            .filter(prefix -> !prefix.equals(taken))
                            .map(KeyMap::shown)
                            .collect(Collectors.joining(", "))
                    + ".");
        }
        if (place.isPlain()) {
            return new KeyMap(toNetwork(names), notes);
        }
        notes.add("The names in " + file + " begin with " + shown(place.prefix) + ", which was "
                + (place.stem.isEmpty() ? "taken off." : "read as " + shown(place.stem) + "."));
        return new KeyMap(place.map(bare), notes);
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
        List<Place> places = places(bare.keySet(), needed);
        return (places.isEmpty() ? nearest(bare.keySet(), needed) : places.get(0)).map(bare);
    }

    /** Where most of the network is. */
    private static Place nearest(Set<String> names, Collection<String> needed) {
        String best = "";
        long most = needed.stream().filter(names::contains).count();
        for (String anchor : needed) {
            for (String prefix : before(names, anchor)) {
                long count = needed.stream()
                        .filter(name -> names.contains(prefix + name))
                        .count();
                if (count > most) {
                    most = count;
                    best = prefix;
                }
            }
            if (most > 0) {
                break;
            }
        }
        return new Place(best, "", names.contains(best + CONVNEXT_MARK));
    }

    /** Where the whole network is, plain names first. */
    private static List<Place> places(Set<String> names, Collection<String> needed) {
        List<Place> places = new ArrayList<>();
        if (needed.isEmpty()) {
            return places;
        }
        for (String stem : new LinkedHashSet<>(List.of("", commonStem(needed)))) {
            String anchor = needed.iterator().next().substring(stem.length());
            for (String prefix : before(names, anchor)) {
                if (places.isEmpty() || places.get(0).stem.equals(stem)) {
                    boolean whole =
                            needed.stream().allMatch(name -> names.contains(prefix + name.substring(stem.length())));
                    if (whole) {
                        places.add(new Place(prefix, stem, false));
                    }
                }
            }
        }
        if (places.isEmpty()) {
            for (String prefix : before(names, CONVNEXT_MARK)) {
                Set<String> renamed = names.stream()
                        .filter(name -> name.startsWith(prefix))
                        .map(name -> rename(name.substring(prefix.length())))
                        .collect(Collectors.toSet());
                if (renamed.containsAll(needed)) {
                    places.add(new Place(prefix, "", true));
                }
            }
        }
        places.sort(Comparator.comparingInt(place -> place.prefix.length()));
        return places;
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
    private static Place chosen(Path file, List<Place> places) {
        List<Place> averaged =
                places.stream().filter(place -> isAveraged(place.prefix)).toList();
        if (averaged.size() == 1 && places.size() == 2) {
            return averaged.get(0);
        }
        throw new InputException(
                ErrorCode.WRONG_KIND,
                "%s holds the network %s times, under %s: save the one that you mean alone.",
                file,
                places.size(),
                places.stream().map(place -> shown(place.prefix)).collect(Collectors.joining(", ")));
    }

    /** Whether a key or a prefix says that what is under it are averaged weights. */
    static boolean isAveraged(String name) {
        return AVERAGED.matcher(name).matches();
    }

    private static String shown(String prefix) {
        return prefix.isEmpty() ? "no prefix" : "'" + prefix + "'";
    }

    /**
     * @param names a file's tensor names
     * @return the file's name for each name in the network's terms, in the file's order
     * @throws InputException when two names of the file come to the same
     */
    static Map<String, String> toNetwork(Collection<String> names) {
        Map<String, String> bare = bare(names);
        return new Place("", "", bare.containsKey(CONVNEXT_MARK)).map(bare);
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

    private static String rename(String name) {
        for (Rule rule : CONVNEXT) {
            Matcher matcher = rule.pattern.matcher(name);
            if (matcher.lookingAt()) {
                return matcher.replaceFirst(rule.replacement);
            }
        }
        return name;
    }
}
