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
import io.signalbox.audit.AuditAction;
import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import io.signalbox.identity.Authority;
import io.signalbox.identity.Credentials;
import io.signalbox.identity.Logins;
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
    private static final String USER = "USER";

    /** Members of {@code additionalInfo} that we add when we show a user, and so do not store. */
    private static final Set<String> COMPUTED = Set.of("userCredentialsEnabled", "userActivated", "lastLoginTs");

    private final Users users;
    private final Logins logins;
    private final Credentials credentials;
    private final ChangeAudit audit;

    UserResource(Users users, Logins logins, Credentials credentials, ChangeAudit audit) {
        this.users = users;
        this.logins = logins;
        this.credentials = credentials;
        this.audit = audit;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(POST, "/api/user", ALL, this::save);
        table.json(GET, "/api/user/:userId", ALL, this::read);
        table.json(DELETE, "/api/user/:userId", ADMINS, this::delete);
        table.raw(GET, "/api/user/:userId/activationLink", ADMINS, this::activationLink);
        table.json(GET, "/api/user/:userId/activationLinkInfo", ADMINS, this::activationLinkInfo);
        table.raw(POST, "/api/user/sendActivationMail", ADMINS, this::sendActivationMail);
        table.raw(POST, "/api/user/:userId/userCredentialsEnabled", ADMINS, this::enable);
        table.raw(POST, "/api/user/:userId/passwordResetLink", ADMINS, this::passwordResetLink);
        table.json(GET, "/api/user/:userId/token", ADMINS, this::token);
        table.json(GET, "/api/user/tokenAccessEnabled", ADMINS, this::allowsActing);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section users = all.section("Users", "Who logs in");
        users.call(POST, "/api/user", "saveUser", "Makes or changes a user")
                .notes(
                        "Without an id a new one, who gets a mail with a link to set the password. Where mail is not set up,"
                                + " say sendActivationMail=false, and read the link.")
                .query("sendActivationMail", Kind.FLAG, "false", "true when absent")
                .takes(Shapes.USER, """
                        {"email":"<newEmail>","authority":"CUSTOMER_USER","customerId":{"entityType":"CUSTOMER","id":"<customerId>"}}""")
                .answers(Shapes.USER)
                .fails(NOT_FOUND, NO_USER)
                .fails(VERSION_CONFLICT, CHANGED)
                .fails(INTERNAL, "The user was not made: the mail could not be sent");
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
        users.call(
                        GET,
                        "/api/user/:userId/activationLinkInfo",
                        "activationLinkInfo",
                        "Reads the link that sets the first password, and how long it is good")
                .answers(Shapes.LINK)
                .fails(BAD_REQUEST, "The user is active already")
                .fails(NOT_FOUND, NO_USER);
        users.call(POST, "/api/user/sendActivationMail", "sendActivationMail", "Mails the activation link again")
                .requiredQuery("email", Kind.TEXT, "<invitedEmail>", "Of a user who is not active yet")
                .fails(BAD_REQUEST, "The user is active already")
                .fails(NOT_FOUND, NO_USER)
                .fails(INTERNAL, "The mail could not be sent");
        users.call(POST, "/api/user/:userId/userCredentialsEnabled", "enableUser", "Lets a user in, or not any more")
                .notes("Who is not let in has no use of tokens and API keys. Letting in forgets failed logins.")
                .query("userCredentialsEnabled", Kind.FLAG, "false", "true when absent")
                .fails(BAD_REQUEST, "The user has no password yet, or is the caller")
                .fails(NOT_FOUND, NO_USER);
        users.call(
                        POST,
                        "/api/user/:userId/passwordResetLink",
                        "passwordResetLink",
                        "Makes a link to set a new password")
                .notes(
                        "For where there is no mail. It is good once; one that was made before is worthless. This call is"
                                + " ours, not ThingsBoard's.")
                .answersText("text/plain", "http://127.0.0.1:8080/api/noauth/resetPassword?resetToken=<resetToken>")
                .fails(BAD_REQUEST, "The user is not active yet")
                .fails(NOT_FOUND, NO_USER);
        users.call(GET, "/api/user/:userId/token", "actAsUser", "Gives tokens to act as a user")
                .notes("The user sees the login, and who acts, among its own.")
                .answers(Shapes.TOKENS)
                .fails(BAD_REQUEST, "The user may not log in")
                .fails(NOT_FOUND, NO_USER);
        users.call(
                        GET,
                        "/api/user/tokenAccessEnabled",
                        "canActAsUsers",
                        "Reads whether there are tokens to act as users")
                .answersJson(Kind.FLAG, "true");
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
        details.lastLoginTime().ifPresent(time -> info.put("lastLoginTs", new Node.Numeral(Long.toString(time))));
        return Response.json(json ->
                write(json, details.user(), Optional.of(Json.text(text -> new Node.Members(info).write(text)))));
    }

    Response save(Exchange exchange) {
        SaveUser wish = wish(exchange.body());
        boolean mails = exchange.flag("sendActivationMail", true);
        if (wish.id().isPresent()) {
            return json(audit.of(
                            exchange, AuditAction.UPDATED, USER, wish.id().get().uuid())
                    .committed(User.class, UserResource::entity, () -> users.save(exchange.caller(), wish, mails)));
        }
        // a user whose mail cannot be sent is removed again
        return json(audit.of(exchange, AuditAction.ADDED, USER, Optional.empty())
                .behind(UserResource::entity, () -> users.save(exchange.caller(), wish, mails)));
    }

    private static ChangeAudit.Done entity(User user) {
        return ChangeAudit.Done.entity(user.id().uuid(), user.email(), json -> write(json, user));
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
        UserId id = user(exchange);
        return audit.of(exchange, AuditAction.DELETED, USER, id.uuid())
                .behind(_ -> ChangeAudit.Done.named(id.uuid(), ""), () -> {
                    users.delete(exchange.caller(), id);
                    return Response.empty();
                });
    }

    Response activationLink(Exchange exchange) {
        return Response.text(200, link(exchange).url());
    }

    Response activationLinkInfo(Exchange exchange) {
        Users.Link link = link(exchange);
        return Response.json(json -> {
            json.writeStartObject();
            json.writeStringProperty("value", link.url());
            json.writeNumberProperty("ttlMs", link.ttlMillis());
            json.writeEndObject();
        });
    }

    private Users.Link link(Exchange exchange) {
        return users.activationLink(exchange.caller(), user(exchange));
    }

    Response sendActivationMail(Exchange exchange) {
        users.invite(exchange.caller(), exchange.required("email", "String"));
        return Response.empty();
    }

    Response enable(Exchange exchange) {
        credentials.enable(exchange.caller(), user(exchange), exchange.flag("userCredentialsEnabled", true));
        return Response.empty();
    }

    Response passwordResetLink(Exchange exchange) {
        return Response.text(200, credentials.resetLink(exchange.caller(), user(exchange)));
    }

    Response token(Exchange exchange) {
        return AuthResource.pair(logins.actAs(exchange.caller(), user(exchange), exchange.client()));
    }

    Response allowsActing(Exchange exchange) {
        return Response.json(json -> json.writeBoolean(logins.allowsActing()));
    }

    private static UserId user(Exchange exchange) {
        return new UserId(exchange.uuid("userId"));
    }

    static Response json(User user) {
        return Response.json(json -> write(json, user));
    }

    static void write(JsonGenerator json, User user) {
        write(json, user, user.additionalInfo());
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
