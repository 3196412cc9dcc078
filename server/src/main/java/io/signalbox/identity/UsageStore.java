package io.signalbox.identity;

import io.signalbox.device.TenantId;

/** Counts what tenants have. Blocks: virtual or platform threads only. Fails with {@link io.signalbox.ops.Rejected} when the store does. */
public interface UsageStore {
    /** Of a tenant that is not there nothing is counted. */
    Usage usage(TenantId tenant);
}
