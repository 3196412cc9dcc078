package io.signalbox.registry;

import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import java.util.Optional;

/** Device profiles on disk. An update may also fail because a key is taken, or because devices keep it from another transport. */
public interface DeviceProfileStore extends ProfileStore<DeviceProfile, DeviceProfileId> {
    Listed<DeviceProfile> profiles(TenantId tenant, Optional<DeviceProfile.Transport> transport, PageLink link);
}
