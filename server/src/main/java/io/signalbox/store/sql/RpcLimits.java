package io.signalbox.store.sql;

/**
 * Bounds of the commands in core.db.
 *
 * @param openPerDeviceMax open commands of one device
 * @param openPerTenantMax open commands of one tenant
 * @param keysPerTenantMax idempotency keys that are remembered for one tenant
 * @param ttlDays          days after which an ended command may go whose tenant profile does not say; 0: never
 */
public record RpcLimits(int openPerDeviceMax, long openPerTenantMax, long keysPerTenantMax, int ttlDays) {
    public static final RpcLimits STANDARD = new RpcLimits(10_000, 2_000_000, 1_000_000, 0);
}
