package io.meristem.data.check;

import io.meristem.Action;
import io.meristem.Message;
import io.meristem.Setting;
import io.meristem.data.check.Finding.Example;
import io.meristem.data.check.Finding.Kind;
import io.meristem.data.folder.Split;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/** What copies do: teach two names for one picture, carry answers from one side to another, count twice. */
final class CopyFindings {

    /** From this share of a side on, its scores cannot be believed. */
    static final double GRAVE_SHARE = 0.01;

    private final List<CheckedPhoto> photos;
    private final List<String> classes;
    private final CopyFinder copies;
    private final boolean divided;

    private CopyFindings(List<CheckedPhoto> photos, List<String> classes, CopyFinder copies, boolean divided) {
        this.photos = photos;
        this.classes = classes;
        this.copies = copies;
        this.divided = divided;
    }

    /** @param divided whether the folder has validation or test photos of its own */
    static List<Finding> of(List<CheckedPhoto> photos, List<String> classes, CopyFinder copies, boolean divided) {
        CopyFindings search = new CopyFindings(photos, classes, copies, divided);
        List<Finding> findings = new ArrayList<>();
        search.conflicts(findings);
        search.across(findings);
        search.within(findings);
        return findings;
    }

    private void conflicts(List<Finding> findings) {
        List<List<Integer>> exact =
                spread(copies.exact(), i -> photos.get(i).photo().label());
        if (!exact.isEmpty()) {
            findings.add(new Finding(
                    Kind.CONFLICTING_LABELS,
                    Severity.SEVERE,
                    exact.size() == 1
                            ? "One photo lies in two classes or more, byte for byte: " + pair(exact.get(0)) + "."
                            : exact.size() + " photos lie in two classes or more, byte for byte, such as "
                                    + pair(exact.get(0)) + ".",
                    "Decide which class is right and remove the other file.",
                    examples(exact)));
        }
        List<List<Integer>> near = spread(
                        copies.near(), i -> photos.get(i).photo().label())
                .stream()
                .filter(c -> exact.stream().noneMatch(c::containsAll))
                .toList();
        if (!near.isEmpty()) {
            findings.add(new Finding(
                    Kind.CONFLICTING_LABELS,
                    Severity.WARNING,
                    Text.count(near.size(), "photo")
                            + (near.size() == 1 ? " has" : " have")
                            + " a near copy in another class (resized, saved again, mirrored or turned), such as "
                            + pair(near.get(0)) + ".",
                    "Look at them; if they are the same photo, decide which class is right and remove the other file.",
                    examples(near)));
        }
    }

    private void across(List<Finding> findings) {
        if (!divided) {
            return;
        }
        ToIntFunction<Integer> side = i -> photos.get(i).photo().split().ordinal();
        List<List<Integer>> exact = spread(copies.exact(), side);
        List<List<Integer>> near = spread(copies.near(), side);
        List<String> parts = new ArrayList<>();
        double share = 0;
        for (Split split : List.of(Split.VAL, Split.TEST)) {
            long all = photos.stream().filter(s -> s.photo().split() == split).count();
            long same = before(exact, split);
            long alike = before(near, split);
            if (alike > 0) {
                parts.add(alike + " of " + all + " " + Text.name(split) + " photos (" + same + " byte for byte)");
                share = Math.max(share, (double) alike / all);
            }
        }
        if (!parts.isEmpty()) {
            findings.add(new Finding(
                    Kind.COPIES_ACROSS_SIDES,
                    share >= GRAVE_SHARE ? Severity.SEVERE : Severity.WARNING,
                    "Copies of photos on another side: " + String.join(" and ", parts) + ", such as "
                            + pair(near.get(0)) + ".",
                    "Remove the copies from the training side.",
                    examples(near)));
        }
    }

    /** How many photos of a side have a copy on a side before it. */
    private long before(List<List<Integer>> clusters, Split split) {
        long count = 0;
        for (List<Integer> cluster : clusters) {
            boolean earlier =
                    cluster.stream().anyMatch(i -> photos.get(i).photo().split().compareTo(split) < 0);
            if (earlier) {
                count += cluster.stream()
                        .filter(i -> photos.get(i).photo().split() == split)
                        .count();
            }
        }
        return count;
    }

    private void within(List<Finding> findings) {
        List<List<Integer>> found = new ArrayList<>();
        long superfluous = 0;
        for (List<Integer> cluster : copies.near().several()) {
            for (Split split : Split.values()) {
                for (int label = 0; label < classes.size(); label++) {
                    int wanted = label;
                    List<Integer> here = cluster.stream()
                            .filter(i -> photos.get(i).photo().split() == split
                                    && photos.get(i).photo().label() == wanted)
                            .toList();
                    if (here.size() > 1) {
                        found.add(here);
                        superfluous += here.size() - 1;
                    }
                }
            }
        }
        if (found.isEmpty()) {
            return;
        }
        Set<Integer> all = found.stream().flatMap(List::stream).collect(Collectors.toSet());
        long turned = copies.pairs().stream()
                .filter(p -> p.turned() && all.contains(p.a()) && all.contains(p.b()))
                .count();
        boolean many = superfluous >= GRAVE_SHARE * photos.size();
        findings.add(new Finding(
                Kind.COPIES_WITHIN_SIDE,
                many || !divided ? Severity.WARNING : Severity.NOTE,
                Text.count(superfluous, "photo") + " of " + photos.size()
                        + (superfluous == 1 ? " repeats" : " repeat")
                        + " another of " + (divided ? "the same side and class" : "the same class")
                        + (turned == 0 ? "" : ", " + turned + " of the pairs mirrored or turned") + ", such as "
                        + pair(found.get(0)) + (divided ? "." : "; a random split parts them."),
                divided
                        ? Message.of("Remove the copies.")
                        : Message.of(
                                "Remove the copies, or keep them on one side: %s, then %s.",
                                Action.CHECK_DATA.with(Setting.GROUPS_OUT.as("groups.csv")),
                                Action.TRAIN.with(Setting.GROUPS.as("groups.csv"))),
                examples(found)));
    }

    /** Clusters whose members are not all of one class, or one side. */
    private static List<List<Integer>> spread(Clusters clusters, ToIntFunction<Integer> of) {
        return clusters.several().stream()
                .filter(c -> c.stream().mapToInt(of).distinct().count() > 1)
                .toList();
    }

    /** The first and the one that differs most from it: another class or side, or else the next. */
    private String pair(List<Integer> cluster) {
        CheckedPhoto one = photos.get(cluster.get(0));
        CheckedPhoto other = cluster.stream()
                .skip(1)
                .map(photos::get)
                .filter(s -> s.photo().label() != one.photo().label()
                        || s.photo().split() != one.photo().split())
                .findFirst()
                .orElse(photos.get(cluster.get(1)));
        return one.path() + " and " + other.path();
    }

    private List<Example> examples(List<List<Integer>> clusters) {
        return clusters.stream()
                .limit(Finding.MOST_EXAMPLES)
                .map(c -> new Example(
                        caption(c), c.stream().map(i -> photos.get(i).path()).toList()))
                .toList();
    }

    private String caption(List<Integer> cluster) {
        int first = copies.exact().of(cluster.get(0));
        if (cluster.stream().allMatch(i -> copies.exact().of(i) == first)) {
            return "the same file";
        }
        return copies.pairs().stream().anyMatch(p -> p.turned() && cluster.contains(p.a()) && cluster.contains(p.b()))
                ? "the same picture, mirrored or turned"
                : "the same picture";
    }
}
