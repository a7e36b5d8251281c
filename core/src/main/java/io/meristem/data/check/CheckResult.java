package io.meristem.data.check;

import java.nio.file.Path;
import java.util.List;

/**
 * What was found out about a photo folder.
 *
 * @param folder absolute path
 * @param photos how many can be read
 * @param divided whether the folder has validation or test photos of its own
 * @param groups the table of groups that was used, or null
 * @param grouped how many photos it gives a group
 * @param classes counts and sizes, class by class
 * @param findings the gravest first
 * @param probes how well classes can be told by what should not tell; empty when that was not asked, or there are too few photos
 * @param clusters photos that must stay on one side, by groups and copies: paths, two at least each
 * @param seconds that it took
 */
public record CheckResult(
        Path folder,
        int photos,
        boolean divided,
        Path groups,
        int grouped,
        List<ClassCount> classes,
        List<Finding> findings,
        List<Probe> probes,
        List<List<String>> clusters,
        double seconds) {

    public CheckResult {
        classes = List.copyOf(classes);
        findings = List.copyOf(findings);
        probes = List.copyOf(probes);
        clusters = List.copyOf(clusters);
    }

    /** How many findings there are of this severity. */
    public long count(Severity severity) {
        return findings.stream().filter(f -> f.severity() == severity).count();
    }

    /** Whether any finding is a warning or worse. */
    public boolean warns() {
        return findings.stream().anyMatch(Finding::counts);
    }
}
