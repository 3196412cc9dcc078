package io.signalbox.registry;

import io.signalbox.device.AssetProfileId;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import io.signalbox.device.Uuids;
import java.time.InstantSource;
import java.util.Optional;

/** Asset profiles. All calls fail as {@link AssetProfileStore} does. */
public final class AssetProfileService extends ProfileService<AssetProfile, AssetProfileId> {
    private final AssetProfileStore store;
    private final InstantSource clock;

    public AssetProfileService(AssetProfileStore store, InstantSource clock) {
        super("Asset profile", store);
        this.store = store;
        this.clock = clock;
    }

    public Listed<AssetProfile> profiles(TenantId tenant, PageLink link) {
        return store.profiles(tenant, link);
    }

    public AssetProfile create(TenantId tenant, AssetProfileFields fields) {
        check(fields.name());
        long now = clock.millis();
        return store.add(new AssetProfile(
                new AssetProfileId(Uuids.next(now)),
                now,
                tenant,
                fields.name(),
                fields.description(),
                fields.isDefault(),
                fields.extras(),
                1));
    }

    /** @param version what the caller saw last; empty: overwrite whatever is there */
    public AssetProfile update(TenantId tenant, AssetProfileId id, AssetProfileFields fields, Optional<Long> version) {
        AssetProfile old = changing(tenant, id, fields.name(), fields.isDefault());
        return store.update(new AssetProfile(
                id,
                old.createdTime(),
                tenant,
                fields.name(),
                fields.description(),
                old.isDefault(),
                fields.extras(),
                version.orElse(old.version())));
    }
}
