package io.meristem.study;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.meristem.artifact.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * Numbers that the published study prints, as far as they are known to us: {@code published.json} beside this class. A cell that is not known is null.
 *
 * @param caption what they are
 */
public record Published(String caption, List<String> columns, List<List<String>> rows) {

    private static final JsonNode ALL = Presets.resource("published.json");

    public Published {
        ResultTable.refuseRaggedRows(columns, rows);
    }

    static List<String> names() {
        List<String> names = new ArrayList<>();
        ALL.fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** Null when nothing is known. */
    static Published of(String name) {
        try {
            return name == null || !ALL.has(name) ? null : Json.value(ALL.get(name), Published.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
