package io.signalbox.api;

import io.signalbox.device.EntityId;
import io.signalbox.device.EntityType;
import io.signalbox.device.Uuids;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The members of a request's JSON object. Who reads it names each member it wants; the others do nothing.
 *
 * <p>A member that is absent and one that is {@code null} are the same. All readers fail with {@link Rejected} {@code
 * BAD_REQUEST} on a value of the wrong kind.
 */
final class Body {
    private final Map<String, Node> members;

    private Body(Map<String, Node> members) {
        this.members = members;
    }

    static Body of(Node value) {
        if (value instanceof Node.Members(Map<String, Node> members)) {
            return new Body(members);
        }
        throw wrong("a JSON object was expected");
    }

    /** Whether there are no other members than these. */
    boolean hasOnly(Set<String> names) {
        return names.containsAll(members.keySet());
    }

    /** The name of a member that is none of these. */
    Optional<String> otherThan(Set<String> names) {
        return members.keySet().stream().filter(name -> !names.contains(name)).findFirst();
    }

    Optional<Node> value(String name) {
        Node value = members.get(name);
        return value == null || value instanceof Node.Null ? Optional.empty() : Optional.of(value);
    }

    /** Text; a number or a boolean counts as its text. */
    Optional<String> text(String name) {
        return value(name).map(value -> switch (value) {
            case Node.Text(String text) -> text;
            case Node.Numeral(String literal) -> literal;
            case Node.Flag(boolean flag) -> Boolean.toString(flag);
            case Node.Null _, Node.Items _, Node.Members _ -> throw wrong("'" + name + "' must be text");
        });
    }

    /** An integer of 64 bits. */
    Optional<Long> whole(String name) {
        return value(name).map(value -> {
            String literal = switch (value) {
                case Node.Text(String text) -> text;
                case Node.Numeral(String number) -> number;
                case Node.Flag _, Node.Null _, Node.Items _, Node.Members _ -> "";
            };
            try {
                return Long.parseLong(literal);
            } catch (NumberFormatException e) {
                throw wrong("'" + name + "' must be an integer");
            }
        });
    }

    Optional<Boolean> flag(String name) {
        return text(name).map(text -> switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw wrong("'" + name + "' must be true or false");
        });
    }

    /** One of the words that a member or parameter may hold. */
    static <E extends Enum<E>> E word(Class<E> words, String name, String text) {
        try {
            return Enum.valueOf(words, text);
        } catch (IllegalArgumentException e) {
            throw new Rejected(
                    ErrorCode.BAD_REQUEST,
                    "'" + name + "' must be one of " + Arrays.toString(words.getEnumConstants()) + ": " + text);
        }
    }

    /** JSON text of an object. */
    Optional<String> object(String name) {
        return value(name).map(value -> {
            if (value instanceof Node.Members) {
                return Json.text(value::write);
            }
            throw wrong("'" + name + "' must be an object");
        });
    }

    /** The identifier in an entity id, {@code {"entityType":…,"id":"<uuid>"}}; the identifier for "none" counts as absent. */
    Optional<UUID> id(String name) {
        return value(name)
                .flatMap(value -> of(value).text("id"))
                .map(Body::uuid)
                .filter(uuid -> !uuid.equals(Uuids.NULL));
    }

    /** The items of a list; none when it is absent. */
    List<Node> items(String name) {
        return value(name)
                .map(value -> switch (value) {
                    case Node.Items(List<Node> items) -> items;
                    case Node.Null _, Node.Flag _, Node.Text _, Node.Numeral _, Node.Members _ ->
                        throw wrong("'" + name + "' must be a list");
                })
                .orElse(List.of());
    }

    /** An entity id of which the kind counts, too. */
    Optional<EntityId> entityId(String name) {
        return value(name)
                .map(Body::of)
                .flatMap(given -> id(name).map(uuid -> new EntityId(
                        word(
                                EntityType.class,
                                "entityType",
                                given.text("entityType").orElse("")),
                        uuid)));
    }

    /** @throws Rejected {@code BAD_REQUEST}: {@code Invalid UUID string: x} */
    static UUID uuid(String text) {
        try {
            return Uuids.parse(text);
        } catch (IllegalArgumentException e) {
            throw new Rejected(ErrorCode.BAD_REQUEST, String.valueOf(e.getMessage()));
        }
    }

    private static Rejected wrong(String why) {
        return new Rejected(ErrorCode.BAD_REQUEST, "Invalid request body: " + why);
    }
}
