package io.meristem.data.folder;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import java.nio.file.Path;

/**
 * How a photo folder is divided.
 *
 * @param valFraction share of each class for validation, where the folder brings no validation side
 * @param testFraction share of each class for testing, where the folder brings no test side
 * @param seed decides which photos go where; the same seed and files give the same split on every machine
 * @param groupCsv table that names the group of photos, or null
 * @param groupColumn its column of group names ({@code group} when null)
 * @param pathColumn its column of paths, relative to the data folder or to the table ({@code path} when null)
 * @param limitPerClass at most so many photos of each class on each side, a seeded choice; 0 takes all
 * @param strict whether an image that cannot be used is an error rather than skipped and named
 */
public record SplitOptions(
        double valFraction,
        double testFraction,
        long seed,
        Path groupCsv,
        String groupColumn,
        String pathColumn,
        int limitPerClass,
        boolean strict) {

    public SplitOptions {
        if (!(valFraction >= 0 && testFraction >= 0 && valFraction + testFraction < 1)) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "The %s (%s) and the %s (%s) must not be negative and must leave something to train on: keep their sum below 1.",
                    Setting.VAL,
                    valFraction,
                    Setting.TEST,
                    testFraction);
        }
        if (limitPerClass < 0) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "The %s is %s; give a positive number, or 0 for all.",
                    Setting.LIMIT_PER_CLASS,
                    limitPerClass);
        }
        if (groupCsv == null && (groupColumn != null || pathColumn != null)) {
            throw new InputException(
                    ErrorCode.MISSING_SETTING,
                    "A group or path column was named without the CSV file it belongs to: give %s too.",
                    Setting.GROUPS.the());
        }
        groupColumn = groupColumn == null ? "group" : groupColumn;
        pathColumn = pathColumn == null ? "path" : pathColumn;
        if (groupCsv == null) {
            groupColumn = null;
            pathColumn = null;
        }
    }

    public static SplitOptions defaults() {
        return new SplitOptions(0.15, 0.15, 0, null, null, null, 0, false);
    }

    public SplitOptions withFractions(double val, double test) {
        return new SplitOptions(val, test, seed, groupCsv, groupColumn, pathColumn, limitPerClass, strict);
    }

    public SplitOptions withSeed(long newSeed) {
        return new SplitOptions(
                valFraction, testFraction, newSeed, groupCsv, groupColumn, pathColumn, limitPerClass, strict);
    }

    public SplitOptions withGroups(Path csv, String group, String path) {
        return new SplitOptions(valFraction, testFraction, seed, csv, group, path, limitPerClass, strict);
    }

    /**
     * With the groups of a {@value GroupCsv#MANIFEST} in the photo folder, or else beside it, when that has columns {@code path} and {@code group} and knows
     * photos of the folder; otherwise, and when groups are given already, as it is. Then {@link ImageFolder#cautions} say that the table is not used.
     *
     * @throws InputException when a manifest in the folder seems to be a table of groups and cannot be used as such
     */
    public SplitOptions withGroupsFound(Path folder) {
        return groupCsv != null
                ? this
                : GroupCsv.find(folder)
                        .filter(GroupCsv.Manifest::fits)
                        .map(manifest -> withGroups(manifest.csv(), null, null))
                        .orElse(this);
    }

    public SplitOptions withLimitPerClass(int limit) {
        return new SplitOptions(valFraction, testFraction, seed, groupCsv, groupColumn, pathColumn, limit, strict);
    }

    public SplitOptions withStrict(boolean on) {
        return new SplitOptions(valFraction, testFraction, seed, groupCsv, groupColumn, pathColumn, limitPerClass, on);
    }
}
