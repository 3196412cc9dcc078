package io.signalbox.identity;

import io.signalbox.device.UserId;
import java.util.Optional;

/**
 * How a user gets in.
 *
 * @param passwordHash       bcrypt; empty until the user is activated
 * @param activateToken      present until then
 * @param activateExpiryTime epoch milliseconds; 0 without a token
 */
public record UserCredentials(
        UserId user,
        boolean enabled,
        Optional<String> passwordHash,
        Optional<String> activateToken,
        long activateExpiryTime) {}
