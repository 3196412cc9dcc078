package io.signalbox.api;

import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;

/**
 * Members of an object that are kept for clients as they were given; nothing here looks at them.
 *
 * @param names which; others are not kept
 */
record Extras(List<String> names) {
    Extras {
        names = List.copyOf(names);
    }

    /** JSON text of an object with those that the body has. */
    String read(Body body) {
        return Json.text(json -> {
            json.writeStartObject();
            for (String name : names) {
                body.value(name).ifPresent(value -> {
                    json.writeName(name);
                    value.write(json);
                });
            }
            json.writeEndObject();
        });
    }

    /** Writes all, those that are absent as {@code null}. */
    void write(JsonGenerator json, String text) {
        write(json, text, names);
    }

    /** Writes these. */
    static void write(JsonGenerator json, String text, List<String> names) {
        Map<String, Node> members =
                Json.read(text) instanceof Node.Members(Map<String, Node> present) ? present : Map.of();
        for (String name : names) {
            json.writeName(name);
            members.getOrDefault(name, new Node.Null()).write(json);
        }
    }
}
