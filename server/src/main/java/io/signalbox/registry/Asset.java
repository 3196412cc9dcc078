package io.signalbox.registry;

import io.signalbox.device.AssetId;
import io.signalbox.device.AssetProfileId;
import io.signalbox.device.Assignable;
import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import java.util.Optional;
import java.util.UUID;

/**
 * A thing that is no device: a building, a machine, a place. It has values of its own and stands in relations to others.
 *
 * @param createdTime    epoch milliseconds
 * @param customer       empty while it is assigned to nobody
 * @param type           the name of its profile
 * @param additionalInfo JSON text; empty when the wire says {@code null}
 * @param version        1 after creation, one more with each save
 */
public record Asset(
        AssetId id,
        long createdTime,
        TenantId tenant,
        Optional<CustomerId> customer,
        String name,
        String type,
        Optional<String> label,
        AssetProfileId profile,
        Optional<String> additionalInfo,
        long version)
        implements Assignable {
    @Override
    public UUID uuid() {
        return id.uuid();
    }

    Asset assigned(Optional<CustomerId> to) {
        return new Asset(id, createdTime, tenant, to, name, type, label, profile, additionalInfo, version);
    }
}
