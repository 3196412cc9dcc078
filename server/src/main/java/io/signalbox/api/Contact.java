package io.signalbox.api;

import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;

/** The address members of tenants and customers: on the wire beside the others, in the store one JSON object. */
final class Contact {
    static final List<String> NAMES =
            List.of("country", "state", "city", "address", "address2", "zip", "phone", "email");

    private Contact() {}

    /** What is stored of a request. */
    static String read(Body body) {
        return Json.text(json -> {
            json.writeStartObject();
            for (String name : NAMES) {
                body.text(name).ifPresent(value -> json.writeStringProperty(name, value));
            }
            json.writeEndObject();
        });
    }

    /** Writes the stored members into the object that {@code json} is in; the others as {@code null}. */
    static void write(JsonGenerator json, String stored) {
        Map<String, Node> known =
                Json.read(stored) instanceof Node.Members(Map<String, Node> members) ? members : Map.of();
        for (String name : NAMES) {
            json.writeName(name);
            known.getOrDefault(name, new Node.Null()).write(json);
        }
    }
}
