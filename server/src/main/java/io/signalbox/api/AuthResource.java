package io.signalbox.api;

import static io.signalbox.api.Route.ALL;
import static io.signalbox.api.Route.ANYBODY;
import static io.signalbox.ops.ErrorCode.AUTHENTICATION;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.CREDENTIALS_EXPIRED;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.signalbox.ops.ErrorCode.PASSWORD_VIOLATION;
import static io.signalbox.ops.ErrorCode.TOO_MANY_REQUESTS;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.PATCH;
import static io.vertx.core.http.HttpMethod.POST;
import static io.vertx.core.http.HttpMethod.PUT;

import io.signalbox.api.Shape.Kind;
import io.signalbox.identity.Credentials;
import io.signalbox.identity.Login;
import io.signalbox.identity.Logins;
import io.signalbox.identity.SystemSettings;
import io.signalbox.identity.TokenPair;
import io.signalbox.identity.Users;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.vertx.core.http.HttpMethod;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;

/** Logins and passwords of the callers themselves (authentication §2 to §4, §6 to §8). */
final class AuthResource implements Resource {
    static final Endpoint OTHER_METHOD = _ -> {
        throw new Rejected(ErrorCode.AUTHENTICATION, "Authentication method not supported");
    };

    private static final String TOO_MANY_FAILED = "Too many failed attempts from this address, or for this account";

    private final Logins logins;
    private final Users users;
    private final Credentials credentials;
    private final SystemSettings settings;

    AuthResource(Logins logins, Users users, Credentials credentials, SystemSettings settings) {
        this.logins = logins;
        this.users = users;
        this.credentials = credentials;
        this.settings = settings;
    }

    @Override
    public void routes(RouteTable table) {
        for (HttpMethod other : List.of(GET, PUT, PATCH, DELETE)) {
            table.raw(other, "/api/auth/login", ANYBODY, AuthResource.OTHER_METHOD);
            table.raw(other, "/api/auth/login/public", ANYBODY, AuthResource.OTHER_METHOD);
            table.raw(other, "/api/auth/token", ANYBODY, AuthResource.OTHER_METHOD);
        }
        table.raw(POST, "/api/auth/login", ANYBODY, this::login);
        table.raw(POST, "/api/auth/login/public", ANYBODY, this::loginPublic);
        table.raw(POST, "/api/auth/token", ANYBODY, this::refresh);
        table.json(POST, "/api/auth/logout", ALL, this::logout);
        table.json(GET, "/api/auth/user", ALL, this::currentUser);
        table.json(POST, "/api/auth/changePassword", ALL, this::changePassword);
        table.json(GET, "/api/auth/logins", ALL, this::logins);
        table.json(DELETE, "/api/auth/logins", ALL, this::endLogins);
        table.json(DELETE, "/api/auth/logins/:loginId", ALL, this::endLogin);
        table.raw(GET, "/api/noauth/activate", ANYBODY, this::followActivationLink);
        table.json(POST, "/api/noauth/activate", ANYBODY, this::activate);
        table.json(GET, "/api/noauth/userPasswordPolicy", ANYBODY, this::passwordPolicy);
        table.json(POST, "/api/noauth/resetPasswordByEmail", ANYBODY, this::requestReset);
        table.raw(GET, "/api/noauth/resetPassword", ANYBODY, this::followResetLink);
        table.json(POST, "/api/noauth/resetPassword", ANYBODY, this::resetPassword);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section auth = all.section("Login", "Tokens for users, and their first password");
        auth.call(POST, "/api/auth/login", "login", "Logs in")
                .takes(Shapes.LOGIN)
                .answers(Shapes.TOKENS)
                .fails(AUTHENTICATION, "The name or the password is wrong, or the body has other members")
                .fails(CREDENTIALS_EXPIRED, "The password is too old; the error object has a resetToken")
                .fails(PASSWORD_VIOLATION, "The password breaks the policy, and has to be reset")
                .fails(TOO_MANY_REQUESTS, TOO_MANY_FAILED);
        auth.call(POST, "/api/auth/login/public", "loginPublic", "Acts as a public customer, without a password")
                .takes(Shapes.PUBLIC_LOGIN)
                .answers(Shapes.TOKENS)
                .fails(AUTHENTICATION, "There is no such customer, or it is not public");
        auth.call(POST, "/api/auth/token", "refreshToken", "Gives new tokens for a refresh token")
                .takes(Shapes.REFRESH)
                .answers(Shapes.TOKENS)
                .fails(AUTHENTICATION, "The refresh token is wrong or has expired");
        auth.call(POST, "/api/auth/logout", "logout", "Makes the tokens of this login worthless")
                .notes("All of them, those from before a refresh, too. API keys go on.");
        auth.call(GET, "/api/auth/user", "currentUser", "Reads the caller").answers(Shapes.USER);
        auth.call(POST, "/api/auth/changePassword", "changePassword", "Sets the caller's password")
                .notes("All other logins of the caller end; API keys go on.")
                .takes(Shapes.CHANGE_PASSWORD)
                .answers(Shapes.TOKENS)
                .fails(BAD_REQUEST, "The current password is another, or the new one breaks the policy")
                .fails(TOO_MANY_REQUESTS, TOO_MANY_FAILED);
        auth.call(GET, "/api/auth/logins", "logins", "Lists where the caller is logged in")
                .notes("The newest first, at most 1,000. This call is ours, not ThingsBoard's.")
                .answersList(Shapes.LOGGED_IN);
        auth.call(DELETE, "/api/auth/logins", "endLogins", "Ends all logins of the caller, this one too")
                .notes("API keys go on. This call is ours, not ThingsBoard's.");
        auth.call(DELETE, "/api/auth/logins/:loginId", "endLogin", "Ends one login of the caller")
                .notes("Its tokens are worthless from then on. This call is ours, not ThingsBoard's.")
                .fails(NOT_FOUND, "The caller has no such login");
        auth.call(GET, "/api/noauth/activate", "followActivationLink", "Leads a browser to where the password is set")
                .requiredQuery("activateToken", Kind.TEXT, "<activateToken>", "From the activation link")
                .status(303)
                .fails(409, "Nobody has this link");
        auth.call(GET, "/api/noauth/resetPassword", "followResetLink", "Leads a browser to where a new password is set")
                .requiredQuery("resetToken", Kind.TEXT, "<resetToken>", "From the link")
                .status(303)
                .fails(409, "Nobody has this link")
                .fails(429, "It was opened too often");
        auth.call(POST, "/api/noauth/activate", "activateUser", "Sets a user's first password, and logs in")
                .query("sendActivationMail", Kind.FLAG, "false", "Tells the user; true when absent")
                .takes(Shapes.ACTIVATE)
                .answers(Shapes.TOKENS)
                .fails(BAD_REQUEST, "The link is unknown or old, or the password breaks the policy");
        auth.call(
                        POST,
                        "/api/noauth/resetPasswordByEmail",
                        "requestPasswordReset",
                        "Mails a link to set a new password")
                .notes("The answer is the same whether somebody has this address or not, and whether mail is set up.")
                .takes(Shapes.EMAIL)
                .fails(TOO_MANY_REQUESTS, TOO_MANY_FAILED);
        auth.call(POST, "/api/noauth/resetPassword", "resetPassword", "Sets a new password, and ends all logins")
                .takes(Shapes.RESET_PASSWORD)
                .fails(BAD_REQUEST, "The link is unknown or old, or the password breaks the policy");
        auth.call(GET, "/api/noauth/userPasswordPolicy", "passwordPolicy", "Reads what passwords must be like")
                .answers(Shapes.PASSWORD_POLICY);
    }

    /** What a body must hold; unlike elsewhere nothing else. */
    private record Entry(String username, String password) {
        static Entry read(Body body) {
            return new Entry(some(body, "username"), some(body, "password"));
        }
    }

    Response login(Exchange exchange) {
        Entry entry = Entry.read(strict(exchange, Set.of("username", "password")));
        return pair(logins.login(entry.username, entry.password, exchange.client()));
    }

    Response loginPublic(Exchange exchange) {
        Body body = strict(exchange, Set.of("publicId"));
        return pair(logins.loginPublic(some(body, "publicId"), exchange.client()));
    }

    Response refresh(Exchange exchange) {
        Body body = strict(exchange, Set.of("refreshToken"));
        return pair(logins.refresh(some(body, "refreshToken")));
    }

    Response logout(Exchange exchange) {
        logins.logout(exchange.caller(), exchange.login(), exchange.client());
        return Response.empty();
    }

    Response currentUser(Exchange exchange) {
        return UserResource.json(users.current(exchange.caller()));
    }

    Response changePassword(Exchange exchange) {
        Body body = exchange.body();
        return pair(credentials.change(
                exchange.caller(),
                body.text("currentPassword").orElse(""),
                body.text("newPassword").orElse(""),
                exchange.client()));
    }

    Response logins(Exchange exchange) {
        return Response.json(json -> {
            json.writeStartArray();
            for (Login login : logins.of(exchange.caller())) {
                json.writeStartObject();
                json.writeStringProperty("id", login.id().toString());
                json.writeNumberProperty("createdTime", login.createdTime());
                json.writeNumberProperty("lastRefreshTime", login.usedTime());
                json.writeNumberProperty("expirationTime", login.expiryTime());
                LoginAudit.writeClient(json, login.client());
                Json.writeText(json, "actingUser", login.acting());
                json.writeBooleanProperty("current", exchange.login().equals(Optional.of(login.id())));
                json.writeEndObject();
            }
            json.writeEndArray();
        });
    }

    Response endLogins(Exchange exchange) {
        logins.endAll(exchange.caller());
        return Response.empty();
    }

    Response endLogin(Exchange exchange) {
        logins.end(exchange.caller(), exchange.uuid("loginId"));
        return Response.empty();
    }

    Response followActivationLink(Exchange exchange) {
        String token = exchange.required("activateToken", "String");
        return switch (users.activationState(token, exchange.client())) {
            case UNKNOWN -> Response.empty(409);
            case EXPIRED -> Response.seeOther("/activationLinkExpired");
            case OPEN -> Response.seeOther("/login/createPassword?activateToken=" + encoded(token));
        };
    }

    Response activate(Exchange exchange) {
        Body body = exchange.body();
        return pair(users.activate(
                body.text("activateToken").orElse(""),
                body.text("password").orElse(""),
                exchange.flag("sendActivationMail", true),
                exchange.client()));
    }

    Response passwordPolicy(Exchange exchange) {
        return Response.json(
                json -> AdminResource.write(json, settings.security().policy()));
    }

    Response requestReset(Exchange exchange) {
        credentials.requestReset(exchange.body().text("email").orElse(""), exchange.client());
        return Response.empty();
    }

    Response followResetLink(Exchange exchange) {
        String token = exchange.required("resetToken", "String");
        return switch (credentials.resetState(token, exchange.client())) {
            case UNKNOWN -> Response.empty(409);
            case EXPIRED -> Response.seeOther("/passwordResetLinkExpired");
            case TOO_OFTEN -> Response.empty(429);
            case OPEN -> Response.seeOther("/login/resetPassword?resetToken=" + encoded(token));
        };
    }

    Response resetPassword(Exchange exchange) {
        Body body = exchange.body();
        credentials.reset(
                body.text("resetToken").orElse(""), body.text("password").orElse(""), exchange.client());
        return Response.empty();
    }

    private static String encoded(String token) {
        return URLEncoder.encode(token, StandardCharsets.UTF_8);
    }

    static Response pair(TokenPair pair) {
        return Response.json(json -> {
            json.writeStartObject();
            json.writeStringProperty("token", pair.token());
            json.writeStringProperty("refreshToken", pair.refreshToken());
            json.writeEndObject();
        });
    }

    /** Whatever is wrong with such a body, the answer is the same. */
    private static Body strict(Exchange exchange, Set<String> names) {
        try {
            Body body = exchange.body();
            if (body.hasOnly(names)) {
                return body;
            }
        } catch (JacksonException | Rejected e) {
            throw failed();
        }
        throw failed();
    }

    private static String some(Body body, String name) {
        return body.value(name)
                .filter(value -> value instanceof Node.Text(String text) && !text.isBlank())
                .map(value -> ((Node.Text) value).value())
                .orElseThrow(AuthResource::failed);
    }

    private static Rejected failed() {
        return new Rejected(ErrorCode.AUTHENTICATION, "Authentication failed");
    }
}
