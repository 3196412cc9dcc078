package io.signalbox.api;

import static io.signalbox.api.Descriptions.CHANGED;
import static io.signalbox.api.Descriptions.NO_USER;
import static io.signalbox.api.Route.ADMINS;
import static io.signalbox.api.Route.ALL;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.INTERNAL;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.signalbox.ops.ErrorCode.VERSION_CONFLICT;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.api.Shape.Kind;
import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import io.signalbox.identity.Authority;
import io.signalbox.identity.SaveUser;
import io.signalbox.identity.User;
import io.signalbox.identity.Users;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JsonGenerator;

/** Users (REST API §10). */
final class UserResource implements Resource {
    /** Members of {@code additionalInfo} that we add when we show a user, and so do not store. */
    private static final Set<String> COMPUTED = Set.of("userCredentialsEnabled", "userActivated", "lastLoginTs");

    private final Users users;

    UserResource(Users users) {
        this.users = users;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(POST, "/api/user", ALL, this::save);
        table.json(GET, "/api/user/:userId", ALL, this::read);
        table.json(DELETE, "/api/user/:userId", ADMINS, this::delete);
        table.raw(GET, "/api/user/:userId/activationLink", ADMINS, this::activationLink);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section users = all.section("Users", "Who logs in");
        users.call(POST, "/api/user", "saveUser", "Makes or changes a user")
                .notes(
                        "Without an id a new one. There is no mail yet: say sendActivationMail=false, and read the link.")
                .query("sendActivationMail", Kind.FLAG, "false", "true when absent")
                .takes(Shapes.USER, """
                        {"email":"<newEmail>","authority":"CUSTOMER_USER","customerId":{"entityType":"CUSTOMER","id":"<customerId>"}}""")
                .answers(Shapes.USER)
                .fails(NOT_FOUND, NO_USER)
                .fails(VERSION_CONFLICT, CHANGED)
                .fails(INTERNAL, "The user was not made: a mail was wanted");
        users.call(GET, "/api/user/:userId", "readUser", "Reads a user")
                .answers(Shapes.USER)
                .fails(NOT_FOUND, NO_USER);
        users.call(DELETE, "/api/user/:userId", "deleteUser", "Deletes a user").fails(NOT_FOUND, NO_USER);
        users.call(
                        GET,
                        "/api/user/:userId/activationLink",
                        "activationLink",
                        "Reads the link that sets the first password")
                .answersText("text/plain", "http://127.0.0.1:8080/api/noauth/activate?activateToken=<activateToken>")
                .fails(BAD_REQUEST, "The user is active already")
                .fails(NOT_FOUND, NO_USER);
    }

    Response read(Exchange exchange) {
        Users.Details details = users.details(exchange.caller(), new UserId(exchange.uuid("userId")));
        Map<String, Node> info = new LinkedHashMap<>(details.user()
                .additionalInfo()
                .map(Json::read)
                .map(value -> value instanceof Node.Members(Map<String, Node> members) ? members : null)
                .orElse(Map.of()));
        info.put("userCredentialsEnabled", new Node.Flag(details.enabled()));
        info.put("userActivated", new Node.Flag(details.activated()));
        return Response.json(json ->
                write(json, details.user(), Optional.of(Json.text(text -> new Node.Members(info).write(text)))));
    }

    /** Without mail there is no invitation: as in the reference, the new user goes again when the caller wanted one sent. */
    Response save(Exchange exchange) {
        SaveUser wish = wish(exchange.body());
        boolean sendsMail = wish.id().isEmpty() && exchange.flag("sendActivationMail", true);
        User saved = users.save(exchange.caller(), wish);
        if (sendsMail) {
            users.delete(exchange.caller(), saved.id());
            throw new Rejected(ErrorCode.INTERNAL, "Couldn't send user activation email");
        }
        return json(saved);
    }

    private static SaveUser wish(Body body) {
        return new SaveUser(
                body.id("id").map(UserId::new),
                body.text("email").orElse(""),
                body.text("authority").map(UserResource::authority),
                body.id("tenantId").map(TenantId::new),
                body.id("customerId").map(CustomerId::new),
                body.text("firstName"),
                body.text("lastName"),
                body.text("phone"),
                body.value("additionalInfo").map(UserResource::stored),
                body.whole("version"));
    }

    private static String stored(Node info) {
        if (!(info instanceof Node.Members(Map<String, Node> members))) {
            throw new Rejected(ErrorCode.BAD_REQUEST, "Invalid request body: 'additionalInfo' must be an object");
        }
        Map<String, Node> own = new LinkedHashMap<>(members);
        own.keySet().removeAll(COMPUTED);
        return Json.text(json -> new Node.Members(own).write(json));
    }

    private static Authority authority(String text) {
        try {
            return Authority.valueOf(text);
        } catch (IllegalArgumentException e) {
            throw new Rejected(ErrorCode.BAD_REQUEST, "Invalid request body: unknown authority '" + text + "'");
        }
    }

    Response delete(Exchange exchange) {
        users.delete(exchange.caller(), new UserId(exchange.uuid("userId")));
        return Response.empty();
    }

    Response activationLink(Exchange exchange) {
        String token = users.activationToken(exchange.caller(), new UserId(exchange.uuid("userId")));
        return Response.text(200, exchange.baseUrl() + "/api/noauth/activate?activateToken=" + token);
    }

    static Response json(User user) {
        return Response.json(json -> write(json, user, user.additionalInfo()));
    }

    private static void write(JsonGenerator json, User user, Optional<String> additionalInfo) {
        json.writeStartObject();
        Json.writeId(json, "id", "USER", user.id().uuid());
        json.writeNumberProperty("createdTime", user.createdTime());
        Json.writeId(
                json, "tenantId", "TENANT", user.tenant().map(TenantId::uuid).orElse(Uuids.NULL));
        Json.writeId(
                json,
                "customerId",
                "CUSTOMER",
                user.customer().map(CustomerId::uuid).orElse(Uuids.NULL));
        json.writeStringProperty("email", user.email());
        json.writeStringProperty("name", user.email());
        json.writeStringProperty("authority", user.authority().name());
        Json.writeText(json, "firstName", user.firstName());
        Json.writeText(json, "lastName", user.lastName());
        Json.writeText(json, "phone", user.phone());
        json.writeNumberProperty("version", user.version());
        Json.writeRaw(json, "additionalInfo", additionalInfo);
        json.writeEndObject();
    }
}
