package io.signalbox.identity;

import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import java.util.Optional;
import java.util.UUID;

/**
 * A key that acts as its owner; what opens is kept as a hash only.
 *
 * @param createdTime    epoch milliseconds
 * @param tenant         of the owner
 * @param expirationTime epoch milliseconds; 0: never
 */
public record ApiKey(
        UUID id,
        long createdTime,
        Optional<TenantId> tenant,
        UserId owner,
        String description,
        boolean enabled,
        long expirationTime) {

    /** @param now epoch milliseconds */
    public boolean isExpired(long now) {
        return expirationTime != 0 && expirationTime < now;
    }
}
