package io.signalbox.api;

import io.signalbox.api.Description.Content;
import io.signalbox.api.Description.Form;
import io.signalbox.api.Description.Query;
import io.signalbox.api.Shape.Kind;
import io.signalbox.identity.Authority;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import tools.jackson.core.JsonGenerator;

/** Writes the OpenAPI 3.1 document: who may call what from the table of routes, the rest from {@link Descriptions}. */
final class OpenApi {
    private static final String SCHEME = "accessToken";
    private static final String ABOUT = """
            Commands to devices, what they report, and who owns them; compatible with the API of ThingsBoard 4.3.

            Log in with `POST /api/auth/login`, and send the `token` of the answer with each call: `X-Authorization: Bearer …`. \
            Any call may also be refused with 413 (body too large), 429 (too much at once) or 503 (try again), \
            and with 401 when the token is missing, wrong (errorCode 10) or has expired (errorCode 11).

            In examples `<name>` stands for something of your own.

            Outside the API: `/health/live`, `/health/ready`, `/metrics` (Prometheus).""";

    private final List<Route> routes;
    private final Descriptions descriptions;
    private final Map<String, Shape> shapes = new TreeMap<>();

    OpenApi(Routes all) {
        routes = all.table();
        descriptions = new Descriptions(all.resources());
        shapes.put(Shapes.ENTITY_ID.name(), Shapes.ENTITY_ID);
        shapes.put(Shapes.ERROR.name(), Shapes.ERROR);
    }

    /** Calls without a description, as {@code GET /path}. */
    List<String> undescribed() {
        return Stream.concat(
                        routes.stream().filter(OpenApi::isCall).map(route -> name(route.method(), route.path())),
                        Stream.concat(
                                RpcRoutes.PATHS.stream().map(path -> name(HttpMethod.POST, path)),
                                RpcEvents.PATHS.stream().map(path -> name(HttpMethod.GET, path))))
                .filter(call -> descriptions.all().stream()
                        .noneMatch(description ->
                                name(description.method(), description.path()).equals(call)))
                .toList();
    }

    /** Descriptions that no path is for; those of the device API are not looked at. */
    List<String> unrouted() {
        return descriptions.all().stream()
                .filter(description -> !description.path().startsWith("/api/v1/")
                        && !RpcRoutes.PATHS.contains(description.path())
                        && !RpcEvents.PATHS.contains(description.path())
                        && route(description).isEmpty())
                .map(description -> name(description.method(), description.path()))
                .toList();
    }

    /** Refusals of other methods and pages outside the API are no calls. */
    private static boolean isCall(Route route) {
        return route.isApi() && !route.endpoint().equals(AuthResource.OTHER_METHOD);
    }

    private static String name(HttpMethod method, String path) {
        return method + " " + path;
    }

    private Optional<Route> route(Description description) {
        return routes.stream()
                .filter(route -> description.describes(route.method(), route.path()))
                .findFirst();
    }

    /** The document. */
    byte[] json(String version) {
        Map<String, List<Description>> paths = new LinkedHashMap<>();
        for (Description description : descriptions.all()) {
            paths.computeIfAbsent(description.path(), _ -> new ArrayList<>()).add(description);
        }
        return Json.write(json -> {
                    json.writeStartObject();
                    json.writeStringProperty("openapi", "3.1.0");
                    info(json, version);
                    json.writeName("servers");
                    json.writeRawValue("[{\"url\":\"/\"}]");
                    tags(json);
                    json.writeObjectPropertyStart("paths");
                    paths.forEach((path, calls) -> {
                        json.writeObjectPropertyStart(template(path));
                        calls.forEach(call -> operation(json, call));
                        json.writeEndObject();
                    });
                    json.writeEndObject();
                    components(json);
                    json.writeEndObject();
                })
                .getBytes();
    }

    private static void info(JsonGenerator json, String version) {
        json.writeObjectPropertyStart("info");
        json.writeStringProperty("title", "Signalbox");
        json.writeStringProperty("version", version);
        json.writeStringProperty("description", ABOUT);
        json.writeName("license");
        json.writeRawValue("{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}");
        json.writeEndObject();
    }

    private void tags(JsonGenerator json) {
        json.writeArrayPropertyStart("tags");
        descriptions.tags().forEach((tag, about) -> {
            json.writeStartObject();
            json.writeStringProperty("name", tag);
            json.writeStringProperty("description", about);
            json.writeEndObject();
        });
        json.writeEndArray();
    }

    private void operation(JsonGenerator json, Description call) {
        Optional<Route> route = route(call);
        Set<Authority> roles = route.map(Route::roles).orElse(call.roles());
        json.writeObjectPropertyStart(call.method().name().toLowerCase(Locale.ROOT));
        json.writeStringProperty("operationId", call.name());
        json.writeArrayPropertyStart("tags");
        json.writeString(call.tag());
        json.writeEndArray();
        json.writeStringProperty("summary", call.summary());
        json.writeStringProperty("description", (call.notes() + "\n\n" + who(call, roles)).strip());
        json.writeArrayPropertyStart("security");
        if (!roles.isEmpty()) {
            json.writeRawValue("{\"" + SCHEME + "\":[]}");
        }
        json.writeEndArray();
        parameters(json, call);
        call.takes().ifPresent(content -> {
            json.writeObjectPropertyStart("requestBody");
            json.writeBooleanProperty("required", true);
            content(json, content);
            json.writeEndObject();
        });
        responses(json, call, roles, route.filter(Route::json).isPresent());
        json.writeEndObject();
    }

    private static String who(Description call, Set<Authority> roles) {
        if (call.path().startsWith("/api/v1/")) {
            return "Who: the device.";
        }
        return roles.isEmpty()
                ? "Who: anybody, without a token."
                : "Who: " + String.join(", ", names(roles)) + "." + Gates.say(call.path());
    }

    private static Set<String> names(Set<Authority> roles) {
        Set<String> names = new TreeSet<>();
        roles.forEach(role -> names.add(role.name()));
        return names;
    }

    // ------------------------------------------------------------------------------------------------ parameters

    private static void parameters(JsonGenerator json, Description call) {
        json.writeArrayPropertyStart("parameters");
        for (String variable : variables(call.path())) {
            Descriptions.Variable meaning = Descriptions.VARIABLES.get(variable);
            if (meaning == null) {
                throw new IllegalStateException("Descriptions.VARIABLES does not say what it is: " + variable);
            }
            parameter(json, variable, "path", true, meaning.meaning());
            meaning.kind().write(json);
            if (!meaning.values().isEmpty()) {
                json.writeArrayPropertyStart("enum");
                meaning.values().forEach(json::writeString);
                json.writeEndArray();
            }
            json.writeEndObject();
            json.writeEndObject();
        }
        for (Query query : call.queries()) {
            parameter(json, query.name(), "query", query.required(), query.meaning());
            query.kind().write(json);
            json.writeEndObject();
            if (!query.example().isEmpty()) {
                json.writeName("example");
                if (query.kind() == Kind.WHOLE || query.kind() == Kind.FLAG) {
                    json.writeRawValue(query.example());
                } else {
                    json.writeString(query.example());
                }
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** Up to the schema, whose object is left open. */
    private static void parameter(JsonGenerator json, String name, String in, boolean required, String meaning) {
        json.writeStartObject();
        json.writeStringProperty("name", name);
        json.writeStringProperty("in", in);
        json.writeBooleanProperty("required", required);
        json.writeStringProperty("description", meaning);
        json.writeObjectPropertyStart("schema");
    }

    /** {@code /api/device/{deviceId}} of {@code /api/device/:deviceId}. */
    private static String template(String path) {
        return path.replaceAll(":(\\w+)", "{$1}");
    }

    private static List<String> variables(String path) {
        return Stream.of(path.split("/", -1))
                .filter(part -> part.startsWith(":"))
                .map(part -> part.substring(1))
                .toList();
    }

    // ------------------------------------------------------------------------------------------------ answers

    private void responses(JsonGenerator json, Description call, Set<Authority> roles, boolean wantsJson) {
        json.writeObjectPropertyStart("responses");
        response(json, call.status(), "Success", call.answers());
        Map<Integer, String> failures = call.failures();
        boolean hasUuid = variables(call.path()).stream()
                .map(Descriptions.VARIABLES::get)
                .anyMatch(variable -> variable != null && variable.kind() == Kind.UUID);
        if (hasUuid || (call.takes().isPresent() && wantsJson)) {
            failures.putIfAbsent(400, "A part of the request is not as it must be (errorCode 31)");
        }
        if (!roles.isEmpty()) {
            failures.putIfAbsent(401, "No valid token (errorCode 10 or 11)");
            failures.putIfAbsent(403, "The caller may not do this (errorCode 20)");
        }
        if (wantsJson && call.takes().isPresent()) {
            failures.putIfAbsent(415, "The body is not labelled JSON");
        }
        Optional<Content> error = Optional.of(new Content.Shaped(Shapes.ERROR, Form.ONE, ""));
        failures.forEach(
                (status, why) -> response(json, status, why, why.contains("errorCode") ? error : Optional.empty()));
        json.writeEndObject();
    }

    private void response(JsonGenerator json, int status, String why, Optional<Content> content) {
        json.writeObjectPropertyStart(Integer.toString(status));
        json.writeStringProperty("description", why);
        content.ifPresent(some -> content(json, some));
        json.writeEndObject();
    }

    private void content(JsonGenerator json, Content content) {
        json.writeObjectPropertyStart("content");
        switch (content) {
            case Content.Shaped(Shape shape, Form form, String example) -> {
                shapes.put(shape.name(), shape);
                json.writeObjectPropertyStart("application/json");
                json.writeName("schema");
                json.writeRawValue(schema(shape, form));
                if (!example.isEmpty()) {
                    json.writeName("example");
                    json.writeRawValue(example);
                }
            }
            case Content.Free(Kind kind, String example) -> {
                json.writeObjectPropertyStart("application/json");
                json.writeObjectPropertyStart("schema");
                kind.write(json);
                json.writeEndObject();
                json.writeName("example");
                json.writeRawValue(example);
            }
            case Content.Plain(String mediaType, String example) -> {
                json.writeObjectPropertyStart(mediaType);
                json.writeObjectPropertyStart("schema");
                Kind.TEXT.write(json);
                json.writeEndObject();
                json.writeStringProperty("example", example);
            }
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private static String schema(Shape shape, Form form) {
        String one = "{\"$ref\":\"" + shape.ref() + "\"}";
        String list = "{\"type\":\"array\",\"items\":" + one + "}";
        return switch (form) {
            case ONE -> one;
            case LIST -> list;
            case LISTS_BY_KEY -> "{\"type\":\"object\",\"additionalProperties\":" + list + "}";
            case PAGE ->
                "{\"type\":\"object\",\"properties\":{\"data\":" + list
                        + ",\"totalPages\":{\"type\":\"integer\"},\"totalElements\":{\"type\":\"integer\"},\"hasNext\":{\"type\":\"boolean\"}}}";
        };
    }

    /** Behind the paths, which say what shapes there are. */
    private void components(JsonGenerator json) {
        json.writeObjectPropertyStart("components");
        json.writeObjectPropertyStart("securitySchemes");
        json.writeObjectPropertyStart(SCHEME);
        json.writeStringProperty("type", "apiKey");
        json.writeStringProperty("in", "header");
        json.writeStringProperty("name", "X-Authorization");
        json.writeStringProperty("description", "The word Bearer, a space, and the token of a login");
        json.writeEndObject();
        json.writeEndObject();
        json.writeObjectPropertyStart("schemas");
        shapes.forEach((name, shape) -> {
            json.writeName(name);
            shape.write(json);
        });
        json.writeEndObject();
        json.writeEndObject();
    }
}
