package io.signalbox.identity;

import io.signalbox.device.UserId;
import java.util.Optional;

/**
 * How a user gets in. Times are epoch milliseconds.
 *
 * @param passwordHash       bcrypt; empty until the user is activated
 * @param activateToken      present until then
 * @param activateExpiryTime 0 without a token
 * @param passwordSetTime    0 without a password
 * @param lastLoginTime      empty: there was none
 */
public record UserCredentials(
        UserId user,
        boolean enabled,
        Optional<String> passwordHash,
        Optional<String> activateToken,
        long activateExpiryTime,
        long passwordSetTime,
        Optional<Long> lastLoginTime) {

    /** As they are to be stored: the store itself keeps when things happened. */
    public UserCredentials(
            UserId user,
            boolean enabled,
            Optional<String> passwordHash,
            Optional<String> activateToken,
            long activateExpiryTime) {
        this(user, enabled, passwordHash, activateToken, activateExpiryTime, 0, Optional.empty());
    }
}
