package io.signalbox.device;

import java.util.Optional;
import java.util.UUID;

/** What a tenant owns and may assign to one of its customers: a device, an asset. */
public interface Assignable {
    /** Its identity on the wire. */
    UUID uuid();

    String name();

    TenantId tenant();

    /** Empty while it is assigned to nobody. */
    Optional<CustomerId> customer();
}
