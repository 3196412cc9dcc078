package io.signalbox.api;

import io.signalbox.identity.Caller;
import io.signalbox.identity.Client;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * One request with its whole body, as a handler sees it. Immutable: it was taken from the connection on its loop, and is
 * read on a virtual thread.
 */
final class Exchange {
    private final Optional<Authenticated.As> caller;
    private final Client client;
    private final Map<String, String> path;
    private final Map<String, List<String>> query;
    private final byte[] body;

    /** @param caller empty on an open route */
    Exchange(
            Optional<Authenticated.As> caller,
            Client client,
            Map<String, String> path,
            Map<String, List<String>> query,
            byte[] body) {
        this.caller = caller;
        this.client = client;
        this.path = path;
        this.query = query;
        this.body = body;
    }

    Caller caller() {
        return as().caller();
    }

    /** To which the caller's token belongs; empty for an API key. */
    Optional<UUID> login() {
        return as().login();
    }

    private Authenticated.As as() {
        return caller.orElseThrow(() -> new IllegalStateException("an open route has no caller"));
    }

    /** From where the request comes. */
    Client client() {
        return client;
    }

    /** A variable of the route's path. */
    String path(String name) {
        String value = path.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the route has no variable " + name);
        }
        return value;
    }

    /** A variable that not all routes to this handler have. */
    String pathOr(String name, String absent) {
        return path.getOrDefault(name, absent);
    }

    /** @throws Rejected {@code BAD_REQUEST}: {@code Invalid UUID string: x} */
    UUID uuid(String name) {
        return Body.uuid(path(name));
    }

    /** The first value of a query parameter. */
    Optional<String> query(String name) {
        return queries(name).stream().findFirst();
    }

    /** All values of a query parameter. */
    List<String> queries(String name) {
        return query.getOrDefault(name, List.of());
    }

    /**
     * A query parameter that must be there.
     *
     * @param type as the reference words it: {@code String}, {@code int}
     */
    String required(String name, String type) {
        return query(name)
                .orElseThrow(() -> new Rejected(
                        ErrorCode.BAD_REQUEST,
                        "Required request parameter '" + name + "' for method parameter type " + type
                                + " is not present"));
    }

    /** Identifiers with commas between them; the parameter must be there. */
    List<UUID> uuids(String name) {
        required(name, "String[]");
        return queries(name).stream()
                .flatMap(text -> Arrays.stream(text.split(",", -1)))
                .filter(text -> !text.isBlank())
                .map(text -> Body.uuid(text.strip()))
                .toList();
    }

    /** An integer of 64 bits in the query. */
    Optional<Long> whole(String name) {
        return query(name).map(text -> {
            try {
                return Long.parseLong(text);
            } catch (NumberFormatException e) {
                throw new Rejected(ErrorCode.BAD_REQUEST, "Parameter '" + name + "' must be an integer: " + text);
            }
        });
    }

    /** A query parameter that is one of two words; the first when it is absent. */
    String choice(String name, String absent, String other) {
        String text = query(name).filter(given -> !given.isEmpty()).orElse(absent);
        if (!text.equals(absent) && !text.equals(other)) {
            throw new Rejected(
                    ErrorCode.BAD_REQUEST, "Parameter '" + name + "' must be " + absent + " or " + other + ": " + text);
        }
        return text;
    }

    boolean flag(String name, boolean absent) {
        return query(name)
                .map(text -> switch (text) {
                    case "true" -> true;
                    case "false" -> false;
                    default ->
                        throw new Rejected(
                                ErrorCode.BAD_REQUEST, "Parameter '" + name + "' must be true or false: " + text);
                })
                .orElse(absent);
    }

    /** The body as it came. */
    byte[] bytes() {
        return body;
    }

    /** The members of the JSON object in the body. */
    Body body() {
        return Body.of(Json.read(body));
    }
}
