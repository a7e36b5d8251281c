package io.meristem.cli;

import io.meristem.Escape;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A plain text table: the first column to the left, all others to the right. Names in it cannot steer the terminal. */
final class Table {

    private final List<List<String>> rows = new ArrayList<>();

    Table(String... header) {
        row(header);
    }

    final void row(String... cells) {
        rows.add(Arrays.stream(cells).map(Escape::line).toList());
    }

    void print(PrintWriter out) {
        int[] widths = new int[rows.get(0).size()];
        for (List<String> row : rows) {
            for (int c = 0; c < widths.length; c++) {
                widths[c] = Math.max(widths[c], row.get(c).length());
            }
        }
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int c = 0; c < widths.length; c++) {
                String pad = " ".repeat(widths[c] - row.get(c).length());
                line.append(c == 0 ? row.get(c) + pad : "  " + pad + row.get(c));
            }
            out.println(line.toString().stripTrailing());
        }
    }
}
