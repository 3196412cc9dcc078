package io.signalbox.registry;

import io.signalbox.device.Assignable;
import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.TenantId;
import java.util.Optional;
import java.util.UUID;

/**
 * A device with what people want to see beside it.
 *
 * @param customerTitle empty while it is assigned to nobody
 * @param isActive      its server attribute {@code active}
 */
public record DeviceInfo(Device device, Optional<String> customerTitle, boolean isActive) implements Assignable {
    @Override
    public UUID uuid() {
        return device.uuid();
    }

    @Override
    public String name() {
        return device.name();
    }

    @Override
    public TenantId tenant() {
        return device.tenant();
    }

    @Override
    public Optional<CustomerId> customer() {
        return device.customer();
    }

    public boolean isCustomerPublic() {
        return customerTitle.filter(Customer.PUBLIC::equals).isPresent();
    }
}
