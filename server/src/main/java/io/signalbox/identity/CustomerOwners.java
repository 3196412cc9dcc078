package io.signalbox.identity;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import java.util.Optional;

/** Tells whose customer it is; customers are kept by another feature. Blocks: virtual or platform threads only. */
public interface CustomerOwners {
    /** The tenant of this customer; empty when there is none. */
    Optional<TenantId> tenantOf(CustomerId customer);
}
