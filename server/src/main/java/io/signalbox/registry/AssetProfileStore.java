package io.signalbox.registry;

import io.signalbox.device.AssetProfileId;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;

/** Asset profiles on disk. */
public interface AssetProfileStore extends ProfileStore<AssetProfile, AssetProfileId> {
    Listed<AssetProfile> profiles(TenantId tenant, PageLink link);
}
