package io.signalbox.registry;

import io.signalbox.device.AssetProfileId;
import io.signalbox.device.TenantId;
import java.util.UUID;

/**
 * A kind of asset. Each tenant has exactly one with {@code isDefault}.
 *
 * @param createdTime epoch milliseconds
 * @param extras      JSON text of an object with the members that are kept for clients
 * @param version     1 after creation, one more with each save
 */
public record AssetProfile(
        AssetProfileId id,
        long createdTime,
        TenantId tenant,
        String name,
        String description,
        boolean isDefault,
        String extras,
        long version)
        implements Profile<AssetProfileId> {
    @Override
    public UUID uuid() {
        return id.uuid();
    }
}
