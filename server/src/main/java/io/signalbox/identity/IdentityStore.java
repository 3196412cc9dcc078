package io.signalbox.identity;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

/**
 * Tenants and users on disk. Every call blocks until it is read or committed: virtual or platform threads only. Fails with
 * {@link io.signalbox.ops.Rejected} where a method says so, and with {@code STORE_UNAVAILABLE} when the store does.
 */
public interface IdentityStore extends EndedTokens {
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

    /**
     * Sets credentials only while their activation token still is {@code expectedToken}; false: it was used meanwhile.
     *
     * @param now epoch milliseconds; when the password was set, if there is one
     */
    boolean activate(UserCredentials credentials, String expectedToken, long now);

    /** Whether the user may log in; enabling forgets failed logins. False: there is no such user. */
    boolean setEnabled(UserId id, boolean enabled);

    /**
     * Sets a new password, keeps the old one among those before, and makes a reset token worthless.
     *
     * @param resetHash present: only while this is the hash of the user's reset token
     * @param now       epoch milliseconds
     * @return false: nothing was set
     */
    boolean setPassword(UserId id, String passwordHash, Optional<byte[]> resetHash, long now);

    /** Hashes of passwords that the user had after {@code time} (epoch milliseconds), the newest first, at most 16. */
    List<String> passwordsSince(UserId id, long time);

    /** Sets the hash of the user's reset token; one that was set before is worthless. Epoch milliseconds. */
    void setReset(UserId id, byte[] resetHash, long expiryTime);

    /** Whose reset token has this hash, and until when it counts. */
    Optional<PasswordReset> reset(byte[] resetHash);

    /**
     * Counts a failed login. Never blocks.
     *
     * @param failedMax more failures than this disable the account; empty: none do
     * @return whether this one did
     */
    CompletionStage<Boolean> loginFailed(UserId id, OptionalInt failedMax);

    /** Keeps a login, of which a user has 1,000 at most: older ones are forgotten, and still good. Forgets failed ones. */
    void loggedIn(UserId id, Login login);

    /** A login was refreshed. Epoch milliseconds. */
    void loginUsed(UUID login, long usedTime, long expiryTime);

    /** The user's logins that did not expire before {@code now} (epoch milliseconds), the newest first, at most 1,000. */
    List<Login> logins(UserId id, long now);

    /** Forgets one login of this user; false: there was none. */
    boolean deleteLogin(UserId id, UUID login);

    /** Forgets all logins of this user. */
    void deleteLogins(UserId id);

    /** All API keys, with their owners. */
    List<ApiKeys.Known> apiKeys();

    /** Those of one owner, in the order in which they were made. */
    List<ApiKeys.Known> apiKeysOf(UserId owner);

    Optional<ApiKeys.Known> apiKey(UUID id);

    /** False: the owner has {@code ofUserMax} already. */
    boolean insertApiKey(ApiKey key, byte[] hash, int ofUserMax);

    /** Sets description and whether it is enabled; false: there is no such key. */
    boolean updateApiKey(ApiKey key);

    /** False: there was none. */
    boolean deleteApiKey(UUID id);

    /** What was set, by name; empty: nothing. */
    Map<String, String> settings(String section);

    /** Replaces all of a section. */
    void saveSettings(String section, Map<String, String> values);
}
