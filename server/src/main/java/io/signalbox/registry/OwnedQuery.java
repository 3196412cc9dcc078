package io.signalbox.registry;

import io.signalbox.device.CustomerId;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import java.util.Optional;
import java.util.UUID;

/**
 * Which devices, or which assets, of a tenant are wanted; what is empty does not matter.
 *
 * @param type    the name of their profile
 * @param profile the profile itself
 * @param active  whether they are active now; only devices can be
 * @param isWide  whether the search looks at the names of customers and profiles, too
 */
public record OwnedQuery(
        TenantId tenant,
        Optional<CustomerId> customer,
        Optional<String> type,
        Optional<UUID> profile,
        Optional<Boolean> active,
        boolean isWide,
        PageLink link) {}
