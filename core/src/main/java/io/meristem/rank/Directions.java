package io.meristem.rank;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.adapter.LayerSize;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Ranks from what each single rank of each layer is worth, all layers' ranks sorted together. */
final class Directions {

    private record Direction(int layer, int rank, double gain, double worth) {}

    private static final MathContext DIGITS = new MathContext(4);

    private Directions() {}

    /** @throws InputException for a power outside 0 to 1 */
    static void requirePower(double power) {
        if (!(power >= 0 && power <= 1)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE, "%s must lie in 0 to 1, not %s", Setting.COST_POWER.the(), power);
        }
    }

    /**
     * With a budget: the least ranks, then the worthiest directions in their order, until the next does not fit any more. Directions without any gain come last, lower
     * ranks first, so that a budget is spent whatever the gains. Without a budget: the shortest run of the worthiest directions that holds {@code share} of all gain.
     *
     * @param gains of each layer's directions, not negative, greatest first; what is beyond a layer's greatest rank does not count
     * @param power directions are sorted by gain over the numbers of one rank to this power
     * @return one rank per layer
     * @throws io.meristem.InputException when a gain is not a number
     */
    static int[] ranks(List<LayerSize> layers, List<double[]> gains, double power, RankOptions options, double share) {
        List<Direction> sorted = sorted(layers, gains, options.costAware() ? 1 : power, options);
        int[] ranks = new int[layers.size()];
        if (options.budgetMib() > 0) {
            for (int i = 0; i < ranks.length; i++) {
                ranks[i] = Math.min(options.min(), Allocator.most(layers.get(i), options));
            }
            long left = Allocator.left(layers, options, ranks);
            for (Direction direction : sorted) {
                if (direction.rank > options.min()) {
                    left -= layers.get(direction.layer).perRank();
                    if (left < 0) {
                        break;
                    }
                    ranks[direction.layer]++;
                }
            }
            return ranks;
        }
        double total = sorted.stream().mapToDouble(Direction::gain).sum();
        double held = 0;
        for (Direction direction : sorted) {
            if (held >= share * total || direction.gain == 0) {
                break;
            }
            held += direction.gain;
            ranks[direction.layer]++;
        }
        for (int i = 0; i < ranks.length; i++) {
            ranks[i] = Math.max(ranks[i], Math.min(options.min(), Allocator.most(layers.get(i), options)));
        }
        return ranks;
    }

    /** Those of a layer's gains that a rank can be given for, to four digits, for people to see. */
    static List<Double> usable(LayerSize layer, double[] gains, RankOptions options) {
        return Arrays.stream(gains)
                .limit(Allocator.most(layer, options))
                .mapToObj(gain -> Double.isFinite(gain)
                        ? BigDecimal.valueOf(gain).round(DIGITS).doubleValue()
                        : gain)
                .toList();
    }

    private static List<Direction> sorted(
            List<LayerSize> layers, List<double[]> gains, double power, RankOptions options) {
        List<Direction> all = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            double cost = Math.pow(layers.get(i).perRank(), power);
            for (int k = 0; k < Allocator.most(layers.get(i), options); k++) {
                double gain = k < gains.get(i).length ? gains.get(i)[k] : 0;
                if (!(gain >= 0) || Double.isInfinite(gain)) {
                    throw Allocator.overflown("gain", layers.get(i), gain);
                }
                all.add(new Direction(i, k + 1, gain, gain / cost));
            }
        }
        all.sort(Comparator.comparingDouble(Direction::worth).reversed().thenComparingInt(Direction::rank));
        return all;
    }
}
