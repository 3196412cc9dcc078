package io.signalbox.store.sql;

import io.signalbox.device.AssetProfileId;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import io.signalbox.registry.AssetProfile;
import io.signalbox.registry.AssetProfileStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Asset profiles in core.db. */
public final class SqlAssetProfileStore implements AssetProfileStore {
    private static final RowList<AssetProfile> PROFILES = new RowList<>(
            Assets.SELECT_PROFILE,
            "asset_profile p",
            "p.number",
            Map.of(
                    "id", "p.number",
                    "createdTime", "p.created_time",
                    "name", "p.name",
                    "description", "p.description",
                    "isDefault", "p.is_default",
                    "default", "p.is_default"),
            Assets::readProfile);

    private final CoreWriter writer;
    private final CoreReaders readers;

    SqlAssetProfileStore(CoreWriter writer, CoreReaders readers) {
        this.writer = writer;
        this.readers = readers;
    }

    @Override
    public Optional<AssetProfile> profile(AssetProfileId id) {
        return readers.read(sql -> Assets.PROFILES.profile(sql, id.uuid()));
    }

    @Override
    public Listed<AssetProfile> profiles(TenantId tenant, PageLink link) {
        return readers.read(sql -> PROFILES.read(
                sql,
                new Conditions()
                        .and("p.tenant = (SELECT number FROM tenant WHERE id = ?)", tenant.uuid())
                        .search(link.search(), "p.search_text"),
                link));
    }

    @Override
    public List<AssetProfile> names(TenantId tenant, boolean activeOnly) {
        return readers.read(sql -> Assets.PROFILES.names(sql, tenant, activeOnly));
    }

    @Override
    public AssetProfile add(AssetProfile profile) {
        return writer.write(sql -> {
            Assets.PROFILES.refuseTakenName(sql, profile);
            Assets.PROFILES.refuseSecondDefault(sql, profile);
            Assets.insertProfile(sql, profile);
            return Assets.PROFILES.require(sql, profile.id().uuid());
        });
    }

    @Override
    public AssetProfile update(AssetProfile profile) {
        return writer.write(sql -> {
            Assets.PROFILES.refuseTakenName(sql, profile);
            int updated = sql.update(
                    "UPDATE asset_profile SET name = ?, search_text = ?, description = ?, extras = ?,"
                            + " version = version + 1 WHERE id = ? AND version = ?",
                    profile.name(),
                    SearchText.of(profile.name()),
                    profile.description(),
                    profile.extras(),
                    profile.id().uuid(),
                    profile.version());
            return Assets.PROFILES.saved(sql, profile.id().uuid(), updated);
        });
    }

    @Override
    public void delete(AssetProfileId id) {
        writer.write(sql -> Assets.PROFILES.delete(sql, id.uuid()));
    }

    @Override
    public AssetProfile makeDefault(AssetProfileId id) {
        return writer.write(sql -> Assets.PROFILES.makeDefault(sql, id.uuid()));
    }
}
