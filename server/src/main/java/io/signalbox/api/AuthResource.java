package io.signalbox.api;

import static io.signalbox.api.Route.ALL;
import static io.signalbox.api.Route.ANYBODY;
import static io.signalbox.ops.ErrorCode.AUTHENTICATION;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.PATCH;
import static io.vertx.core.http.HttpMethod.POST;
import static io.vertx.core.http.HttpMethod.PUT;

import io.signalbox.api.Shape.Kind;
import io.signalbox.identity.Logins;
import io.signalbox.identity.PasswordPolicy;
import io.signalbox.identity.TokenPair;
import io.signalbox.identity.Users;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.vertx.core.http.HttpMethod;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JacksonException;

/** Login, refresh, logout, activation (authentication §2, §4, §6, §8). */
final class AuthResource implements Resource {
    static final Endpoint OTHER_METHOD = _ -> {
        throw new Rejected(ErrorCode.AUTHENTICATION, "Authentication method not supported");
    };

    private final Logins logins;
    private final Users users;

    AuthResource(Logins logins, Users users) {
        this.logins = logins;
        this.users = users;
    }

    @Override
    public void routes(RouteTable table) {
        for (HttpMethod other : List.of(GET, PUT, PATCH, DELETE)) {
            table.raw(other, "/api/auth/login", ANYBODY, AuthResource.OTHER_METHOD);
            table.raw(other, "/api/auth/token", ANYBODY, AuthResource.OTHER_METHOD);
        }
        table.raw(POST, "/api/auth/login", ANYBODY, this::login);
        table.raw(POST, "/api/auth/token", ANYBODY, this::refresh);
        table.json(POST, "/api/auth/logout", ALL, this::logout);
        table.json(GET, "/api/auth/user", ALL, this::currentUser);
        table.raw(GET, "/api/noauth/activate", ANYBODY, this::followActivationLink);
        table.json(POST, "/api/noauth/activate", ANYBODY, this::activate);
        table.json(GET, "/api/noauth/userPasswordPolicy", ANYBODY, this::passwordPolicy);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section auth = all.section("Login", "Tokens for users, and their first password");
        auth.call(POST, "/api/auth/login", "login", "Logs in")
                .takes(Shapes.LOGIN)
                .answers(Shapes.TOKENS)
                .fails(AUTHENTICATION, "The name or the password is wrong, or the body has other members");
        auth.call(POST, "/api/auth/token", "refreshToken", "Gives new tokens for a refresh token")
                .takes(Shapes.REFRESH)
                .answers(Shapes.TOKENS)
                .fails(AUTHENTICATION, "The refresh token is wrong or has expired");
        auth.call(POST, "/api/auth/logout", "logout", "Makes the tokens of this login worthless");
        auth.call(GET, "/api/auth/user", "currentUser", "Reads the caller").answers(Shapes.USER);
        auth.call(GET, "/api/noauth/activate", "followActivationLink", "Leads a browser to where the password is set")
                .requiredQuery("activateToken", Kind.TEXT, "<activateToken>", "From the activation link")
                .status(303)
                .fails(409, "Nobody has this link");
        auth.call(POST, "/api/noauth/activate", "activateUser", "Sets a user's first password, and logs in")
                .takes(Shapes.ACTIVATE)
                .answers(Shapes.TOKENS)
                .fails(BAD_REQUEST, "The link is unknown or old, or the password is too short or too long");
        auth.call(GET, "/api/noauth/userPasswordPolicy", "passwordPolicy", "Reads what passwords must be like")
                .answers(Shapes.PASSWORD_POLICY);
    }

    /** What a body must hold; unlike elsewhere nothing else. */
    private record Login(String username, String password) {
        static Login read(Body body) {
            return new Login(some(body, "username"), some(body, "password"));
        }
    }

    Response login(Exchange exchange) {
        Login login = Login.read(strict(exchange, Set.of("username", "password")));
        return pair(logins.login(login.username, login.password));
    }

    Response refresh(Exchange exchange) {
        Body body = strict(exchange, Set.of("refreshToken"));
        return pair(logins.refresh(some(body, "refreshToken")));
    }

    Response logout(Exchange exchange) {
        logins.logout(exchange.token());
        return Response.empty();
    }

    Response currentUser(Exchange exchange) {
        return UserResource.json(users.current(exchange.caller()));
    }

    Response followActivationLink(Exchange exchange) {
        String token = exchange.required("activateToken", "String");
        return switch (users.activationState(token)) {
            case UNKNOWN -> Response.empty(409);
            case EXPIRED -> Response.seeOther("/activationLinkExpired");
            case OPEN ->
                Response.seeOther(
                        "/login/createPassword?activateToken=" + URLEncoder.encode(token, StandardCharsets.UTF_8));
        };
    }

    Response activate(Exchange exchange) {
        Body body = exchange.body();
        return pair(users.activate(
                body.text("activateToken").orElse(""), body.text("password").orElse("")));
    }

    Response passwordPolicy(Exchange exchange) {
        return Response.json(json -> {
            json.writeStartObject();
            json.writeNumberProperty("minimumLength", PasswordPolicy.LENGTH_MIN);
            json.writeNumberProperty("maximumLength", PasswordPolicy.LENGTH_MAX);
            json.writeNullProperty("minimumUppercaseLetters");
            json.writeNullProperty("minimumLowercaseLetters");
            json.writeNullProperty("minimumDigits");
            json.writeNullProperty("minimumSpecialCharacters");
            json.writeBooleanProperty("allowWhitespaces", true);
            json.writeBooleanProperty("forceUserToResetPasswordIfNotValid", false);
            json.writeNullProperty("passwordExpirationPeriodDays");
            json.writeNullProperty("passwordReuseFrequencyDays");
            json.writeEndObject();
        });
    }

    private static Response pair(TokenPair pair) {
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
