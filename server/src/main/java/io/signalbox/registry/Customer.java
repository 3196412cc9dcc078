package io.signalbox.registry;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import java.util.Optional;

/**
 * A customer of a tenant: devices are assigned to it, and its users see those.
 *
 * @param createdTime epoch milliseconds
 * @param contact     JSON text of the address members (country, state, city, address, address2, zip, phone, email)
 */
public record Customer(
        CustomerId id,
        long createdTime,
        TenantId tenant,
        String title,
        String contact,
        Optional<String> additionalInfo,
        long version) {
    /** The title of the one whose devices anybody may see; nobody else may have it. */
    public static final String PUBLIC = "Public";

    public boolean isPublic() {
        return title.equals(PUBLIC);
    }
}
