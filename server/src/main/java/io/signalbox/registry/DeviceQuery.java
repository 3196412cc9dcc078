package io.signalbox.registry;

import io.signalbox.device.CustomerId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import java.util.Optional;

/**
 * Which devices of a tenant are wanted; what is empty does not matter.
 *
 * @param type      the name of their profile
 * @param active    whether they are active now
 * @param isWide    whether the search looks at the names of customers and profiles, too
 */
public record DeviceQuery(
        TenantId tenant,
        Optional<CustomerId> customer,
        Optional<String> type,
        Optional<DeviceProfileId> profile,
        Optional<Boolean> active,
        boolean isWide,
        PageLink link) {}
