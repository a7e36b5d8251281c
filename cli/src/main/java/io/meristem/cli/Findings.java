package io.meristem.cli;

import io.meristem.Escape;
import io.meristem.data.check.CheckResult;
import io.meristem.data.check.ClassCount;
import io.meristem.data.check.Finding;
import io.meristem.data.check.Probe;
import io.meristem.data.check.Severity;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** What a check of photos found, for people. */
final class Findings {

    private static final int WIDTH = 110;

    private static final String INDENT = "         ";

    private Findings() {}

    static void print(CheckResult result, PrintWriter out) {
        out.println(String.format(
                Locale.ROOT,
                "%s: %s, %s, looked at in %.1f s",
                Escape.line(result.folder().toString()),
                count(result.photos(), "photo"),
                result.classes().size() == 1 ? "1 class" : result.classes().size() + " classes",
                result.seconds()));
        if (result.groups() != null) {
            out.println("Groups from " + Escape.line(result.groups().toString()) + ": " + result.grouped()
                    + " photos have one");
        }
        out.println();
        counts(result).print(out);
        out.println();
        for (int i = 0; i < result.findings().size(); i++) {
            Finding finding = result.findings().get(i);
            boolean again = i + 1 < result.findings().size()
                    && result.findings().get(i + 1).mend().equals(finding.mend());
            wrapped(String.format(Locale.ROOT, "%-8s", finding.severity()), finding.sentence(), out);
            if (!again) {
                wrapped("", "-> " + OptionNames.PLAIN.text(finding.mend()), out);
            }
        }
        if (result.findings().isEmpty()) {
            out.println("Nothing was found that is worth mentioning.");
        }
        if (!result.probes().isEmpty()) {
            out.println();
            out.println("What a small model names rightly that sees nothing else ("
                    + probed(result.probes().get(0)) + "):");
            probes(result.probes()).print(out);
        }
        out.println();
        out.println(summary(result));
    }

    /** Such as "2 severe, 1 warning, 0 notes". */
    static String summary(CheckResult result) {
        return String.format(
                Locale.ROOT,
                "%d severe, %s, %s",
                result.count(Severity.SEVERE),
                count(result.count(Severity.WARNING), "warning"),
                count(result.count(Severity.NOTE), "note"));
    }

    /** Two lines for those who want to go on: how many findings, the gravest of them, and how to see all. None where nothing counts. */
    static List<String> brief(CheckResult result) {
        if (!result.warns()) {
            return List.of();
        }
        return List.of(
                "Photos: " + summary(result) + ". "
                        + Escape.line(result.findings().get(0).sentence()),
                "All findings and what to do: meristem data check '"
                        + Escape.line(result.folder().toString()) + "'");
    }

    private static String count(long n, String noun) {
        return n + " " + noun + (n == 1 ? "" : "s");
    }

    private static Table counts(CheckResult result) {
        Table table = result.divided()
                ? new Table("class", "train", "val", "test", "all", "median short side", "least")
                : new Table("class", "all", "median short side", "least");
        for (ClassCount c : result.classes()) {
            String median = String.valueOf(c.medianShortSide());
            String least = String.valueOf(c.leastShortSide());
            if (result.divided()) {
                table.row(
                        Escape.line(c.name()),
                        String.valueOf(c.train()),
                        String.valueOf(c.val()),
                        String.valueOf(c.test()),
                        String.valueOf(c.total()),
                        median,
                        least);
            } else {
                table.row(Escape.line(c.name()), String.valueOf(c.total()), median, least);
            }
        }
        return table;
    }

    private static String probed(Probe probe) {
        return probe.photos() + " photos, " + probe.folds() + " folds";
    }

    private static Table probes(List<Probe> probes) {
        Table table = new Table("it sees", "accuracy", "largest class", "best class", "found", "named rightly");
        for (Probe probe : probes) {
            Probe.ClassScore best = probe.classes().stream()
                    .max(Comparator.comparingDouble(Probe.ClassScore::f1))
                    .orElseThrow();
            table.row(
                    probe.kind().label(),
                    percent(probe.accuracy()),
                    percent(probe.majority()),
                    Escape.line(best.name()),
                    percent(best.recall()),
                    percent(best.precision()));
        }
        return table;
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    /** Lines of a readable length; the lines after the first are indented, the first is headed. */
    private static void wrapped(String head, String text, PrintWriter out) {
        StringBuilder line = new StringBuilder(head + INDENT.substring(head.length()));
        for (String word : Escape.line(text).split(" ")) {
            if (line.length() + word.length() > WIDTH && line.length() > INDENT.length()) {
                out.println(line.toString().stripTrailing());
                line = new StringBuilder(INDENT);
            }
            line.append(word).append(' ');
        }
        out.println(line.toString().stripTrailing());
    }
}
