package io.signalbox.identity;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Users and their way in: created disabled, activated by a link (REST API §10, authentication §8).
 *
 * <p>Virtual or platform threads: calls block. Calls with a {@link Caller} check what it may do. Failures are {@link
 * Rejected}, in the words of the specification.
 */
public final class Users {
    /** A link that ends sooner is not worth handing out. */
    private static final Duration ACTIVATION_LEFT_MIN = Duration.ofMinutes(15);

    private static final int ECHO_CHARS_MAX = 128;
    private static final String TYPE = "User";

    private final IdentityStore store;
    private final Passwords passwords;
    private final Tokens tokens;
    private final Logins logins;
    private final SystemSettings settings;
    private final Guesses guesses;
    private final Mails mails;
    private final UserListener listener;
    private final CustomerOwners customers;
    private final InstantSource clock;

    public Users(
            IdentityStore store,
            Passwords passwords,
            Tokens tokens,
            Logins logins,
            SystemSettings settings,
            Guesses guesses,
            Mails mails,
            UserListener listener,
            CustomerOwners customers,
            InstantSource clock) {
        this.store = store;
        this.passwords = passwords;
        this.tokens = tokens;
        this.logins = logins;
        this.settings = settings;
        this.guesses = guesses;
        this.mails = mails;
        this.listener = listener;
        this.customers = customers;
        this.clock = clock;
    }

    /**
     * A user with the state of its credentials.
     *
     * @param enabled       whether it may log in
     * @param activated     whether it ever had a password
     * @param lastLoginTime epoch milliseconds
     */
    public record Details(User user, boolean enabled, boolean activated, Optional<Long> lastLoginTime) {}

    /** A link, and for how many milliseconds it is good. */
    public record Link(String url, long ttlMillis) {}

    /** What {@link #activationState} says of an activation token. */
    public enum ActivationState {
        UNKNOWN,
        EXPIRED,
        OPEN
    }

    /** The caller itself, as it is stored now. */
    public User current(Caller caller) {
        return existing(caller.user());
    }

    public Details details(Caller caller, UserId id) {
        User user = existing(id);
        Access.user(caller, Access.Operation.READ, user).orReject(TYPE, id);
        Optional<UserCredentials> credentials = store.credentials(id);
        return new Details(
                user,
                credentials.isPresent() && credentials.get().enabled(),
                credentials.flatMap(UserCredentials::passwordHash).isPresent(),
                credentials.flatMap(UserCredentials::lastLoginTime));
    }

    /**
     * Makes or changes a user.
     *
     * @param invites mails a new user the activation link; without mail the user is not made
     * @throws Rejected {@code INTERNAL} as well: there is no mail
     */
    public User save(Caller caller, SaveUser wish, boolean invites) {
        Optional<TenantId> tenant = caller.authority() == Authority.SYS_ADMIN ? wish.tenant() : caller.tenant();
        if (wish.id().isPresent()) {
            return update(caller, wish, existing(wish.id().get()), tenant);
        }
        User made = create(caller, wish, tenant);
        if (invites) {
            try {
                mails.activation(made, activation(made.id()).token);
            } catch (Rejected e) {
                store.deleteUser(made.id());
                throw e;
            }
        }
        return made;
    }

    private User create(Caller caller, SaveUser wish, Optional<TenantId> tenant) {
        if (caller.authority() == Authority.CUSTOMER_USER) {
            throw Access.forbidden();
        }
        long now = clock.millis();
        User user = new User(
                new UserId(Uuids.next(now)),
                now,
                wish.email(),
                checked(wish, tenant),
                tenant,
                wish.customer(),
                wish.firstName(),
                wish.lastName(),
                wish.phone(),
                wish.additionalInfo(),
                1);
        Access.user(caller, Access.Operation.CREATE, user).orReject(TYPE, user.id());
        checkOwners(user);
        UserCredentials credentials = new UserCredentials(
                user.id(),
                false,
                Optional.empty(),
                Optional.of(Secrets.random(Credentials.TOKEN_BYTES)),
                now + settings.security().activation().toMillis());
        return store.insertUser(user, credentials);
    }

    private User update(Caller caller, SaveUser wish, User old, Optional<TenantId> tenant) {
        Access.user(caller, Access.Operation.WRITE, old).orReject(TYPE, old.id());
        Authority authority = checked(wish, tenant);
        if (authority != old.authority()) {
            if (caller.authority() == Authority.CUSTOMER_USER) {
                throw Access.forbidden();
            }
            throw Texts.bad("Can't update user authority!");
        }
        if (!tenant.equals(old.tenant())) {
            throw Texts.bad("Can't update user tenant id!");
        }
        if (!wish.customer().equals(old.customer())) {
            throw Texts.bad("Can't update user customer id!");
        }
        User saved = store.updateUser(new User(
                old.id(),
                old.createdTime(),
                wish.email(),
                authority,
                tenant,
                old.customer(),
                wish.firstName(),
                wish.lastName(),
                wish.phone(),
                wish.additionalInfo(),
                wish.version().orElse(old.version())));
        listener.changed(saved.id());
        return saved;
    }

    /** Checks what needs no store, in the order of the reference. */
    private static Authority checked(SaveUser wish, Optional<TenantId> tenant) {
        if (wish.email().isBlank()) {
            throw Texts.bad("User email should be specified!");
        }
        Texts.checkEmail(wish.email());
        Texts.check("first name", wish.firstName());
        Texts.check("last name", wish.lastName());
        Texts.check("phone", wish.phone());
        Authority authority = wish.authority().orElseThrow(() -> Texts.bad("User authority isn't defined!"));
        switch (authority) {
            case SYS_ADMIN -> {
                if (tenant.isPresent() || wish.customer().isPresent()) {
                    throw Texts.bad("System administrator can't be assigned neither to tenant nor to customer!");
                }
            }
            case TENANT_ADMIN -> {
                if (tenant.isEmpty()) {
                    throw Texts.bad("Tenant administrator should be assigned to tenant!");
                }
                if (wish.customer().isPresent()) {
                    throw Texts.bad("Tenant administrator can't be assigned to customer!");
                }
            }
            case CUSTOMER_USER -> {
                if (tenant.isEmpty() || wish.customer().isEmpty()) {
                    throw Texts.bad("Customer user should be assigned to customer!");
                }
            }
        }
        return authority;
    }

    private void checkOwners(User user) {
        if (user.tenant().isPresent() && store.tenant(user.tenant().get()).isEmpty()) {
            throw Texts.bad("User is referencing to non-existent tenant!");
        }
        if (user.customer().isPresent()) {
            Optional<TenantId> owner = customers.tenantOf(user.customer().get());
            if (owner.isEmpty()) {
                throw Texts.bad("User is referencing to non-existent customer!");
            }
            if (!owner.equals(user.tenant())) {
                throw Texts.bad("User can't be assigned to customer from different tenant!");
            }
        }
    }

    public void delete(Caller caller, UserId id) {
        User user = existing(id);
        Access.user(caller, Access.Operation.DELETE, user).orReject(TYPE, id);
        if (user.authority() == Authority.SYS_ADMIN && caller.user().equals(id)) {
            throw new Rejected(ErrorCode.PERMISSION_DENIED, "Sysadmin is not allowed to delete himself");
        }
        if (!store.deleteUser(id)) {
            throw Access.missing(TYPE, id);
        }
        tokens.endTokensOf(id);
        listener.changed(id);
    }

    /** Removes the users of a customer that is about to be deleted, with their tokens. The caller checked that it may. */
    public void deleteAllOf(CustomerId customer) {
        store.deleteUsersOf(customer);
        tokens.endTokensOf(customer);
        listener.deletedAllOf(customer);
    }

    /** The activation link of this user; a new one when the old ends soon. */
    public Link activationLink(Caller caller, UserId id) {
        User user = existing(id);
        Access.user(caller, Access.Operation.READ, user).orReject(TYPE, id);
        Activation activation = activation(id);
        return new Link(mails.activationLink(activation.token), activation.expiryTime - clock.millis());
    }

    /** Mails the activation link. @throws Rejected {@code INTERNAL} as well: there is no mail */
    public void invite(Caller caller, String email) {
        User user = store.userByEmail(email)
                .filter(found -> Access.user(caller, Access.Operation.READ, found) == Access.Verdict.ALLOWED)
                .orElseThrow(() -> new Rejected(ErrorCode.NOT_FOUND, "Requested item wasn't found!"));
        mails.activation(user, activation(user.id()).token);
    }

    private record Activation(String token, long expiryTime) {}

    private Activation activation(UserId id) {
        UserCredentials credentials = store.credentials(id).orElseThrow(() -> Access.missing(TYPE, id));
        if (credentials.enabled() || credentials.activateToken().isEmpty()) {
            throw Texts.bad("User is already activated!");
        }
        String token = credentials.activateToken().get();
        long now = clock.millis();
        if (credentials.activateExpiryTime() - now >= ACTIVATION_LEFT_MIN.toMillis()) {
            return new Activation(token, credentials.activateExpiryTime());
        }
        Activation next = new Activation(
                Secrets.random(Credentials.TOKEN_BYTES),
                now + settings.security().activation().toMillis());
        UserCredentials renewed =
                new UserCredentials(id, false, credentials.passwordHash(), Optional.of(next.token), next.expiryTime);
        if (!store.activate(renewed, token, now)) {
            throw Texts.bad("User is already activated!");
        }
        return next;
    }

    public ActivationState activationState(String token, Client client) {
        guesses.check(client);
        Optional<UserCredentials> credentials = store.credentialsByActivateToken(token);
        if (credentials.isEmpty()) {
            guesses.failed(client);
            return ActivationState.UNKNOWN;
        }
        return clock.millis() > credentials.get().activateExpiryTime() ? ActivationState.EXPIRED : ActivationState.OPEN;
    }

    /**
     * Gives the user of this activation token its password, and its first login.
     *
     * @param mails tells the user, if mail is set up
     */
    public TokenPair activate(String token, String password, boolean mails, Client client) {
        guesses.check(client);
        settings.security().policy().check(password);
        Optional<UserCredentials> found = store.credentialsByActivateToken(token);
        if (found.isEmpty()) {
            guesses.failed(client);
            throw unknownToken(token);
        }
        UserCredentials credentials = found.get();
        if (credentials.enabled()) {
            throw Texts.bad("User credentials already activated");
        }
        long now = clock.millis();
        if (now > credentials.activateExpiryTime()) {
            throw Texts.bad("Activation token expired");
        }
        User user = store.user(credentials.user()).orElseThrow(() -> unknownToken(token));
        String hash = passwords.hash(password);
        UserCredentials active = new UserCredentials(user.id(), true, Optional.of(hash), Optional.empty(), 0);
        if (!store.activate(active, token, now)) {
            throw unknownToken(token);
        }
        listener.changed(user.id());
        if (mails) {
            this.mails.activated(user);
        }
        return logins.begin(user, client);
    }

    private static Rejected unknownToken(String token) {
        String echo = token.length() <= ECHO_CHARS_MAX ? token : token.substring(0, ECHO_CHARS_MAX);
        return Texts.bad("Unable to find user credentials by activateToken [" + echo + "]");
    }

    private User existing(UserId id) {
        return store.user(id).orElseThrow(() -> Access.missing(TYPE, id));
    }
}
