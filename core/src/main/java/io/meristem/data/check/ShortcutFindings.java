package io.meristem.data.check;

import io.meristem.data.check.Finding.Example;
import io.meristem.data.check.Finding.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/**
 * What of the probes' answers is more than innocent. Border: a class that is found, with recall and precision of {@value #BORDER} and more; grave where
 * both are {@value #GRAVE} and the border tells it at least as well as the middle. Colour: from {@value #COLOUR} on worth a note only, since the plant
 * is in the mean too, and a warning from {@value #COLOUR_ALONE}. Size and shape have no innocent part: {@value #SIZE}.
 */
final class ShortcutFindings {

    static final double BORDER = 0.8;

    static final double GRAVE = 0.9;

    static final double COLOUR = 0.85;

    static final double COLOUR_ALONE = 0.95;

    static final double SIZE = 0.6;

    /** By so much, and by so many standard errors, must an accuracy exceed the majority's share to be a finding without any class that is. */
    private static final double ABOVE_MAJORITY = 0.15;

    private static final double ERRORS = 4;

    /** By so much must the border's accuracy exceed the middle's. */
    private static final double ABOVE_CENTRE = 0.03;

    private final List<CheckedPhoto> photos;
    private final List<String> classes;
    private final List<Probe> probes;

    private ShortcutFindings(List<CheckedPhoto> photos, List<String> classes, List<Probe> probes) {
        this.photos = photos;
        this.classes = classes;
        this.probes = probes;
    }

    static List<Finding> of(List<CheckedPhoto> photos, List<String> classes, List<Probe> probes) {
        if (probes.isEmpty()) {
            return List.of();
        }
        ShortcutFindings search = new ShortcutFindings(photos, classes, probes);
        List<Finding> findings = new ArrayList<>();
        search.border(findings);
        search.colour(findings);
        search.size(findings);
        return findings;
    }

    private Probe probe(Probe.Kind kind) {
        return probes.stream().filter(p -> p.kind() == kind).findFirst().orElseThrow();
    }

    private void border(List<Finding> findings) {
        Probe border = probe(Probe.Kind.BORDER);
        Probe centre = probe(Probe.Kind.CENTRE);
        String mend =
                "Look at the borders of these photos: ground, frame, mask, light. Use photos of all classes from the same places, or crop to the plant; "
                        + "and test on photos taken elsewhere.";
        List<Probe.ClassScore> found = found(border, BORDER);
        for (Probe.ClassScore score : found) {
            Probe.ClassScore middle = centre.classes().get(border.classes().indexOf(score));
            boolean grave = score.found(GRAVE) && score.f1() >= middle.f1();
            findings.add(new Finding(
                    Kind.SHORTCUT_BORDER,
                    grave ? Severity.SEVERE : Severity.WARNING,
                    score.name() + " is told from border pixels alone: " + rates(score) + "; from the middle alone "
                            + Text.percent(middle.recall()) + " and " + Text.percent(middle.precision()) + ".",
                    mend,
                    examples(score.name())));
        }
        if (found.isEmpty() && farAboveMajority(border) && border.accuracy() > centre.accuracy() + ABOVE_CENTRE) {
            findings.add(new Finding(
                    Kind.SHORTCUT_BORDER,
                    Severity.WARNING,
                    "The border tells the classes better than the middle of the photos: "
                            + Text.percent(border.accuracy())
                            + " are named rightly from border pixels alone, " + Text.percent(centre.accuracy())
                            + " from the middle, " + Text.percent(border.majority())
                            + " by always answering one class.",
                    mend,
                    List.of()));
        }
    }

    private void colour(List<Finding> findings) {
        for (Probe.ClassScore score : found(probe(Probe.Kind.COLOUR), COLOUR)) {
            findings.add(new Finding(
                    Kind.SHORTCUT_COLOUR,
                    score.found(COLOUR_ALONE) ? Severity.WARNING : Severity.NOTE,
                    score.name() + " is told from the mean colour of the photo alone: " + rates(score) + ".",
                    "If the plant itself has this colour, it is fine; if light, camera or ground has, try stronger colour augmentation and test on photos of another camera.",
                    examples(score.name())));
        }
    }

    private void size(List<Finding> findings) {
        Probe size = probe(Probe.Kind.SIZE);
        String mend =
                "Look where photos of this size come from; crop and resize all classes alike, since blur and stretching give the size away after resizing too.";
        List<Probe.ClassScore> found = found(size, SIZE);
        for (Probe.ClassScore score : found) {
            findings.add(new Finding(
                    Kind.SHORTCUT_SIZE,
                    score.found(GRAVE) ? Severity.SEVERE : Severity.WARNING,
                    score.name() + " is told from the size and shape of the photo alone: " + rates(score) + ".",
                    mend,
                    examples(score.name())));
        }
        if (found.isEmpty() && farAboveMajority(size)) {
            findings.add(new Finding(
                    Kind.SHORTCUT_SIZE,
                    Severity.WARNING,
                    "Size and shape of the photos tell classes apart: " + Text.percent(size.accuracy())
                            + " are named rightly from them alone, " + Text.percent(size.majority())
                            + " by always answering one class.",
                    mend,
                    List.of()));
        }
    }

    private static boolean farAboveMajority(Probe probe) {
        double error = Math.sqrt(probe.majority() * (1 - probe.majority()) / probe.photos());
        return probe.accuracy() > probe.majority() + Math.max(ABOVE_MAJORITY, ERRORS * error);
    }

    /** The classes found so well; of two classes that are told from each other only the one found better, as the other is its reverse. */
    private static List<Probe.ClassScore> found(Probe probe, double least) {
        Predicate<Probe.ClassScore> well = c -> c.found(least);
        return probe.classes().stream()
                .filter(well)
                .sorted(Comparator.comparingDouble(c -> -c.f1()))
                .limit(probe.classes().size() == 2 ? 1 : Long.MAX_VALUE)
                .toList();
    }

    private static String rates(Probe.ClassScore score) {
        return Text.percent(score.recall()) + " of its " + score.photos() + " photos are found, and "
                + Text.percent(score.precision()) + " of those named so are";
    }

    private List<Example> examples(String name) {
        int label = classes.indexOf(name);
        return List.of(
                example(name, s -> s.photo().label() == label),
                example("other classes", s -> s.photo().label() != label));
    }

    /** Spread over the photos, not the first ones. */
    private Example example(String caption, Predicate<CheckedPhoto> which) {
        List<String> paths =
                photos.stream().filter(which).map(CheckedPhoto::path).toList();
        List<String> some = new ArrayList<>();
        for (int i = 0; i < Math.min(Finding.MOST_PHOTOS, paths.size()); i++) {
            some.add(paths.get((int) ((long) i * paths.size() / Finding.MOST_PHOTOS)));
        }
        return new Example(caption, some);
    }
}
