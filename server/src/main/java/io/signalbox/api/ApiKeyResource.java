package io.signalbox.api;

import static io.signalbox.api.Descriptions.NO_USER;
import static io.signalbox.api.Route.ALL;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;
import static io.vertx.core.http.HttpMethod.PUT;

import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import io.signalbox.identity.ApiKey;
import io.signalbox.identity.ApiKeys;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/** API keys (authentication §10). */
final class ApiKeyResource implements Resource {
    private static final String NO_KEY = "There is no such API key";
    private static final String FOREIGN = "It is somebody else's";

    private final ApiKeys keys;

    ApiKeyResource(ApiKeys keys) {
        this.keys = keys;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(POST, "/api/apiKey", ALL, this::save);
        table.json(GET, "/api/apiKeys/:userId", ALL, this::ofUser);
        table.raw(PUT, "/api/apiKey/:apiKeyId/description", ALL, this::describe);
        table.raw(PUT, "/api/apiKey/:apiKeyId/enabled/:enabled", ALL, this::enable);
        table.json(DELETE, "/api/apiKey/:apiKeyId", ALL, this::delete);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section section =
                all.section("API keys", "Keys for programs, which act as their owners: X-Authorization: ApiKey tb_…");
        section.call(POST, "/api/apiKey", "saveApiKey", "Makes or changes an API key")
                .notes(
                        "Without an id a new one; its value is in this answer and never shown again. Say enabled: true to get"
                                + " one that works. Owner and expiration time stay as they were made.")
                .takes(Shapes.API_KEY, """
                        {"userId":{"entityType":"USER","id":"<ownId>"},"description":"CI robot","enabled":true,"expirationTime":0}""")
                .answers(Shapes.API_KEY)
                .fails(BAD_REQUEST, "There is no description, or something is changed that may not be")
                .fails(NOT_FOUND, NO_KEY + ", or no such user");
        section.call(GET, "/api/apiKeys/:userId", "apiKeys", "Lists the API keys of a user")
                .answersPage(Shapes.API_KEY_INFO)
                .fails(NOT_FOUND, NO_USER);
        section.call(PUT, "/api/apiKey/:apiKeyId/description", "describeApiKey", "Sets what an API key is for")
                .takesText("CI robot of team blue")
                .answers(Shapes.API_KEY)
                .fails(BAD_REQUEST, "The text is blank, or longer than 255 characters")
                .fails(403, FOREIGN)
                .fails(NOT_FOUND, NO_KEY);
        section.call(
                        PUT,
                        "/api/apiKey/:apiKeyId/enabled/:enabled",
                        "enableApiKey",
                        "Lets an API key in, or not any more")
                .answers(Shapes.API_KEY)
                .fails(403, FOREIGN)
                .fails(NOT_FOUND, NO_KEY);
        section.call(DELETE, "/api/apiKey/:apiKeyId", "deleteApiKey", "Deletes an API key")
                .fails(403, FOREIGN)
                .fails(NOT_FOUND, NO_KEY);
    }

    Response save(Exchange exchange) {
        Body body = exchange.body();
        Optional<UserId> owner = body.id("userId").map(UserId::new);
        String description = body.text("description").orElse("");
        boolean enabled = body.text("enabled").map(Boolean::parseBoolean).orElse(false);
        var id = body.id("id");
        if (id.isPresent()) {
            ApiKey saved =
                    keys.update(exchange.caller(), id.get(), owner, description, body.whole("expirationTime"), enabled);
            return json(saved, Optional.empty());
        }
        ApiKeys.Made made = keys.create(
                exchange.caller(),
                owner.orElseThrow(() -> bad("Validation error: userId must not be null")),
                description,
                body.whole("expirationTime").orElse(0L),
                enabled);
        return json(made.key(), Optional.of(made.value()));
    }

    Response ofUser(Exchange exchange) {
        Paging paging = Paging.of(exchange);
        List<ApiKey> all = keys.of(exchange.caller(), new UserId(exchange.uuid("userId")));
        String search = exchange.query("textSearch").orElse("").toLowerCase(Locale.ROOT);
        List<ApiKey> wanted = all.stream()
                .filter(key -> key.description().toLowerCase(Locale.ROOT).contains(search))
                .sorted(order(paging))
                .toList();
        List<ApiKey> shown = wanted.stream()
                .skip((long) paging.page() * paging.pageSize())
                .limit(paging.pageSize())
                .toList();
        return paging.answer(shown, wanted.size(), (json, key) -> {
            json.writeStartObject();
            write(json, key);
            json.writeEndObject();
        });
    }

    /** Sorting keeps the order of what is equal. */
    private static Comparator<ApiKey> order(Paging paging) {
        Comparator<ApiKey> order = switch (paging.sortProperty().orElse("")) {
            case "" -> (_, _) -> 0;
            case "createdTime" -> Comparator.comparingLong(ApiKey::createdTime);
            case "expirationTime" -> Comparator.comparingLong(ApiKey::expirationTime);
            case "description" -> Comparator.comparing(ApiKey::description);
            case "enabled" -> Comparator.comparing(ApiKey::enabled);
            default -> throw bad("Invalid sort property");
        };
        return paging.ascending() ? order : order.reversed();
    }

    Response describe(Exchange exchange) {
        String text = new String(exchange.bytes(), StandardCharsets.UTF_8);
        return json(keys.describe(exchange.caller(), exchange.uuid("apiKeyId"), text), Optional.empty());
    }

    Response enable(Exchange exchange) {
        boolean enabled = switch (exchange.path("enabled")) {
            case "true" -> true;
            case "false" -> false;
            default -> throw bad("enabled must be true or false");
        };
        return json(keys.enable(exchange.caller(), exchange.uuid("apiKeyId"), enabled), Optional.empty());
    }

    Response delete(Exchange exchange) {
        keys.delete(exchange.caller(), exchange.uuid("apiKeyId"));
        return Response.empty();
    }

    private Response json(ApiKey key, Optional<String> value) {
        return Response.json(json -> {
            json.writeStartObject();
            write(json, key);
            Json.writeText(json, "value", value);
            json.writeEndObject();
        });
    }

    private void write(JsonGenerator json, ApiKey key) {
        Json.writeId(json, "id", "API_KEY", key.id());
        json.writeNumberProperty("createdTime", key.createdTime());
        Json.writeId(
                json, "tenantId", "TENANT", key.tenant().map(TenantId::uuid).orElse(Uuids.NULL));
        Json.writeId(json, "userId", "USER", key.owner().uuid());
        json.writeNumberProperty("expirationTime", key.expirationTime());
        json.writeStringProperty("description", key.description());
        json.writeBooleanProperty("enabled", key.enabled());
        json.writeBooleanProperty("expired", key.isExpired(keys.now()));
    }

    private static Rejected bad(String text) {
        return new Rejected(ErrorCode.BAD_REQUEST, text);
    }
}
