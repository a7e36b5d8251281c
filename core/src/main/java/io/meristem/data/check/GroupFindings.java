package io.meristem.data.check;

import io.meristem.Action;
import io.meristem.Message;
import io.meristem.Setting;
import io.meristem.data.check.Finding.Example;
import io.meristem.data.check.Finding.Kind;
import io.meristem.data.folder.Split;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Groups (a leaf, a plant, a field) that are on the training side and on another. */
final class GroupFindings {

    private GroupFindings() {}

    /**
     * @param table of groups; not read where there is none
     * @param divided whether the folder has validation or test photos of its own
     */
    static List<Finding> of(List<CheckedPhoto> photos, Path table, boolean divided) {
        Map<String, List<CheckedPhoto>> groups = new TreeMap<>(
                photos.stream().filter(s -> s.photo().group() != null).collect(Collectors.groupingBy(s -> s.photo()
                        .group())));
        List<List<CheckedPhoto>> torn = groups.values().stream()
                .filter(g -> g.stream().anyMatch(s -> s.photo().split() == Split.TRAIN)
                        && g.stream().anyMatch(s -> s.photo().split() != Split.TRAIN))
                .sorted(Comparator.comparingInt(g -> -g.size()))
                .toList();
        if (!divided) {
            return undivided(List.copyOf(groups.values()), table);
        }
        if (torn.isEmpty()) {
            return List.of();
        }
        List<String> parts = new ArrayList<>();
        double share = 0;
        for (Split split : List.of(Split.VAL, Split.TEST)) {
            long all = photos.stream().filter(s -> s.photo().split() == split).count();
            long leaked = torn.stream()
                    .flatMap(List::stream)
                    .filter(s -> s.photo().split() == split)
                    .count();
            if (leaked > 0) {
                parts.add(
                        leaked + " of " + all + " " + Text.name(split) + " photos (" + Text.percent(leaked, all) + ")");
                share = Math.max(share, (double) leaked / all);
            }
        }
        long alone = photos.stream().filter(s -> s.photo().group() == null).count();
        return List.of(new Finding(
                Kind.GROUP_LEAKAGE,
                share >= CopyFindings.GRAVE_SHARE ? Severity.SEVERE : Severity.WARNING,
                String.join(" and ", parts) + " are of a group that is in training too, so scores flatter the network"
                        + (alone == 0 ? "." : "; of " + Text.count(alone, "photo") + " no group is known."),
                Message.of(
                        "Divide anew by group: put all photos into one folder per class, without train, val and test, and let %s divide them.",
                        Action.TRAIN.with(Setting.GROUPS.as("CSV"))),
                torn.stream()
                        .map(g -> new Example("group " + g.get(0).photo().group(), ends(g)))
                        .toList()));
    }

    private static List<Finding> undivided(List<List<CheckedPhoto>> groups, Path table) {
        List<List<CheckedPhoto>> several =
                groups.stream().filter(g -> g.size() > 1).toList();
        if (several.isEmpty()) {
            return List.of();
        }
        int photos = several.stream().mapToInt(List::size).sum();
        return List.of(new Finding(
                Kind.GROUP_LEAKAGE,
                Severity.NOTE,
                Text.count(several.size(), "group") + " of two photos and more, " + photos
                        + " photos in all, must not be parted; a random split parts them.",
                Message.of("Keep them on one side with %s.", Action.TRAIN.with(Setting.GROUPS.as(table))),
                List.of()));
    }

    /** Both sides of a torn group, whatever its size. */
    private static List<String> ends(List<CheckedPhoto> group) {
        List<String> paths = new ArrayList<>();
        for (boolean training : List.of(true, false)) {
            group.stream()
                    .filter(s -> (s.photo().split() == Split.TRAIN) == training)
                    .limit(Finding.MOST_PHOTOS / 2)
                    .forEach(s -> paths.add(s.path()));
        }
        return paths;
    }
}
