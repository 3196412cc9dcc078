package io.signalbox.store.sql;

import io.signalbox.device.AssetId;
import io.signalbox.device.AssetProfileId;
import io.signalbox.device.Listed;
import io.signalbox.device.TenantId;
import io.signalbox.registry.Asset;
import io.signalbox.registry.AssetInfo;
import io.signalbox.registry.AssetProfile;
import io.signalbox.registry.AssetStore;
import io.signalbox.registry.OwnedLists;
import io.signalbox.registry.OwnedQuery;
import java.util.List;
import java.util.Optional;

/** Assets in core.db, and lists of them. */
public final class SqlAssetStore implements AssetStore, OwnedLists<Asset, AssetInfo, AssetId> {
    private static final String SELECT_INFO = Assets.TABLE.select("c.title AS customer_title");

    private static final RowList<Asset> ASSETS = Assets.TABLE.list(Assets.SELECT, Assets::read);

    private static final RowList<AssetInfo> INFOS = Assets.TABLE.list(SELECT_INFO, SqlAssetStore::readInfo);

    private final CoreWriter writer;
    private final CoreReaders readers;

    SqlAssetStore(CoreWriter writer, CoreReaders readers) {
        this.writer = writer;
        this.readers = readers;
    }

    @Override
    public Optional<Asset> asset(AssetId id) {
        return readers.read(sql -> asset(sql, id));
    }

    @Override
    public boolean hasName(TenantId tenant, String name) {
        return named(tenant, name).isPresent();
    }

    @Override
    public Asset insert(Asset asset) {
        return writer.write(sql -> {
            long tenant = Tenants.require(sql, asset.tenant());
            TenantLimits.ASSETS.check(sql, tenant);
            Assets.TABLE.refuseTakenName(sql, tenant, asset.name(), asset.id().uuid());
            sql.update(
                    "INSERT INTO asset (id, created_time, tenant, customer, name, label, search_text, profile,"
                            + " additional_info, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
                    asset.id().uuid(),
                    asset.createdTime(),
                    tenant,
                    Assets.TABLE.customerNumber(sql, tenant, asset.customer()),
                    asset.name(),
                    asset.label(),
                    SearchText.of(asset.name(), asset.label()),
                    Assets.TABLE.profileNumber(sql, tenant, asset.profile().uuid()),
                    asset.additionalInfo());
            return asset(sql, asset.id()).orElseThrow();
        });
    }

    @Override
    public Asset update(Asset asset) {
        return writer.write(sql -> {
            long tenant = Tenants.require(sql, asset.tenant());
            Assets.TABLE.refuseTakenName(sql, tenant, asset.name(), asset.id().uuid());
            int updated = sql.update(
                    "UPDATE asset SET customer = ?, name = ?, label = ?, search_text = ?, profile = ?,"
                            + " additional_info = ?, version = version + 1 WHERE id = ? AND tenant = ? AND version = ?",
                    Assets.TABLE.customerNumber(sql, tenant, asset.customer()),
                    asset.name(),
                    asset.label(),
                    SearchText.of(asset.name(), asset.label()),
                    Assets.TABLE.profileNumber(sql, tenant, asset.profile().uuid()),
                    asset.additionalInfo(),
                    asset.id().uuid(),
                    tenant,
                    asset.version());
            Asset saved = asset(sql, asset.id()).orElseThrow(() -> Refusals.notFound("Asset", asset.id()));
            if (updated == 0) {
                throw Refusals.conflict("Asset");
            }
            return saved;
        });
    }

    @Override
    public boolean delete(AssetId id) {
        return writer.write(sql -> {
                    EntityRows.forget(sql, "?", id.uuid());
                    return sql.update("DELETE FROM asset WHERE id = ?", id.uuid());
                })
                > 0;
    }

    @Override
    public Optional<AssetProfile> profile(TenantId tenant, String name) {
        return readers.read(sql -> Assets.PROFILES.profile(sql, tenant, name));
    }

    @Override
    public Optional<AssetProfile> profile(AssetProfileId id) {
        return readers.read(sql -> Assets.PROFILES.profile(sql, id.uuid()));
    }

    @Override
    public Optional<AssetProfile> defaultProfile(TenantId tenant) {
        return readers.read(sql -> Assets.PROFILES.defaultProfile(sql, tenant));
    }

    @Override
    public AssetProfile insertProfile(AssetProfile profile) {
        return writer.write(sql -> Assets.PROFILES
                .profile(sql, profile.tenant(), profile.name())
                .orElseGet(() -> {
                    Assets.insertProfile(sql, profile);
                    return profile;
                }));
    }

    @Override
    public Listed<Asset> list(OwnedQuery query) {
        return Assets.TABLE.read(readers, ASSETS, query, _ -> {});
    }

    @Override
    public Listed<AssetInfo> infos(OwnedQuery query) {
        return Assets.TABLE.read(readers, INFOS, query, _ -> {});
    }

    @Override
    public Optional<Asset> find(AssetId id) {
        return asset(id);
    }

    @Override
    public Optional<Asset> named(TenantId tenant, String name) {
        return readers.read(
                sql -> sql.first(Assets.SELECT + "WHERE t.id = ? AND d.name = ?", Assets::read, tenant.uuid(), name));
    }

    @Override
    public Optional<AssetInfo> info(AssetId id) {
        return readers.read(sql -> sql.first(SELECT_INFO + "WHERE d.id = ?", SqlAssetStore::readInfo, id.uuid()));
    }

    @Override
    public List<String> types(TenantId tenant) {
        return readers.read(sql -> Assets.TABLE.types(sql, tenant));
    }

    private static Optional<Asset> asset(Sql sql, AssetId id) {
        return sql.first(Assets.SELECT + "WHERE d.id = ?", Assets::read, id.uuid());
    }

    private static AssetInfo readInfo(Row row) {
        return new AssetInfo(Assets.read(row), row.textIfAny("customer_title"));
    }
}
