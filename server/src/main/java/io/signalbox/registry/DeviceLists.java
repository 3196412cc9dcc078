package io.signalbox.registry;

import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import java.util.List;
import java.util.Optional;

/**
 * Lists of devices and customers. Every call blocks until it is read: virtual or platform threads only. Fails with {@link
 * io.signalbox.ops.Rejected} {@code BAD_REQUEST} for a sort property that the list does not know, and with {@code
 * STORE_UNAVAILABLE} when the store does.
 */
public interface DeviceLists {
    Listed<Device> devices(DeviceQuery query);

    Listed<DeviceInfo> infos(DeviceQuery query);

    Optional<DeviceInfo> info(DeviceId id);

    /** Names of the profiles that devices of the tenant have. */
    List<String> types(TenantId tenant);

    Listed<Customer> customers(TenantId tenant, PageLink link);

    Optional<Customer> customerByTitle(TenantId tenant, String title);
}
