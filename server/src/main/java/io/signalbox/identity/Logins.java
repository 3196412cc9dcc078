package io.signalbox.identity;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.Optional;

/**
 * Turns passwords and refresh tokens into token pairs (authentication §2, §4, §6).
 *
 * <p>Virtual or platform threads: calls block. Failures are {@link Rejected} with {@code AUTHENTICATION} unless said
 * otherwise, in the words of the specification.
 */
public final class Logins {
    public static final String WRONG = "Invalid username or password";
    static final String NOT_ACTIVE = "User account is not active";

    private final IdentityStore store;
    private final Passwords passwords;
    private final Tokens tokens;

    public Logins(IdentityStore store, Passwords passwords, Tokens tokens) {
        this.store = store;
        this.passwords = passwords;
        this.tokens = tokens;
    }

    /**
     * A new session for this user. Every failure costs one password check, so that time does not tell who has an account.
     *
     * @throws Rejected {@code TOO_MANY_REQUESTS} as well
     */
    public TokenPair login(String email, String password) {
        Optional<User> user = store.userByEmail(email);
        Optional<UserCredentials> credentials = user.flatMap(known -> store.credentials(known.id()));
        boolean right = passwords.matches(password, credentials.flatMap(UserCredentials::passwordHash));
        if (user.isEmpty() || credentials.isEmpty()) {
            throw refused(WRONG);
        }
        if (credentials.get().passwordHash().isEmpty()) {
            throw refused(NOT_ACTIVE);
        }
        if (!right) {
            throw refused(WRONG);
        }
        if (!credentials.get().enabled()) {
            throw refused(NOT_ACTIVE);
        }
        return tokens.issue(user.get());
    }

    /**
     * A new session for the user of this refresh token, with what is stored about the user now.
     *
     * @throws Rejected {@code TOKEN_EXPIRED} as well
     */
    public TokenPair refresh(String refreshToken) {
        return switch (tokens.readRefresh(refreshToken)) {
            case Tokens.Renewal renewal -> {
                User user = store.user(renewal.user()).orElseThrow(() -> refused(WRONG));
                UserCredentials credentials = store.credentials(user.id()).orElseThrow(() -> refused(WRONG));
                if (!credentials.enabled()) {
                    throw refused(NOT_ACTIVE);
                }
                yield tokens.issue(user);
            }
            case Tokens.Refusal.EXPIRED -> throw new Rejected(ErrorCode.TOKEN_EXPIRED, "Token has expired");
            case Tokens.Refusal.OUTDATED -> throw refused("Token is outdated");
            case Tokens.Refusal.MALFORMED -> throw refused(WRONG);
            case Tokens.Verified _ -> throw refused(WRONG);
        };
    }

    /** Ends the session of this token: both its tokens are of no use from now on. */
    public void logout(Tokens.Verified token) {
        tokens.endSession(token.session());
    }

    private static Rejected refused(String text) {
        return new Rejected(ErrorCode.AUTHENTICATION, text);
    }
}
