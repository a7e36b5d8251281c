package io.meristem.cli;

import io.meristem.Escape;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A plain text table: the first column to the left, all others to the right. Names in it cannot steer the terminal. */
final class Table {

    /** Blanks between two columns. */
    static final int GAP = 2;

    private final List<List<String>> rows = new ArrayList<>();

    Table(String... header) {
        row(header);
    }

    final void row(String... cells) {
        rows.add(Arrays.stream(cells).map(Escape::line).toList());
    }

    /** Characters of its widest line. */
    int width() {
        return Arrays.stream(widths()).sum() + GAP * (rows.get(0).size() - 1);
    }

    private int[] widths() {
        int[] widths = new int[rows.get(0).size()];
        for (List<String> row : rows) {
            for (int c = 0; c < widths.length; c++) {
                widths[c] = Math.max(widths[c], row.get(c).length());
            }
        }
        return widths;
    }

    void print(PrintWriter out) {
        print(out, List.of());
    }

    /** @param last a last column, to the left, the header's first; it may be shorter than the table */
    void print(PrintWriter out, List<String> last) {
        int[] widths = widths();
        for (int r = 0; r < rows.size(); r++) {
            List<String> row = rows.get(r);
            StringBuilder line = new StringBuilder();
            for (int c = 0; c < widths.length; c++) {
                String pad = " ".repeat(widths[c] - row.get(c).length());
                line.append(c == 0 ? row.get(c) + pad : " ".repeat(GAP) + pad + row.get(c));
            }
            if (r < last.size()) {
                line.append(" ".repeat(GAP)).append(Escape.line(last.get(r)));
            }
            out.println(line.toString().stripTrailing());
        }
    }
}
