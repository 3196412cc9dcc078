package io.signalbox.identity;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import java.util.Optional;

/**
 * Whoever makes a request, as the access token says.
 *
 * @param tenant   empty for the system administrator
 * @param customer present for customer users only
 */
public record Caller(
        UserId user, String email, Authority authority, Optional<TenantId> tenant, Optional<CustomerId> customer) {}
