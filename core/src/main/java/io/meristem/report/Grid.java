package io.meristem.report;

import java.util.ArrayList;
import java.util.List;

/**
 * A table of the page.
 *
 * @param id names it within the page, for links and tests
 * @param rows the first field of each is its heading
 */
record Grid(String id, String caption, List<String> columns, List<List<TableCell>> rows) {

    static Grid of(String id, String caption, String... columns) {
        return new Grid(id, caption, List.of(columns), new ArrayList<>());
    }

    Grid row(TableCell... cells) {
        rows.add(List.of(cells));
        return this;
    }

    /** A row of a name and a value. */
    Grid fact(String name, String value) {
        return row(TableCell.text(name), TableCell.text(value));
    }

    /** Whether the fields of a column are numbers. */
    boolean numeric(int column) {
        return !rows.isEmpty()
                && rows.stream()
                        .allMatch(row -> row.size() > column && row.get(column).number());
    }
}
