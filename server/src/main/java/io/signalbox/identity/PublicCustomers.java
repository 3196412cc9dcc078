package io.signalbox.identity;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import java.util.Optional;

/** Tells as which customers everybody may act. Blocks: virtual or platform threads only. */
@FunctionalInterface
public interface PublicCustomers {
    /** The tenant of this customer; empty when there is no such customer, or it is not public. */
    Optional<TenantId> tenantOf(CustomerId customer);
}
