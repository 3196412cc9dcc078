package io.signalbox.identity;

import io.signalbox.device.TenantProfileId;

/**
 * What a tenant may have. One is the default, of tenants for whom nobody named one.
 *
 * @param createdTime epoch milliseconds
 * @param isIsolated  kept for clients
 * @param data        JSON text of the object {@code profileData}, as the client gave it
 */
public record TenantProfile(
        TenantProfileId id,
        long createdTime,
        String name,
        String description,
        boolean isDefault,
        boolean isIsolated,
        String data,
        Limits limits) {

    /**
     * Those limits of {@code data} that are heeded; 0: none.
     *
     * @param rpcTtlDays days after which ended commands are removed
     */
    public record Limits(long devicesMax, long assetsMax, long customersMax, long usersMax, long rpcTtlDays) {
        public static final Limits NONE = new Limits(0, 0, 0, 0, 0);
    }
}
