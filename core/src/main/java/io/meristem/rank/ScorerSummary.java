package io.meristem.rank;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a scorer saw in the layers of a network, in words. */
public record ScorerSummary(List<Layer> layers) {

    /** Of all gain, what counts as nearly all. */
    public static final double MOST = 0.9;

    private static final double HALF = 0.5;
    private static final double PERCENT = 100;

    public ScorerSummary {
        layers = List.copyOf(layers);
    }

    /**
     * One layer.
     *
     * @param importance in [0, 1]
     * @param gains of its directions, greatest first; empty where the scorer sees none
     */
    public record Layer(String name, double importance, List<Double> gains) {
        double gain() {
            return gains.stream().mapToDouble(Double::doubleValue).sum();
        }
    }

    private record Part(String layer, double size) {}

    static ScorerSummary of(List<Allocation.Row> rows) {
        return new ScorerSummary(rows.stream()
                .map(row -> new Layer(
                        row.layer().name(),
                        row.score().importance(),
                        row.score().gains()))
                .toList());
    }

    /** Whether directions were seen within the layers. */
    public boolean hasDirections() {
        return layers.stream().anyMatch(layer -> !layer.gains().isEmpty());
    }

    /** Of all gain, or importance, what a layer has; 0 where nothing has any. */
    public double share(Layer layer) {
        boolean directions = hasDirections();
        double all = layers.stream()
                .mapToDouble(one -> directions ? one.gain() : one.importance())
                .sum();
        return all > 0 ? (directions ? layer.gain() : layer.importance()) / all : 0;
    }

    /** Shares of all gain that the best direction holds, the best two, and so on; empty where nothing gains. */
    public List<Double> held() {
        List<Part> parts = directions();
        double all = parts.stream().mapToDouble(Part::size).sum();
        List<Double> held = new ArrayList<>();
        double sum = 0;
        for (Part part : parts) {
            if (part.size() > 0) {
                sum += part.size();
                held.add(Math.min(1, sum / all));
            }
        }
        return held;
    }

    /** All of them, greatest first; of equal ones those nearer the input. */
    private List<Part> directions() {
        List<Part> parts = new ArrayList<>();
        layers.forEach(layer -> layer.gains().forEach(gain -> parts.add(new Part(layer.name(), gain))));
        parts.sort(Comparator.comparingDouble(Part::size).reversed());
        return parts;
    }

    /** How concentrated it is, in a sentence. */
    public String sentence() {
        return hasDirections() ? ofDirections() : ofLayers();
    }

    private String ofDirections() {
        List<Part> parts = directions();
        if (parts.get(0).size() <= 0) {
            return "No direction gains anything on photos that it was not seen on.";
        }
        List<Part> taken = leading(parts, MOST);
        long of = taken.stream().map(Part::layer).distinct().count();
        String where = taken.size() == 1 ? "1 direction" : taken.size() + " directions of " + count(of, "layer");
        return String.format(
                Locale.ROOT,
                "%.0f %% of the gain lies in %s; the first is %s, with %.0f %%.",
                PERCENT * MOST,
                where,
                parts.get(0).layer(),
                PERCENT * held().get(0));
    }

    private String ofLayers() {
        List<Part> parts = layers.stream()
                .map(layer -> new Part(layer.name(), layer.importance()))
                .sorted(Comparator.comparingDouble(Part::size).reversed())
                .collect(Collectors.toList());
        if (parts.isEmpty() || parts.get(0).size() <= 0) {
            return "No layer is of any importance.";
        }
        if (parts.get(0).size() == parts.get(parts.size() - 1).size()) {
            return parts.size() == 1
                    ? "There is one layer, " + parts.get(0).layer() + "."
                    : "All " + parts.size() + " layers are of the same importance.";
        }
        return String.format(
                Locale.ROOT,
                "Half of all importance lies in %d of %s; the first is %s.",
                leading(parts, HALF).size(),
                count(parts.size(), "layer"),
                parts.get(0).layer());
    }

    /** The fewest that hold {@code share} of all; {@code parts} are greatest first. */
    private static List<Part> leading(List<Part> parts, double share) {
        double wanted = share * parts.stream().mapToDouble(Part::size).sum();
        double sum = 0;
        int taken = 0;
        while (taken < parts.size() && sum < wanted && parts.get(taken).size() > 0) {
            sum += parts.get(taken++).size();
        }
        return parts.subList(0, taken);
    }

    private static String count(long n, String noun) {
        return n + " " + noun + (n == 1 ? "" : "s");
    }
}
