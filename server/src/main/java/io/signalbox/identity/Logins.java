package io.signalbox.identity;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * Turns passwords and refresh tokens into token pairs, and ends them (authentication §2 to §4, §6, §12).
 *
 * <p>Virtual or platform threads: calls block. Failures are {@link Rejected} with {@code AUTHENTICATION} unless said
 * otherwise, in the words of the specification.
 */
public final class Logins {
    public static final String WRONG = "Invalid username or password";
    static final String NOT_ACTIVE = "User account is not active";

    private static final String LOCKED = "User account is locked due to security policy";
    private static final String EXPIRED = "User password expired!";

    private final IdentityStore store;
    private final Passwords passwords;
    private final Tokens tokens;
    private final SystemSettings settings;
    private final Guesses guesses;
    private final PublicCustomers publicCustomers;
    private final Mails mails;
    private final LoginListener listener;
    private final InstantSource clock;
    private final boolean allowsActing;

    /** @param allowsActing whether administrators may act as users */
    public Logins(
            IdentityStore store,
            Passwords passwords,
            Tokens tokens,
            SystemSettings settings,
            Guesses guesses,
            PublicCustomers publicCustomers,
            Mails mails,
            LoginListener listener,
            InstantSource clock,
            boolean allowsActing) {
        this.store = store;
        this.passwords = passwords;
        this.tokens = tokens;
        this.settings = settings;
        this.guesses = guesses;
        this.publicCustomers = publicCustomers;
        this.mails = mails;
        this.listener = listener;
        this.clock = clock;
        this.allowsActing = allowsActing;
    }

    /**
     * A new login of this user. Every failure costs one password check and waits for no write, so that time does not tell who
     * has an account.
     *
     * @throws Rejected {@code TOO_MANY_REQUESTS}, {@code CREDENTIALS_EXPIRED} or {@code PASSWORD_VIOLATION} as well
     */
    public TokenPair login(String email, String password, Client client) {
        guesses.check(client, email);
        SecuritySettings security = settings.security();
        if (security.policy().forcesReset()
                && !security.policy().violations(password).isEmpty()) {
            guesses.failed(client, email);
            throw new Rejected(
                    ErrorCode.PASSWORD_VIOLATION,
                    "The entered password violates our policies. If this is your real password, please reset it.");
        }
        Optional<User> found = store.userByEmail(email);
        long at = found.map(known -> tokens.instant(known.id())).orElse(0L);
        Optional<UserCredentials> stored = found.flatMap(known -> store.credentials(known.id()));
        boolean right = passwords.matches(password, stored.flatMap(UserCredentials::passwordHash));
        if (found.isEmpty() || stored.isEmpty()) {
            guesses.failed(client, email);
            throw refused(WRONG);
        }
        User user = found.get();
        UserCredentials credentials = stored.get();
        if (!right && credentials.passwordHash().isPresent()) {
            guesses.failed(client, email);
            throw wrongPassword(user, client, security);
        }
        if (!right || !credentials.enabled()) {
            guesses.failed(client, email);
            throw told(user, client, NOT_ACTIVE);
        }
        if (isOver(credentials.passwordSetTime(), security.policy().expirationDays())) {
            listener.refused(user, client, EXPIRED);
            throw new Rejected(ErrorCode.CREDENTIALS_EXPIRED, EXPIRED, Map.of("resetToken", resetToken(user.id())));
        }
        TokenPair pair = begin(user, client, Optional.empty(), at);
        listener.loggedIn(user, client);
        return pair;
    }

    /** Waits for the count only where it may lock the account, which then shows that there is one anyway. */
    private Rejected wrongPassword(User user, Client client, SecuritySettings security) {
        var counted = store.loginFailed(user.id(), security.failedLoginsMax());
        if (security.locks() && counted.toCompletableFuture().join()) {
            listener.locked(user, client);
            security.lockoutEmail()
                    .ifPresent(to ->
                            mails.locked(to, user, security.failedLoginsMax().orElseThrow()));
            return told(user, client, LOCKED);
        }
        return told(user, client, WRONG);
    }

    private Rejected told(User user, Client client, String text) {
        listener.refused(user, client, text);
        return refused(text);
    }

    private boolean isOver(long since, OptionalInt days) {
        return days.orElse(0) > 0
                && clock.millis() - since > Duration.ofDays(days.getAsInt()).toMillis();
    }

    /** A token that sets a new password, once. */
    String resetToken(UserId user) {
        String token = Secrets.random(Credentials.TOKEN_BYTES);
        long until = clock.millis() + settings.security().reset().toMillis();
        store.setReset(user, Secrets.hash(token), until);
        return token;
    }

    /** The first pair of a new login of a user who was let in this moment. */
    TokenPair begin(User user, Client client) {
        return begin(user, client, Optional.empty(), tokens.instant(user.id()));
    }

    private TokenPair begin(User user, Client client, Optional<String> acting, long at) {
        long now = clock.millis();
        UUID id = UUID.randomUUID();
        long expiry = now + tokens.settings().refresh().toMillis();
        store.loggedIn(user.id(), new Login(id, now, now, expiry, client, acting));
        return tokens.issue(user, id, at);
    }

    /** The first pair of a new login of the caller, with what is stored about it now. */
    public TokenPair renew(Caller caller, Client client) {
        long at = tokens.instant(caller.user());
        User user = store.user(caller.user()).orElseThrow(() -> refused(WRONG));
        return begin(user, client, Optional.empty(), at);
    }

    /**
     * A pair for whoever acts as this public customer.
     *
     * @param publicId as the caller wrote it
     */
    public TokenPair loginPublic(String publicId, Client client) {
        guesses.check(client);
        try {
            CustomerId customer = CustomerId.parse(publicId);
            long at = clock.millis();
            TenantId tenant = publicCustomers.tenantOf(customer).orElseThrow(() -> refused(WRONG));
            return tokens.issuePublic(tenant, customer, UUID.randomUUID(), at);
        } catch (IllegalArgumentException | Rejected e) {
            guesses.failed(client);
            throw refused(WRONG);
        }
    }

    /**
     * A new pair of the login of this refresh token, with what is stored about the user now.
     *
     * @throws Rejected {@code TOKEN_EXPIRED} as well
     */
    public TokenPair refresh(String refreshToken) {
        long now = clock.millis();
        return switch (tokens.readRefresh(refreshToken)) {
            case Tokens.Renewal renewal
            when renewal.publicCustomer().isPresent() -> {
                CustomerId customer = renewal.publicCustomer().get();
                TenantId tenant = publicCustomers.tenantOf(customer).orElseThrow(() -> refused(WRONG));
                yield tokens.issuePublic(tenant, customer, renewal.login(), at(renewal, now));
            }
            case Tokens.Renewal renewal -> {
                User user = store.user(renewal.user()).orElseThrow(() -> refused(WRONG));
                UserCredentials credentials = store.credentials(user.id()).orElseThrow(() -> refused(WRONG));
                if (!credentials.enabled()) {
                    throw refused(NOT_ACTIVE);
                }
                store.loginUsed(
                        renewal.login(), now, now + tokens.settings().refresh().toMillis());
                yield tokens.issue(user, renewal.login(), at(renewal, now));
            }
            case Tokens.Refusal.EXPIRED -> throw new Rejected(ErrorCode.TOKEN_EXPIRED, "Token has expired");
            case Tokens.Refusal.OUTDATED -> throw refused("Token is outdated");
            case Tokens.Refusal.MALFORMED -> throw refused(WRONG);
            case Tokens.Verified _ -> throw refused(WRONG);
        };
    }

    /** What ended the old pair ends the new one, also when it came between the look at the old one and now. */
    private static long at(Tokens.Renewal renewal, long now) {
        return Math.max(renewal.issuedAt(), now);
    }

    /**
     * Ends a login: all its tokens are of no use from now on.
     *
     * @param login empty: the caller has an API key, which does not end
     */
    public void logout(Caller caller, Optional<UUID> login, Client client) {
        if (login.isPresent()) {
            tokens.endLogin(login.get());
            store.deleteLogin(caller.user(), login.get());
        }
        listener.loggedOut(caller, client);
    }

    /** The caller's logins, the newest first, at most 1,000. */
    public List<Login> of(Caller caller) {
        return store.logins(caller.user(), clock.millis());
    }

    /** Ends one login of the caller. @throws Rejected {@code NOT_FOUND}: it has no such login */
    public void end(Caller caller, UUID login) {
        if (!store.deleteLogin(caller.user(), login)) {
            throw Access.missing("Login", login);
        }
        tokens.endLogin(login);
    }

    /** Ends all logins of the caller, those that are not listed any more, too. */
    public void endAll(Caller caller) {
        if (caller.user().uuid().equals(Uuids.NULL)) {
            throw Access.forbidden(); // everybody who acts as a public customer has this user
        }
        tokens.endTokensOf(caller.user());
        store.deleteLogins(caller.user());
    }

    /** Whether {@link #actAs} is there. */
    public boolean allowsActing() {
        return allowsActing;
    }

    /** A login as another user, for the administrator above. @throws Rejected {@code PERMISSION_DENIED} and others */
    public TokenPair actAs(Caller caller, UserId id, Client client) {
        if (!allowsActing) {
            throw Access.forbidden();
        }
        long at = tokens.instant(id);
        User user = store.user(id).orElseThrow(() -> Access.missing("User", id));
        Access.actAs(caller, user).orReject("User", id);
        if (store.credentials(id).filter(UserCredentials::enabled).isEmpty()) {
            throw Texts.bad(NOT_ACTIVE);
        }
        return begin(user, client, Optional.of(caller.email()), at);
    }

    private static Rejected refused(String text) {
        return new Rejected(ErrorCode.AUTHENTICATION, text);
    }
}
