package io.signalbox.api;

import io.signalbox.identity.ApiKeys;
import io.signalbox.identity.Logins;
import io.signalbox.identity.Tokens;
import io.signalbox.ops.ErrorCode;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;

/** Reads who makes a request from its headers (authentication §1). Any thread; never blocks. */
public final class Authentication {
    private static final String HEADER = "x-authorization";
    private static final String SECOND_HEADER = "authorization";
    private static final String BEARER = "Bearer ";
    private static final String API_KEY = "ApiKey ";

    private static final Authenticated NOTHING =
            new Authenticated.Refused(ErrorCode.AUTHENTICATION, "Authentication failed");
    private static final Authenticated WRONG = new Authenticated.Refused(ErrorCode.AUTHENTICATION, Logins.WRONG);
    private static final Authenticated EXPIRED =
            new Authenticated.Refused(ErrorCode.TOKEN_EXPIRED, "Token has expired");

    /** In epoch seconds; far enough, and still a number of milliseconds. */
    private static final long NEVER = Long.MAX_VALUE / 1_000_000;

    private final Tokens tokens;
    private final ApiKeys keys;
    private final CallLimits limits;

    public Authentication(Tokens tokens, ApiKeys keys, CallLimits limits) {
        this.tokens = tokens;
        this.keys = keys;
        this.limits = limits;
    }

    /** Who makes a new request, unless they make too many: a request must be admitted once only. */
    public Authenticated admit(HttpServerRequest request) {
        if (!limits.admits(request)) {
            return CallLimits.ADDRESS;
        }
        Authenticated who = authenticate(request.headers());
        return who instanceof Authenticated.As as ? limits.refusal(as.caller()).orElse(who) : who;
    }

    /** Whether a new request that needs no token may be made from its address. */
    boolean admitsOpen(HttpServerRequest request) {
        return limits.admits(request);
    }

    /** What an access token that came otherwise than in a header is worth. */
    Tokens.Result token(String token) {
        return tokens.readAccess(token);
    }

    /** The second header counts only when the first is absent; schemes are told apart by case. */
    public Authenticated authenticate(MultiMap headers) {
        String value = headers.get(HEADER);
        if (value == null) {
            value = headers.get(SECOND_HEADER);
        }
        if (value == null) {
            return NOTHING;
        }
        if (value.startsWith(BEARER) && value.length() > BEARER.length()) {
            return bearer(value.substring(BEARER.length()));
        }
        return value.startsWith(API_KEY) && value.length() > API_KEY.length()
                ? apiKey(value.substring(API_KEY.length()))
                : NOTHING;
    }

    /** @param token an access token */
    public Authenticated bearer(String token) {
        return switch (tokens.readAccess(token)) {
            case Tokens.Verified good ->
                new Authenticated.As(good.caller(), Optional.of(good.login()), good.expiresAt());
            case Tokens.Refusal.EXPIRED, Tokens.Refusal.OUTDATED -> EXPIRED;
            case Tokens.Refusal.MALFORMED -> WRONG;
            case Tokens.Renewal _ -> WRONG;
        };
    }

    /** @param value what opens, as it was shown when the key was made */
    public Authenticated apiKey(String value) {
        return switch (keys.read(value)) {
            case ApiKeys.Result.Good(var caller, var _, long expirationTime) ->
                new Authenticated.As(caller, Optional.empty(), expirationTime == 0 ? NEVER : expirationTime / 1000);
            case ApiKeys.Result.Bad(String text) -> new Authenticated.Refused(ErrorCode.AUTHENTICATION, text);
        };
    }
}
