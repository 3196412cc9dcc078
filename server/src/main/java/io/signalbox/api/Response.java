package io.signalbox.api;

import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;

/**
 * What a handler answers.
 *
 * @param contentType empty text for none
 * @param headers     beside those of every answer
 */
record Response(int status, String contentType, Buffer body, Map<String, String> headers) {
    private static final String JSON = "application/json";

    static Response json(Consumer<JsonGenerator> writer) {
        return new Response(200, JSON, Json.write(writer), Map.of());
    }

    /** A JSON array. */
    static <T> Response list(List<T> items, BiConsumer<JsonGenerator, T> writer) {
        return json(json -> {
            json.writeStartArray();
            items.forEach(item -> writer.accept(json, item));
            json.writeEndArray();
        });
    }

    /** Success without a body. */
    static Response empty() {
        return new Response(200, "", Buffer.buffer(), Map.of());
    }

    static Response empty(int status) {
        return new Response(status, "", Buffer.buffer(), Map.of());
    }

    static Response text(int status, String text) {
        return new Response(status, "text/plain;charset=UTF-8", Buffer.buffer(text), Map.of());
    }

    static Response text(String contentType, String text) {
        return new Response(200, contentType, Buffer.buffer(text), Map.of());
    }

    static Response seeOther(String location) {
        return new Response(303, "", Buffer.buffer(), Map.of("Location", location));
    }
}
