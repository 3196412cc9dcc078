package io.signalbox.api;

import io.signalbox.identity.Logins;
import io.signalbox.identity.PasswordPolicy;
import io.signalbox.identity.TokenPair;
import io.signalbox.identity.Users;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import tools.jackson.core.JacksonException;

/** Login, refresh, logout, activation (authentication §2, §4, §6, §8). */
final class AuthResource {
    static final Endpoint OTHER_METHOD = _ -> {
        throw new Rejected(ErrorCode.AUTHENTICATION, "Authentication method not supported");
    };

    private final Logins logins;
    private final Users users;

    AuthResource(Logins logins, Users users) {
        this.logins = logins;
        this.users = users;
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
