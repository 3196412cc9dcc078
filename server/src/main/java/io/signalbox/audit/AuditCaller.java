package io.signalbox.audit;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import java.util.Optional;

/**
 * Who did something, as it was then.
 *
 * @param tenant   empty for the system administrator
 * @param customer present for customer users only
 */
public record AuditCaller(UserId user, String email, Optional<TenantId> tenant, Optional<CustomerId> customer) {}
