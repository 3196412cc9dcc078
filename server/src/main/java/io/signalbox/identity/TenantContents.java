package io.signalbox.identity;

import io.signalbox.device.TenantId;

/** What belongs to a tenant and is kept by other features. Calls block until it is committed: virtual or platform threads only. */
public interface TenantContents {
    /** The tenant was stored and needs what every tenant has from the start: its default device profile. */
    void created(TenantId tenant);

    /** The tenant is about to go: removes its devices, customers and profiles. May be repeated after a crash. */
    void deleted(TenantId tenant);
}
