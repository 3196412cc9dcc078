package io.signalbox.identity;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import java.util.Optional;

/**
 * Tenants and users on disk. Every call blocks until it is read or committed: virtual or platform threads only. Fails with
 * {@link io.signalbox.ops.Rejected} where a method says so, and with {@code STORE_UNAVAILABLE} when the store does.
 */
public interface IdentityStore {
    /** Whether no user was ever stored: the first start. */
    boolean isEmpty();

    Optional<Tenant> tenant(TenantId id);

    Tenant insertTenant(Tenant tenant);

    /** @throws io.signalbox.ops.Rejected {@code VERSION_CONFLICT} */
    Tenant updateTenant(Tenant tenant);

    /**
     * Removes the tenant with its users, and whatever customers, profiles and devices it still has; false: there was none. Remove
     * devices through the registry first, which tells their sessions.
     */
    boolean deleteTenant(TenantId id);

    Optional<User> user(UserId id);

    Optional<User> userByEmail(String email);

    Optional<UserCredentials> credentials(UserId id);

    Optional<UserCredentials> credentialsByActivateToken(String token);

    /** @throws io.signalbox.ops.Rejected {@code BAD_REQUEST}: {@code User with email 'x' already present in database!} */
    User insertUser(User user, UserCredentials credentials);

    /** @throws io.signalbox.ops.Rejected {@code VERSION_CONFLICT}, or the email is taken */
    User updateUser(User user);

    /** False: there was none. */
    boolean deleteUser(UserId id);

    void deleteUsersOf(CustomerId customer);

    void updateCredentials(UserCredentials credentials);

    /** Sets credentials only while their activation token still is {@code expectedToken}; false: it was used meanwhile. */
    boolean activate(UserCredentials credentials, String expectedToken);
}
