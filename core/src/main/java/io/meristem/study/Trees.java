package io.meristem.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Settings as JSON trees, so that a new field of a record needs no line here. */
final class Trees {

    private Trees() {}

    /**
     * A copy of {@code base} with the fields of {@code over} laid on it, objects field by field; null says nothing. An object of another name is another
     * thing, and takes the old one's place.
     */
    static ObjectNode merge(ObjectNode base, ObjectNode over) {
        ObjectNode merged = base.deepCopy();
        if (over == null) {
            return merged;
        }
        over.properties().forEach(field -> {
            JsonNode value = field.getValue();
            if (value instanceof ObjectNode inner
                    && merged.get(field.getKey()) instanceof ObjectNode below
                    && (!inner.has("name") || inner.get("name").equals(below.get("name")))) {
                merged.set(field.getKey(), merge(below, inner));
            } else if (!value.isNull()) {
                merged.set(field.getKey(), value);
            }
        });
        return merged;
    }
}
