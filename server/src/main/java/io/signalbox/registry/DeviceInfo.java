package io.signalbox.registry;

import io.signalbox.device.Device;
import java.util.Optional;

/**
 * A device with what people want to see beside it.
 *
 * @param customerTitle empty while it is assigned to nobody
 * @param isActive      its server attribute {@code active}
 */
public record DeviceInfo(Device device, Optional<String> customerTitle, boolean isActive) {
    public boolean isCustomerPublic() {
        return customerTitle.filter(Customer.PUBLIC::equals).isPresent();
    }
}
