package io.meristem.study;

import java.util.List;

/**
 * A table of results, with the published numbers beside it where they are known. {@link TableText} writes it as Markdown, CSV and LaTeX.
 *
 * @param id names its files
 * @param notes sentences below it
 * @param published or null
 */
public record ResultTable(
        String id,
        String title,
        String caption,
        List<String> columns,
        List<List<String>> rows,
        List<String> notes,
        Published published) {

    public ResultTable {
        columns = List.copyOf(columns);
        rows = rows.stream().map(List::copyOf).toList();
        notes = List.copyOf(notes);
        refuseRaggedRows(columns, rows);
    }

    static void refuseRaggedRows(List<String> columns, List<List<String>> rows) {
        for (List<String> row : rows) {
            if (row.size() != columns.size()) {
                throw new IllegalArgumentException(
                        "a row has " + row.size() + " cells for " + columns.size() + " columns: " + row);
            }
        }
    }

    /** The answer to a question, with its words and its published numbers. */
    static ResultTable of(Question question, List<String> columns, List<List<String>> rows, List<String> notes) {
        return new ResultTable(
                question.id(),
                question.title(),
                question.caption(),
                columns,
                rows,
                notes,
                Published.of(question.published()));
    }
}
