package io.signalbox.registry;

import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import java.util.List;
import java.util.Optional;

/**
 * Device profiles on disk. Every call blocks until it is read or committed: virtual or platform threads only. Fails with
 * {@link io.signalbox.ops.Rejected} {@code BAD_REQUEST} where a rule of the specification is broken (REST API §8.2), and with
 * {@code STORE_UNAVAILABLE} when the store does.
 */
public interface DeviceProfileStore {
    Optional<DeviceProfile> profile(DeviceProfileId id);

    Listed<DeviceProfile> profiles(TenantId tenant, Optional<DeviceProfile.Transport> transport, PageLink link);

    /**
     * All of the tenant, by name.
     *
     * @param activeOnly those that devices have
     */
    List<DeviceProfile> names(TenantId tenant, boolean activeOnly);

    /** Stores a new one whose name and provision key must be free. */
    DeviceProfile add(DeviceProfile profile);

    /**
     * Replaces name, description and settings of the profile whose version is still {@code profile.version()}.
     *
     * @throws io.signalbox.ops.Rejected {@code VERSION_CONFLICT}, or the name or key is taken, or devices keep it from another transport
     */
    DeviceProfile update(DeviceProfile profile);

    /** @throws io.signalbox.ops.Rejected it is the default, or devices have it */
    void delete(DeviceProfileId id);

    /** Makes it the default of its tenant, and the one before no more. */
    DeviceProfile makeDefault(DeviceProfileId id);
}
