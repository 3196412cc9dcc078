package io.signalbox.api;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JsonGenerator;

/**
 * A JSON object of the wire: what its members are called and mean, and for each the value that an example has. Made once for
 * each kind of object, in {@link Shapes}.
 */
final class Shape {
    private final String name;
    private final String meaning;
    private final List<Member> members = new ArrayList<>();
    private final Set<String> required = new LinkedHashSet<>();

    /** What a member or parameter holds. */
    enum Kind {
        TEXT("string", ""),
        TEXT_OR_NULL("string", ""),
        UUID("string", "uuid"),
        WHOLE("integer", "int64"),
        WHOLE_OR_NULL("integer", "int64"),
        FLAG("boolean", ""),
        OBJECT("object", ""),
        OBJECT_OR_NULL("object", ""),
        LIST("array", ""),
        ANY("", "");

        private final String type;
        private final String format;

        Kind(String type, String format) {
            this.type = type;
            this.format = format;
        }

        /** The members {@code type} and {@code format} of a schema. */
        void write(JsonGenerator json) {
            if (this == TEXT_OR_NULL || this == WHOLE_OR_NULL || this == OBJECT_OR_NULL) {
                json.writeArrayPropertyStart("type");
                json.writeString(type);
                json.writeString("null");
                json.writeEndArray();
            } else if (!type.isEmpty()) {
                json.writeStringProperty("type", type);
            }
            if (!format.isEmpty()) {
                json.writeStringProperty("format", format);
            }
        }
    }

    /** @param example JSON text */
    private record Member(String name, Kind kind, boolean isId, String example, String meaning) {}

    Shape(String name, String meaning) {
        this.name = name;
        this.meaning = meaning;
    }

    String name() {
        return name;
    }

    Shape text(String member, String example, String about) {
        return add(member, Kind.TEXT, quoted(example), about);
    }

    /** @param example JSON text: a string or {@code null} */
    Shape textOrNull(String member, String example, String about) {
        return add(member, Kind.TEXT_OR_NULL, example, about);
    }

    Shape uuid(String member, String example, String about) {
        return add(member, Kind.UUID, quoted(example), about);
    }

    Shape whole(String member, long example, String about) {
        return add(member, Kind.WHOLE, Long.toString(example), about);
    }

    Shape flag(String member, boolean example, String about) {
        return add(member, Kind.FLAG, Boolean.toString(example), about);
    }

    /** A member of another kind. {@code example} is JSON text. */
    Shape add(String member, Kind kind, String example, String about) {
        members.add(new Member(member, kind, false, example, about));
        return this;
    }

    /** An entity id: type and UUID. */
    Shape id(String member, String entityType, String uuid, String about) {
        String example = "{\"entityType\":\"" + entityType + "\",\"id\":\"" + uuid + "\"}";
        members.add(new Member(member, Kind.OBJECT, true, example, about));
        return this;
    }

    /** What a request cannot do without. */
    Shape required(String... names) {
        required.addAll(List.of(names));
        return this;
    }

    /** JSON text of an object with all members. */
    String example() {
        return Json.text(json -> {
            json.writeStartObject();
            for (Member member : members) {
                json.writeName(member.name);
                json.writeRawValue(member.example);
            }
            json.writeEndObject();
        });
    }

    /** The schema, as an object. */
    void write(JsonGenerator json) {
        json.writeStartObject();
        json.writeStringProperty("type", "object");
        json.writeStringProperty("description", meaning);
        if (!required.isEmpty()) {
            json.writeArrayPropertyStart("required");
            required.forEach(json::writeString);
            json.writeEndArray();
        }
        json.writeObjectPropertyStart("properties");
        for (Member member : members) {
            json.writeObjectPropertyStart(member.name);
            if (member.isId) {
                json.writeStringProperty("$ref", Shapes.ENTITY_ID.ref());
            } else {
                member.kind.write(json);
            }
            json.writeStringProperty("description", member.meaning);
            json.writeEndObject();
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    String ref() {
        return "#/components/schemas/" + name;
    }

    private static String quoted(String text) {
        return Json.text(json -> json.writeString(text));
    }
}
