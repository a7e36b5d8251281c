package io.meristem.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Changes JSON so that it stays JSON: what reads as it should, and says what cannot be. */
public final class JsonMutations {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private JsonMutations() {}

    /** With one value somewhere in it replaced, taken out or doubled. */
    public static JsonNode change(JsonNode sound, Random random) {
        JsonNode copy = sound.deepCopy();
        List<JsonNode> holders = new ArrayList<>();
        collect(copy, holders);
        if (holders.isEmpty()) {
            return value(copy, random);
        }
        JsonNode holder = holders.get(random.nextInt(holders.size()));
        if (holder instanceof ObjectNode object) {
            List<String> names = new ArrayList<>();
            object.fieldNames().forEachRemaining(names::add);
            String name = names.get(random.nextInt(names.size()));
            switch (random.nextInt(8)) {
                case 0 -> object.remove(name);
                case 1 -> object.set("other", object.get(name));
                default -> object.set(name, value(object.get(name), random));
            }
        } else if (holder instanceof ArrayNode array) {
            int at = random.nextInt(array.size());
            switch (random.nextInt(4)) {
                case 0 -> array.remove(at);
                case 1 -> array.insert(at, array.get(at));
                default -> array.set(at, value(array.get(at), random));
            }
        }
        return copy;
    }

    private static void collect(JsonNode node, List<JsonNode> holders) {
        if (node.isContainerNode() && !node.isEmpty()) {
            holders.add(node);
            node.forEach(child -> collect(child, holders));
        }
    }

    private static JsonNode value(JsonNode before, Random random) {
        return switch (random.nextInt(16)) {
            case 0 -> JSON.nullNode();
            case 1 -> JSON.arrayNode();
            case 2 -> JSON.objectNode();
            case 3 -> JSON.booleanNode(random.nextBoolean());
            case 4 -> JSON.textNode("");
            case 5 -> JSON.textNode("../../x\u0000\u001b[31m<script>");
            case 6 -> JSON.textNode("x".repeat(100_000));
            case 7 -> JSON.numberNode(0);
            case 8 -> JSON.numberNode(-1);
            case 9 -> JSON.numberNode(Integer.MAX_VALUE);
            case 10 -> JSON.numberNode(Long.MIN_VALUE);
            case 11 -> JSON.numberNode(1e300);
            case 12 -> JSON.numberNode(0.5);
            case 13 -> before.isNumber() ? JSON.numberNode(before.asLong() + 1) : JSON.textNode("NaN");
            case 14 -> JSON.arrayNode().add(before);
            default -> before.isNumber() ? JSON.numberNode(-before.asDouble()) : JSON.textNode(before.asText() + "_");
        };
    }
}
