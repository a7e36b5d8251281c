package io.meristem.data.check;

import io.meristem.Action;
import io.meristem.Message;
import io.meristem.Setting;
import io.meristem.data.check.Finding.Example;
import io.meristem.data.check.Finding.Kind;
import io.meristem.data.folder.Split;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** What counting shows: files that cannot be read, tiny pictures, classes that are small, absent or outnumbered. */
final class ClassFindings {

    /** Largest class over smallest. */
    private static final double UNEQUAL = 3;

    private static final double VERY_UNEQUAL = 10;

    /** With fewer photos to judge by, the share of a class that is found is hardly known. */
    private static final int FEW_JUDGED = 10;

    private static final double MANY_TINY = 0.01;

    private ClassFindings() {}

    static List<Finding> of(Reading reading, List<ClassCount> counts, boolean divided, Limits limits) {
        List<Finding> findings = new ArrayList<>();
        unreadable(reading.unreadable(), findings);
        tiny(reading.photos(), limits.minSide(), findings);
        single(counts, findings);
        small(counts, limits.minPhotos(), findings);
        if (divided) {
            judged(counts, findings);
        }
        imbalance(counts, findings);
        return findings;
    }

    private static void unreadable(List<Reading.UnreadableFile> files, List<Finding> findings) {
        if (files.isEmpty()) {
            return;
        }
        List<String> named =
                files.stream().map(u -> u.path() + " (" + u.reason() + ")").toList();
        findings.add(new Finding(
                Kind.UNREADABLE,
                Severity.WARNING,
                Text.count(files.size(), "file") + " cannot be used: " + Text.first(named) + ".",
                "Mend or convert them to JPEG or PNG, or remove them; training leaves them out.",
                files.stream()
                        .map(u -> new Example(u.reason(), List.of(u.path())))
                        .toList()));
    }

    private static void tiny(List<CheckedPhoto> photos, int minSide, List<Finding> findings) {
        List<CheckedPhoto> tiny = photos.stream()
                .filter(s -> s.shortSide() < minSide)
                .sorted(Comparator.comparingInt(CheckedPhoto::shortSide).thenComparing(CheckedPhoto::path))
                .toList();
        if (tiny.isEmpty()) {
            return;
        }
        findings.add(new Finding(
                Kind.TINY,
                tiny.size() >= MANY_TINY * photos.size() ? Severity.WARNING : Severity.NOTE,
                tiny.size() + " of " + photos.size() + " photos (" + Text.percent(tiny.size(), photos.size())
                        + ") have a short side below " + minSide + " pixels; the smallest, "
                        + tiny.get(0).path()
                        + ", has " + tiny.get(0).shortSide() + ".",
                "Look whether a person can still tell what is on them, and remove those where not.",
                tiny.stream()
                        .map(s -> new Example("short side " + s.shortSide() + " pixels", List.of(s.path())))
                        .toList()));
    }

    private static void single(List<ClassCount> counts, List<Finding> findings) {
        List<ClassCount> some = counts.stream().filter(c -> c.total() > 0).toList();
        if (some.size() == 1) {
            findings.add(new Finding(
                    Kind.SMALL_CLASS,
                    Severity.WARNING,
                    "All photos are of one class, " + some.get(0).name() + ".",
                    "Add photos of the other classes before training on these; a run that knows more classes can be judged by them as they are.",
                    List.of()));
        }
    }

    private static void small(List<ClassCount> counts, int minPhotos, List<Finding> findings) {
        List<ClassCount> small = counts.stream()
                .filter(c -> c.train() < minPhotos)
                .sorted(Comparator.comparingInt(ClassCount::train))
                .toList();
        if (!small.isEmpty()) {
            findings.add(new Finding(
                    Kind.SMALL_CLASS,
                    Severity.WARNING,
                    (small.size() == 1 ? "One class has" : small.size() + " classes have") + " fewer than " + minPhotos
                            + " photos to train on: "
                            + Text.first(small.stream()
                                    .map(c -> c.name() + " (" + c.train() + ")")
                                    .toList())
                            + ".",
                    "Add photos, or merge or drop these classes.",
                    List.of()));
        }
    }

    private static void judged(List<ClassCount> counts, List<Finding> findings) {
        for (Split split : List.of(Split.VAL, Split.TEST)) {
            if (counts.stream().allMatch(c -> c.on(split) == 0)) {
                continue; // no such side
            }
            List<String> absent = counts.stream()
                    .filter(c -> c.on(split) == 0)
                    .map(ClassCount::name)
                    .toList();
            if (!absent.isEmpty()) {
                findings.add(new Finding(
                        Kind.ABSENT_CLASS,
                        Severity.WARNING,
                        "The " + Text.name(split) + " side has no photo of " + Text.first(absent) + ".",
                        "Move some there from training, whole groups at a time.",
                        List.of()));
            }
            List<String> few = counts.stream()
                    .filter(c -> c.on(split) > 0 && c.on(split) < FEW_JUDGED)
                    .map(c -> c.name() + " (" + c.on(split) + ")")
                    .toList();
            if (!few.isEmpty()) {
                findings.add(new Finding(
                        Kind.SMALL_CLASS,
                        Severity.NOTE,
                        "The " + Text.name(split) + " side has fewer than " + FEW_JUDGED + " photos of "
                                + Text.first(few) + ", of which little can be said.",
                        "Move more there, or give the accuracy on these classes with its interval.",
                        List.of()));
            }
        }
    }

    private static void imbalance(List<ClassCount> counts, List<Finding> findings) {
        ClassCount most =
                counts.stream().max(Comparator.comparingInt(ClassCount::total)).orElseThrow();
        ClassCount least =
                counts.stream().min(Comparator.comparingInt(ClassCount::total)).orElseThrow();
        double ratio = (double) most.total() / Math.max(1, least.total());
        if (ratio < UNEQUAL) {
            return;
        }
        int all = IntStream.range(0, counts.size())
                .map(c -> counts.get(c).total())
                .sum();
        findings.add(new Finding(
                Kind.IMBALANCE,
                ratio >= VERY_UNEQUAL ? Severity.WARNING : Severity.NOTE,
                "Classes are unequal: " + most.name() + " has " + most.total() + " photos, " + least.name() + " "
                        + least.total() + ", a ratio of " + Math.round(10 * ratio) / 10.0 + "; always answering "
                        + most.name() + " would be right on " + Text.percent(most.total(), all) + ".",
                Message.of(
                        "Judge by macro F1 rather than accuracy, and try %s.",
                        Action.TRAIN.with(Setting.CLASS_WEIGHTS)),
                List.of()));
    }
}
