package io.signalbox.registry;

import io.signalbox.device.AssetId;
import io.signalbox.device.AssetProfileId;
import io.signalbox.device.TenantId;
import java.util.Optional;

/**
 * Assets on disk. Every call blocks until it is read or committed: virtual or platform threads only. Fails with {@link
 * io.signalbox.ops.Rejected} where a method says so, and with {@code STORE_UNAVAILABLE} when the store does.
 */
public interface AssetStore extends ProfileLookup<AssetProfile, AssetProfileId> {
    Optional<Asset> asset(AssetId id);

    /** Whether the tenant has an asset with exactly this name. */
    boolean hasName(TenantId tenant, String name);

    /**
     * Stores a new asset.
     *
     * @throws io.signalbox.ops.Rejected {@code BAD_REQUEST}: {@code Asset with such name already exists!}, or {@code
     *     ENTITIES_LIMIT_EXCEEDED}
     */
    Asset insert(Asset asset);

    /**
     * Replaces the writable columns of an asset whose version is still {@code asset.version()}.
     *
     * @return the asset with its new version
     * @throws io.signalbox.ops.Rejected {@code VERSION_CONFLICT}, or the name is taken
     */
    Asset update(Asset asset);

    /** False: there was none. */
    boolean delete(AssetId id);
}
