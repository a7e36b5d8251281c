package io.meristem.data.check;

import io.meristem.data.check.Finding.Example;
import io.meristem.data.check.Finding.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/** Classes whose photos have corners of one colour, such as a masked ground, where other classes' have not; and the other way about. */
final class GroundFindings {

    /** Of a photo's four corners, so many must have the colour. */
    private static final int CORNERS = 2;

    /** Levels by which a channel may differ from the colour. */
    private static final int TOLERANCE = 16;

    /** Shares of the photos that must lie this far apart. */
    private static final double APART = 0.4;

    private static final double MOST = 0.5;

    private static final double NEARLY_ALL = 0.8;

    private static final double HARDLY_ANY = 0.1;

    /** Of fewer photos nothing is said. */
    private static final int LEAST_PHOTOS = 20;

    private GroundFindings() {}

    static List<Finding> of(List<CheckedPhoto> photos, List<String> classes) {
        List<Finding> having = new ArrayList<>();
        List<Finding> lacking = new ArrayList<>();
        for (int label = 0; label < classes.size(); label++) {
            int wanted = label;
            Map<Boolean, List<CheckedPhoto>> sides = photos.stream()
                    .collect(Collectors.partitioningBy(s -> s.photo().label() == wanted));
            List<CheckedPhoto> in = Objects.requireNonNull(sides.get(true));
            List<CheckedPhoto> out = Objects.requireNonNull(sides.get(false));
            if (in.size() >= LEAST_PHOTOS && out.size() >= LEAST_PHOTOS) {
                compare(in, out, frequent(in), classes.get(label)).ifPresent(having::add);
                compare(in, out, frequent(out), classes.get(label)).ifPresent(lacking::add);
            }
        }
        // What one class has, others lack: said once.
        return having.isEmpty() ? lacking : having;
    }

    private static Optional<Finding> compare(List<CheckedPhoto> in, List<CheckedPhoto> out, int colour, String name) {
        List<CheckedPhoto> with = in.stream().filter(s -> has(s, colour)).toList();
        List<CheckedPhoto> others = out.stream().filter(s -> has(s, colour)).toList();
        double share = (double) with.size() / in.size();
        double elsewhere = (double) others.size() / out.size();
        if (Math.abs(share - elsewhere) < APART || Math.max(share, elsewhere) < MOST) {
            return Optional.empty();
        }
        boolean grave = Math.max(share, elsewhere) >= NEARLY_ALL && Math.min(share, elsewhere) <= HARDLY_ANY;
        String hex = String.format(Locale.ROOT, "#%06x", colour);
        List<CheckedPhoto> without = in.stream().filter(s -> !has(s, colour)).toList();
        return Optional.of(new Finding(
                Kind.SAME_BACKGROUND,
                grave ? Severity.SEVERE : Severity.WARNING,
                "Photos of " + name + " can be told by their background: " + with.size() + " of " + in.size() + " ("
                        + Text.percent(share) + ") have corners of one colour (" + hex + "), " + others.size()
                        + " of the other " + out.size() + " photos (" + Text.percent(elsewhere) + ") do.",
                "Take or find photos of all classes on the same ground, or crop or mask all of them alike; until then accuracy on this class says little.",
                List.of(
                                example(name + ", with " + hex, with),
                                example(name + ", without", without),
                                example("other classes, with " + hex, others))
                        .stream()
                        .filter(e -> !e.paths().isEmpty())
                        .toList()));
    }

    private static Example example(String caption, List<CheckedPhoto> photos) {
        return new Example(caption, photos.stream().map(CheckedPhoto::path).toList());
    }

    private static boolean has(CheckedPhoto photo, int colour) {
        int corners = 0;
        for (int corner : photo.look().corners()) {
            corners += near(corner, colour) ? 1 : 0;
        }
        return corners >= CORNERS;
    }

    private static boolean near(int a, int b) {
        for (int shift = 0; shift < 24; shift += 8) {
            if (Math.abs((a >> shift & 0xff) - (b >> shift & 0xff)) > TOLERANCE) {
                return false;
            }
        }
        return true;
    }

    /** The mean of the corners in the fullest of 8 x 8 x 8 boxes of colour. */
    private static int frequent(List<CheckedPhoto> photos) {
        Map<Integer, List<Integer>> boxes = new HashMap<>();
        for (CheckedPhoto photo : photos) {
            for (int corner : photo.look().corners()) {
                boxes.computeIfAbsent(corner & 0xe0e0e0, k -> new ArrayList<>()).add(corner);
            }
        }
        List<Integer> fullest = boxes.entrySet().stream()
                .max(Comparator.comparingInt((Map.Entry<Integer, List<Integer>> e) ->
                                e.getValue().size())
                        .thenComparing(Map.Entry::getKey))
                .orElseThrow()
                .getValue();
        int colour = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int channel = shift;
            double mean = fullest.stream()
                    .mapToInt(c -> c >> channel & 0xff)
                    .average()
                    .orElseThrow();
            colour |= (int) Math.round(mean) << shift;
        }
        return colour;
    }
}
