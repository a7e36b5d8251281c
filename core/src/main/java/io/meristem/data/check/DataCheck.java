package io.meristem.data.check;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.data.feed.PixelCache;
import io.meristem.data.feed.ProgressListener;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.Split;
import io.meristem.data.folder.SplitOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Looks a photo folder over before anybody trains on it. Nothing is changed; the same files give the same findings. */
public final class DataCheck {

    private DataCheck() {}

    /**
     * The whole check: reads and decodes every file.
     *
     * @param folder as for training: one sub-folder per class, with or without train, val and test above
     * @param groupCsv table that names the group of photos; null for {@code manifest.csv} in the folder or beside it, if there is one that fits
     * @param groupColumn its column of group names, null for {@code group}
     * @param pathColumn its column of paths, null for {@code path}
     * @param probe whether to look for shortcuts with a small model
     * @throws InputException when the folder is no data set, or the table cannot be used
     */
    public static CheckResult run(
            Path folder,
            Path groupCsv,
            String groupColumn,
            String pathColumn,
            Limits limits,
            boolean probe,
            int threads,
            ProgressListener progress) {
        long start = System.nanoTime();
        SplitOptions whole = SplitOptions.defaults().withFractions(0, 0).withGroups(groupCsv, groupColumn, pathColumn);
        ImageFolder data = ImageFolder.look(folder, withGroupsFound(whole, folder));
        Reading reading = Reading.ofFiles(data, threads, progress);
        boolean divided = data.photos().stream().anyMatch(p -> p.split() != Split.TRAIN);
        return check(data, reading, divided, limits, probe, true, threads, start);
    }

    /**
     * What can be said in a second or two from photos that are decoded already, for training: no probe, and only upright copies.
     *
     * @param data divided as for training
     */
    public static CheckResult quick(ImageFolder data, PixelCache cache, int threads) {
        long start = System.nanoTime();
        Reading reading = Reading.ofCache(data, cache, threads);
        return check(data, reading, true, Limits.DEFAULT, false, false, threads, start);
    }

    /** A table that training would refuse is among the cautions of the folder. */
    private static SplitOptions withGroupsFound(SplitOptions options, Path folder) {
        try {
            return options.withGroupsFound(folder);
        } catch (InputException e) {
            return options;
        }
    }

    private static CheckResult check(
            ImageFolder data,
            Reading read,
            boolean divided,
            Limits limits,
            boolean probe,
            boolean turned,
            int threads,
            long start) {
        if (read.photos().isEmpty()) {
            throw new InputException(
                    ErrorCode.TOO_FEW,
                    "None of the %s photos in %s can be read: check the files.",
                    data.photos().size(),
                    data.root());
        }
        Path table = data.options().groupCsv();
        List<CheckedPhoto> photos = read.photos();
        CopyFinder copies = CopyFinder.among(photos, turned, threads);
        List<ClassCount> counts = counts(photos, data.classes());
        List<Probe> probes = probe ? ShortcutProbe.of(photos, data.classes(), copies) : List.of();
        List<Finding> findings = new ArrayList<>();
        if (turned) {
            // Training has said these already.
            findings.addAll(layout(data));
        }
        findings.addAll(CopyFindings.of(photos, data.classes(), copies, divided));
        findings.addAll(GroupFindings.of(photos, table, divided));
        findings.addAll(GroundFindings.of(photos, data.classes()));
        findings.addAll(ShortcutFindings.of(photos, data.classes(), probes));
        findings.addAll(ClassFindings.of(read, counts, divided, limits));
        findings.sort(Comparator.comparing(Finding::severity).reversed());
        return new CheckResult(
                data.root(),
                photos.size(),
                divided,
                table,
                (int) photos.stream().filter(s -> s.photo().group() != null).count(),
                counts,
                findings,
                probes,
                clusters(photos, copies),
                (System.nanoTime() - start) / 1e9);
    }

    /** What the folder was taken for, and what of it was passed over. */
    private static List<Finding> layout(ImageFolder data) {
        List<Finding> findings = new ArrayList<>();
        data.cautions()
                .forEach(caution -> findings.add(new Finding(
                        Finding.Kind.LAYOUT,
                        Severity.WARNING,
                        caution,
                        "Arrange the folder as meant: docs/formats.md has the layouts that are understood.",
                        List.of())));
        List<String> leftOut = data.leftOut(false);
        if (!leftOut.isEmpty()) {
            findings.add(new Finding(
                    Finding.Kind.LAYOUT,
                    Severity.NOTE,
                    String.join(" ", leftOut),
                    "Nothing needs to be done where these are no photos of the set.",
                    List.of()));
        }
        return findings;
    }

    private static List<ClassCount> counts(List<CheckedPhoto> photos, List<String> classes) {
        List<ClassCount> counts = new ArrayList<>();
        for (int label = 0; label < classes.size(); label++) {
            int wanted = label;
            List<CheckedPhoto> members =
                    photos.stream().filter(s -> s.photo().label() == wanted).toList();
            int[] sides =
                    members.stream().mapToInt(CheckedPhoto::shortSide).sorted().toArray();
            counts.add(new ClassCount(
                    classes.get(label),
                    on(members, Split.TRAIN),
                    on(members, Split.VAL),
                    on(members, Split.TEST),
                    sides.length == 0 ? 0 : sides[sides.length / 2],
                    sides.length == 0 ? 0 : sides[0]));
        }
        return counts;
    }

    private static int on(List<CheckedPhoto> photos, Split split) {
        return (int) photos.stream().filter(s -> s.photo().split() == split).count();
    }

    private static List<List<String>> clusters(List<CheckedPhoto> photos, CopyFinder copies) {
        Clusters together = copies.near().copy();
        Map<String, Integer> first = new HashMap<>();
        for (int i = 0; i < photos.size(); i++) {
            String group = photos.get(i).photo().group();
            Integer before = group == null ? null : first.putIfAbsent(group, i);
            if (before != null) {
                together.join(before, i);
            }
        }
        return together.several().stream()
                .map(c -> c.stream().map(i -> photos.get(i).path()).toList())
                .toList();
    }
}
