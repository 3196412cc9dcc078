package io.signalbox.device;

import java.util.Optional;

/** What a tenant owns and may assign to one of its customers: a device, an asset. */
public interface Assignable {
    TenantId tenant();

    /** Empty while it is assigned to nobody. */
    Optional<CustomerId> customer();
}
