package io.meristem.study;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.meristem.Escape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Tables as text, what is special in each format escaped. */
public final class TableText {

    private static final CsvMapper CSV = new CsvMapper();

    /** What LaTeX reads as something else, or cannot read at all with its first fonts. */
    private static final Map<Integer, String> LATEX = Map.ofEntries(
            Map.entry((int) '\\', "\\textbackslash{}"),
            Map.entry((int) '{', "\\{"),
            Map.entry((int) '}', "\\}"),
            Map.entry((int) '$', "\\$"),
            Map.entry((int) '&', "\\&"),
            Map.entry((int) '#', "\\#"),
            Map.entry((int) '%', "\\%"),
            Map.entry((int) '_', "\\_"),
            Map.entry((int) '^', "\\textasciicircum{}"),
            Map.entry((int) '~', "\\textasciitilde{}"),
            Map.entry((int) '<', "\\textless{}"),
            Map.entry((int) '>', "\\textgreater{}"),
            Map.entry((int) '|', "\\textbar{}"),
            Map.entry((int) '±', "$\\pm$"),
            Map.entry((int) '×', "$\\times$"),
            Map.entry((int) '–', "--"));

    /** Numbers, alone or as intervals and spreads. */
    private static final Pattern FIGURES = Pattern.compile("[-+0-9.eE%±()\\[\\],; ]*( to [-+0-9.eE%()\\[\\] ]*)?");

    private TableText() {}

    /** With title, caption, notes and published numbers. */
    public static String markdown(ResultTable table) {
        StringBuilder out = new StringBuilder("## ").append(mark(table.title())).append("\n\n");
        if (!table.caption().isEmpty()) {
            out.append(mark(table.caption())).append("\n\n");
        }
        grid(out, table.columns(), table.rows());
        if (!table.notes().isEmpty()) {
            out.append('\n');
            table.notes().forEach(note -> out.append("- ").append(mark(note)).append('\n'));
        }
        if (table.published() != null) {
            out.append('\n').append(mark(table.published().caption())).append("\n\n");
            grid(out, table.published().columns(), table.published().rows());
        }
        return out.toString();
    }

    private static void grid(StringBuilder out, List<String> columns, List<List<String>> rows) {
        line(out, columns.stream().map(TableText::mark).toList());
        line(out, columns.stream().map(c -> "---").toList());
        rows.forEach(row -> line(out, row.stream().map(TableText::mark).toList()));
    }

    private static void line(StringBuilder out, List<String> cells) {
        out.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }

    private static String mark(String text) {
        return text == null ? "" : Escape.markdown(text);
    }

    /** The columns' names and the rows; cells that are not known are empty. */
    public static String csv(ResultTable table) {
        CsvSchema schema = CsvSchema.emptySchema().withLineSeparator("\n");
        List<List<String>> all = new ArrayList<>();
        all.add(cells(table.columns()));
        table.rows().forEach(row -> all.add(cells(row)));
        try {
            return CSV.writer(schema).writeValueAsString(all);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Figures stay as they are, also those below zero; a spreadsheet takes other texts for formulas. */
    private static List<String> cells(List<String> row) {
        List<String> cells = new ArrayList<>();
        row.forEach(text -> cells.add(text == null || FIGURES.matcher(text).matches() ? text : Escape.cell(text)));
        return cells;
    }

    /** A {@code table} environment that needs no package, and another for the published numbers. */
    public static String latex(ResultTable table) {
        String caption = table.title() + "." + (table.caption().isEmpty() ? "" : " " + table.caption());
        String text = environment(caption, "tab:" + table.id(), table.columns(), table.rows(), table.notes());
        Published published = table.published();
        return published == null
                ? text
                : text
                        + "\n"
                        + environment(
                                published.caption(),
                                "tab:" + table.id() + "-published",
                                published.columns(),
                                published.rows(),
                                List.of());
    }

    private static String environment(
            String caption, String label, List<String> columns, List<List<String>> rows, List<String> notes) {
        StringBuilder out = new StringBuilder("\\begin{table}\n\\centering\n");
        out.append("\\caption{").append(tex(caption)).append("}\n");
        out.append("\\label{").append(label).append("}\n");
        out.append("\\begin{tabular}{").append("l".repeat(columns.size())).append("}\n\\hline\n");
        row(out, columns);
        out.append("\\hline\n");
        rows.forEach(row -> row(out, row));
        out.append("\\hline\n\\end{tabular}\n");
        notes.forEach(
                note -> out.append("\n\\par\\footnotesize ").append(tex(note)).append('\n'));
        return out.append("\\end{table}\n").toString();
    }

    private static void row(StringBuilder out, List<String> cells) {
        out.append(cells.stream().map(TableText::tex).collect(Collectors.joining(" & ")))
                .append(" \\\\\n");
    }

    private static String tex(String text) {
        return text == null
                ? ""
                : Escape.line(text.replaceAll("\\s+", " "))
                        .codePoints()
                        .mapToObj(c -> LATEX.getOrDefault(c, Character.toString(c)))
                        .collect(Collectors.joining());
    }
}
