package io.signalbox.api;

import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;

/** A JSON value as it was read. Numbers keep their text, so that what a client stored comes back as it was written. */
sealed interface Node {
    record Text(String value) implements Node {}

    record Numeral(String literal) implements Node {}

    record Flag(boolean value) implements Node {}

    record Null() implements Node {}

    record Items(List<Node> items) implements Node {}

    /** In the order of the text; of members with one name the last. */
    record Members(Map<String, Node> members) implements Node {}

    default void write(JsonGenerator json) {
        switch (this) {
            case Text(String value) -> json.writeString(value);
            case Numeral(String literal) -> json.writeNumber(literal);
            case Flag(boolean value) -> json.writeBoolean(value);
            case Null() -> json.writeNull();
            case Items(List<Node> items) -> {
                json.writeStartArray();
                items.forEach(item -> item.write(json));
                json.writeEndArray();
            }
            case Members(Map<String, Node> members) -> {
                json.writeStartObject();
                members.forEach((name, value) -> {
                    json.writeName(name);
                    value.write(json);
                });
                json.writeEndObject();
            }
        }
    }
}
