package io.signalbox.registry;

import io.signalbox.device.Assignable;
import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import java.util.Optional;
import java.util.UUID;

/**
 * An asset with what people want to see beside it.
 *
 * @param customerTitle empty while it is assigned to nobody
 */
public record AssetInfo(Asset asset, Optional<String> customerTitle) implements Assignable {
    @Override
    public UUID uuid() {
        return asset.uuid();
    }

    @Override
    public String name() {
        return asset.name();
    }

    @Override
    public TenantId tenant() {
        return asset.tenant();
    }

    @Override
    public Optional<CustomerId> customer() {
        return asset.customer();
    }

    public boolean isCustomerPublic() {
        return customerTitle.filter(Customer.PUBLIC::equals).isPresent();
    }
}
