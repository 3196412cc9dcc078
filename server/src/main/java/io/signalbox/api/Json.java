package io.signalbox.api;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads and writes the JSON of the REST API, strictly and within limits. Any thread; never blocks.
 *
 * <p>On Jackson's streams alone: building an object mapper costs a quarter of a second of a cold start, and nothing is ever
 * bound by reflection that a caller may not set.
 */
public final class Json {
    static final int DEPTH_MAX = 200;
    static final int TOKENS_MAX = 500_000;
    static final int NAME_CHARS_MAX = 1024;

    /** The one set of limits for JSON from REST and RPC callers; the length of a body is limited before it gets here. */
    public static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEPTH_MAX)
                    .maxTokenCount(TOKENS_MAX)
                    .maxNumberLength(400)
                    .maxNameLength(NAME_CHARS_MAX)
                    .maxStringLength(16 << 20)
                    .build())
            .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
            .build();

    private Json() {}

    /**
     * The one value of a body.
     *
     * @throws tools.jackson.core.JacksonException the body is empty, is no JSON, or goes beyond a limit
     */
    static Node read(byte[] body) {
        try (JsonParser json = FACTORY.createParser(ObjectReadContext.empty(), body)) {
            return readOnly(json);
        }
    }

    /** As {@link #read(byte[])}. */
    static Node read(String text) {
        try (JsonParser json = FACTORY.createParser(ObjectReadContext.empty(), text)) {
            return readOnly(json);
        }
    }

    private static Node readOnly(JsonParser json) {
        if (json.nextToken() == null) {
            throw new StreamReadException(json, "Required request body is missing");
        }
        Node value = node(json);
        if (json.nextToken() != null) {
            throw new StreamReadException(json, "Unexpected text behind the JSON value");
        }
        return value;
    }

    /** The value at the parser's current token. The parser's limit of depth bounds the recursion. */
    private static Node node(JsonParser json) {
        return switch (json.currentToken()) {
            case START_OBJECT -> {
                Map<String, Node> members = new LinkedHashMap<>();
                for (String name = json.nextName(); name != null; name = json.nextName()) {
                    json.nextToken();
                    members.put(name, node(json));
                }
                yield new Node.Members(members);
            }
            case START_ARRAY -> {
                List<Node> items = new ArrayList<>();
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    items.add(node(json));
                }
                yield new Node.Items(items);
            }
            case VALUE_STRING -> new Node.Text(json.getString());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Node.Numeral(json.getString());
            case VALUE_TRUE -> new Node.Flag(true);
            case VALUE_FALSE -> new Node.Flag(false);
            case VALUE_NULL -> new Node.Null();
            default -> throw new StreamReadException(json, "Unexpected token " + json.currentToken());
        };
    }

    /** The UTF-8 bytes of what {@code writer} writes. */
    static Buffer write(Consumer<JsonGenerator> writer) {
        return Buffer.buffer(bytes(writer));
    }

    /** The text of what {@code writer} writes. */
    static String text(Consumer<JsonGenerator> writer) {
        return new String(bytes(writer), StandardCharsets.UTF_8);
    }

    static byte[] bytes(Consumer<JsonGenerator> writer) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
            writer.accept(json);
        }
        return out.toByteArray();
    }

    /** An entity id as a member: {@code "name":{"entityType":"DEVICE","id":"…"}}. */
    static void writeId(JsonGenerator json, String name, String entityType, UUID id) {
        json.writeObjectPropertyStart(name);
        json.writeStringProperty("entityType", entityType);
        json.writeStringProperty("id", id.toString());
        json.writeEndObject();
    }

    /** A text member; {@code null} when empty. */
    static void writeText(JsonGenerator json, String name, Optional<String> value) {
        json.writeName(name);
        if (value.isPresent()) {
            json.writeString(value.get());
        } else {
            json.writeNull();
        }
    }

    /** A member whose value is JSON text that we stored; {@code null} when empty. */
    static void writeRaw(JsonGenerator json, String name, Optional<String> text) {
        json.writeName(name);
        json.writeRawValue(text.orElse("null"));
    }
}
