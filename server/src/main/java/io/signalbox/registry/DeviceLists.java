package io.signalbox.registry;

import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import java.util.Optional;

/** Lists of devices and customers. */
public interface DeviceLists extends OwnedLists<Device, DeviceInfo, DeviceId> {
    Listed<Customer> customers(TenantId tenant, PageLink link);

    Optional<Customer> customerByTitle(TenantId tenant, String title);
}
