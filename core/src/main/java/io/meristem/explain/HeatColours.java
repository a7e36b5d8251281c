package io.meristem.explain;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The colour scale of heatmaps: matplotlib's inferno (CC0), which runs evenly from black over violet and orange to pale yellow, also in grey and for colour-blind eyes. */
final class HeatColours {

    private static final String TABLE = "inferno.txt";

    private final int[] colours;

    private HeatColours(int[] colours) {
        this.colours = colours;
    }

    static HeatColours load() {
        try (InputStream in = HeatColours.class.getResourceAsStream(TABLE)) {
            List<String> lines = new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .toList();
            return new HeatColours(
                    lines.stream().mapToInt(line -> Integer.parseInt(line, 16)).toArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** 0xRRGGBB for {@code share} in [0, 1]. */
    int of(float share) {
        return colours[Math.round(Math.max(0, Math.min(1, share)) * (colours.length - 1))];
    }
}
