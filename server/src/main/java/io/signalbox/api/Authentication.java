package io.signalbox.api;

import io.signalbox.identity.Logins;
import io.signalbox.identity.Tokens;
import io.signalbox.ops.ErrorCode;
import io.vertx.core.MultiMap;

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

    private final Tokens tokens;

    public Authentication(Tokens tokens) {
        this.tokens = tokens;
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
            return switch (tokens.readAccess(value.substring(BEARER.length()))) {
                case Tokens.Verified token -> new Authenticated.As(token);
                case Tokens.Refusal.EXPIRED, Tokens.Refusal.OUTDATED -> EXPIRED;
                case Tokens.Refusal.MALFORMED -> WRONG;
                case Tokens.Renewal _ -> WRONG;
            };
        }
        return value.startsWith(API_KEY) && value.length() > API_KEY.length() ? WRONG : NOTHING;
    }
}
