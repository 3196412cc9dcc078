package io.signalbox.identity;

import io.signalbox.config.RateLimit;
import io.signalbox.device.UserId;
import io.signalbox.ops.Rejected;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How users change what they get in with, and administrators take it from them (authentication §7 to §9).
 *
 * <p>Virtual or platform threads: calls block. Failures are {@link Rejected}, in the words of the specification.
 */
public final class Credentials implements AutoCloseable {
    static final int TOKEN_BYTES = 30;

    private static final String TYPE = "User";
    private static final String SAME = "New password should be different from existing!";
    private static final int REQUESTS_WAITING_MAX = 1_000;
    private static final RateLimit OPENED = RateLimit.parse("5:3600"); // authentication §8.2
    private static final Logger log = LoggerFactory.getLogger(Credentials.class);

    private final IdentityStore store;
    private final Passwords passwords;
    private final Tokens tokens;
    private final Logins logins;
    private final SystemSettings settings;
    private final Guesses guesses;
    private final Mails mails;
    private final UserListener listener;
    private final InstantSource clock;
    private final RateBuckets<UserId> opened;
    private final RateBuckets<UserId> mailed;
    private final ThreadPoolExecutor requests = new ThreadPoolExecutor(
            1,
            1,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(REQUESTS_WAITING_MAX),
            Thread.ofPlatform().daemon().name("password-resets").factory());

    public Credentials(
            IdentityStore store,
            Passwords passwords,
            Tokens tokens,
            Logins logins,
            SystemSettings settings,
            Guesses guesses,
            Mails mails,
            UserListener listener,
            InstantSource clock,
            LongSupplier nanoTime) {
        this.store = store;
        this.passwords = passwords;
        this.tokens = tokens;
        this.logins = logins;
        this.settings = settings;
        this.guesses = guesses;
        this.mails = mails;
        this.listener = listener;
        this.clock = clock;
        this.opened = new RateBuckets<>(nanoTime);
        this.mailed = new RateBuckets<>(nanoTime);
        requests.allowCoreThreadTimeOut(true);
    }

    /** What {@link #resetState} says of a reset token. */
    public enum ResetState {
        UNKNOWN,
        EXPIRED,
        /** The link was opened too often. */
        TOO_OFTEN,
        OPEN
    }

    /** Sets the caller's own password, and ends all tokens but those it gets now. */
    public TokenPair change(Caller caller, String current, String wanted, Client client) {
        guesses.check(client, caller.email());
        User user = existing(caller.user());
        UserCredentials credentials = credentials(user.id());
        if (!passwords.matches(current, credentials.passwordHash())) {
            guesses.failed(client, caller.email());
            throw Texts.bad("Current password doesn't match!");
        }
        checkNew(credentials, wanted);
        if (!store.setPassword(user.id(), passwords.hash(wanted), Optional.empty(), clock.millis())) {
            throw Access.missing(TYPE, user.id());
        }
        endLogins(user.id());
        mails.passwordWasReset(user);
        return logins.begin(user, client);
    }

    private void endLogins(UserId user) {
        tokens.endTokensOf(user);
        store.deleteLogins(user);
    }

    private void checkNew(UserCredentials old, String wanted) {
        PasswordPolicy policy = settings.security().policy();
        policy.check(wanted);
        if (old.passwordHash().isPresent() && passwords.matches(wanted, old.passwordHash())) {
            throw Texts.bad(SAME);
        }
        int days = policy.reuseDays().orElse(0);
        if (days > 0) {
            long since = clock.millis() - Duration.ofDays(days).toMillis();
            for (String hash : store.passwordsSince(old.user(), since)) {
                if (passwords.matches(wanted, Optional.of(hash))) {
                    throw Texts.bad("Password was already used for the last " + days + " days");
                }
            }
        }
    }

    /**
     * Mails a reset link to whom this address belongs, behind the answer: neither what is answered nor how fast tells whether
     * that is somebody. When too many requests wait, or mail is not set up, nothing is done.
     */
    public void requestReset(String email, Client client) {
        guesses.check(client);
        guesses.failed(client);
        try {
            requests.execute(() -> mailReset(email));
        } catch (RejectedExecutionException e) {
            log.warn("password reset not mailed, too many wait waiting={}", REQUESTS_WAITING_MAX);
        }
    }

    private void mailReset(String email) {
        try {
            if (!mails.isSetUp()) {
                return;
            }
            Optional<User> user = store.userByEmail(email).filter(this::hasPassword);
            if (user.isPresent() && mailed.take(user.get().id(), OPENED)) {
                mails.passwordReset(user.get(), logins.resetToken(user.get().id()));
            }
        } catch (Rejected e) {
            log.warn("password reset not mailed why=\"{}\"", e.text());
        }
    }

    private boolean hasPassword(User user) {
        return store.credentials(user.id())
                .flatMap(UserCredentials::passwordHash)
                .isPresent();
    }

    /** The link that sets a new password of this user, for the administrator who asks; makes one that was made before worthless. */
    public String resetLink(Caller caller, UserId id) {
        User user = existing(id);
        Access.user(caller, Access.Operation.WRITE, user).orReject(TYPE, id);
        if (!hasPassword(user)) {
            throw Texts.bad("User is not activated yet!");
        }
        return mails.resetLink(logins.resetToken(id));
    }

    /** What following a reset link comes to. */
    public ResetState resetState(String token, Client client) {
        guesses.check(client);
        Optional<PasswordReset> reset = store.reset(Secrets.hash(token));
        if (reset.isEmpty()) {
            guesses.failed(client);
            return ResetState.UNKNOWN;
        }
        if (clock.millis() > reset.get().expiryTime()) {
            return ResetState.EXPIRED;
        }
        return opened.take(reset.get().user(), OPENED) ? ResetState.OPEN : ResetState.TOO_OFTEN;
    }

    /** Sets the password of whom this reset token was given, and ends all tokens of that user. */
    public void reset(String token, String password, Client client) {
        guesses.check(client);
        byte[] hash = Secrets.hash(token);
        Optional<PasswordReset> reset = store.reset(hash);
        if (reset.isEmpty()) {
            guesses.failed(client);
            throw Texts.bad("Invalid reset token!");
        }
        if (clock.millis() > reset.get().expiryTime()) {
            throw Texts.bad("Password reset token expired");
        }
        User user = existing(reset.get().user());
        checkNew(credentials(user.id()), password);
        if (!store.setPassword(user.id(), passwords.hash(password), Optional.of(hash), clock.millis())) {
            throw Texts.bad("Invalid reset token!");
        }
        endLogins(user.id());
        mails.passwordWasReset(user);
    }

    /** Lets a user in, or ends all its tokens and API keys' use until it is let in again. */
    public void enable(Caller caller, UserId id, boolean enabled) {
        User user = existing(id);
        Access.user(caller, Access.Operation.WRITE, user).orReject(TYPE, id);
        if (!enabled && caller.user().equals(id)) {
            throw Texts.bad("Users can't disable themselves!");
        }
        if (enabled && !hasPassword(user)) {
            throw Texts.bad("User is not activated yet!");
        }
        if (!store.setEnabled(id, enabled)) {
            throw Access.missing(TYPE, id);
        }
        if (!enabled) {
            endLogins(id);
        }
        listener.changed(id);
    }

    private User existing(UserId id) {
        return store.user(id).orElseThrow(() -> Access.missing(TYPE, id));
    }

    private UserCredentials credentials(UserId id) {
        return store.credentials(id).orElseThrow(() -> Access.missing(TYPE, id));
    }

    @Override
    public void close() {
        requests.shutdownNow();
    }
}
