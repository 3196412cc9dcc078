package io.signalbox.device;

import java.util.Optional;
import java.util.UUID;

/**
 * A device as it is stored.
 *
 * @param number         the store's own key: positive, never reused, also after deletion; names the device inside the server
 * @param createdTime    epoch milliseconds
 * @param customer       empty while the device is assigned to nobody
 * @param type           the name of its device profile
 * @param deviceData     JSON text of the object {@code deviceData}
 * @param additionalInfo JSON text; empty when the wire says {@code null}
 * @param version        1 after creation, one more with each save
 */
public record Device(
        long number,
        DeviceId id,
        long createdTime,
        TenantId tenant,
        Optional<CustomerId> customer,
        String name,
        String type,
        Optional<String> label,
        DeviceProfileId profile,
        String deviceData,
        Optional<String> additionalInfo,
        long version)
        implements Assignable, HasValues {
    @Override
    public UUID uuid() {
        return id.uuid();
    }
}
