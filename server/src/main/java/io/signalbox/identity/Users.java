package io.signalbox.identity;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;

/**
 * Users and their way in: created disabled, activated by a link (REST API §10, authentication §8).
 *
 * <p>Virtual or platform threads: calls block. Calls with a {@link Caller} check what it may do. Failures are {@link
 * Rejected}, in the words of the specification.
 */
public final class Users {
    static final Duration ACTIVATION_LIFETIME = Duration.ofHours(24);
    /** A link that ends sooner is not worth handing out. */
    private static final Duration ACTIVATION_LEFT_MIN = Duration.ofMinutes(15);

    private static final int ACTIVATION_TOKEN_BYTES = 30;
    private static final int ECHO_CHARS_MAX = 128;
    private static final String TYPE = "User";

    private final IdentityStore store;
    private final Passwords passwords;
    private final Tokens tokens;
    private final CustomerOwners customers;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();

    public Users(
            IdentityStore store, Passwords passwords, Tokens tokens, CustomerOwners customers, InstantSource clock) {
        this.store = store;
        this.passwords = passwords;
        this.tokens = tokens;
        this.customers = customers;
        this.clock = clock;
    }

    /**
     * A user with the state of its credentials.
     *
     * @param enabled   whether it may log in
     * @param activated whether it ever had a password
     */
    public record Details(User user, boolean enabled, boolean activated) {}

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
                credentials.flatMap(UserCredentials::passwordHash).isPresent());
    }

    public User save(Caller caller, SaveUser wish) {
        Optional<TenantId> tenant = caller.authority() == Authority.SYS_ADMIN ? wish.tenant() : caller.tenant();
        return wish.id().isPresent()
                ? update(caller, wish, existing(wish.id().get()), tenant)
                : create(caller, wish, tenant);
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
                Optional.of(activationToken()),
                now + ACTIVATION_LIFETIME.toMillis());
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
        return store.updateUser(new User(
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
    }

    /** Removes the users of a customer that is about to be deleted, with their tokens. The caller checked that it may. */
    public void deleteAllOf(CustomerId customer) {
        store.deleteUsersOf(customer);
        tokens.endTokensOf(customer);
    }

    /** The token of the activation link; a new one when the old ends soon. */
    public String activationToken(Caller caller, UserId id) {
        User user = existing(id);
        Access.user(caller, Access.Operation.READ, user).orReject(TYPE, id);
        UserCredentials credentials = store.credentials(id).orElseThrow(() -> Access.missing(TYPE, id));
        if (credentials.enabled() || credentials.activateToken().isEmpty()) {
            throw Texts.bad("User is already activated!");
        }
        String token = credentials.activateToken().get();
        long now = clock.millis();
        if (credentials.activateExpiryTime() - now >= ACTIVATION_LEFT_MIN.toMillis()) {
            return token;
        }
        String next = activationToken();
        UserCredentials renewed = new UserCredentials(
                id, false, credentials.passwordHash(), Optional.of(next), now + ACTIVATION_LIFETIME.toMillis());
        if (!store.activate(renewed, token)) {
            throw Texts.bad("User is already activated!");
        }
        return next;
    }

    public ActivationState activationState(String token) {
        Optional<UserCredentials> credentials = store.credentialsByActivateToken(token);
        if (credentials.isEmpty()) {
            return ActivationState.UNKNOWN;
        }
        return clock.millis() > credentials.get().activateExpiryTime() ? ActivationState.EXPIRED : ActivationState.OPEN;
    }

    /** Gives the user of this activation token its password, and its first session. */
    public TokenPair activate(String token, String password) {
        PasswordPolicy.check(password);
        UserCredentials credentials = store.credentialsByActivateToken(token).orElseThrow(() -> unknownToken(token));
        if (credentials.enabled()) {
            throw Texts.bad("User credentials already activated");
        }
        if (clock.millis() > credentials.activateExpiryTime()) {
            throw Texts.bad("Activation token expired");
        }
        User user = store.user(credentials.user()).orElseThrow(() -> unknownToken(token));
        String hash = passwords.hash(password);
        UserCredentials active = new UserCredentials(user.id(), true, Optional.of(hash), Optional.empty(), 0);
        if (!store.activate(active, token)) {
            throw unknownToken(token);
        }
        return tokens.issue(user);
    }

    private static Rejected unknownToken(String token) {
        String echo = token.length() <= ECHO_CHARS_MAX ? token : token.substring(0, ECHO_CHARS_MAX);
        return Texts.bad("Unable to find user credentials by activateToken [" + echo + "]");
    }

    private User existing(UserId id) {
        return store.user(id).orElseThrow(() -> Access.missing(TYPE, id));
    }

    private String activationToken() {
        byte[] bytes = new byte[ACTIVATION_TOKEN_BYTES];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
